"""Compute quantiles of distributions with inverse distribution functions.

`statistics.NormalDist` computes the normal quantile in plain arithmetic: the result is the same on every machine and in
every version.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from mockclaude.scenario.format.units import Distribution

MOST = 1e15
"""The maximum of a distribution without `most`: in microseconds about 30 years."""

_LEAST = 2.0**-54
"""The share that replaces 0, for which the normal quantile is undefined: half of the least other draw."""


def compute_quantile(distribution: Distribution, share: float) -> float:
    """Compute the quantile of a share in [0, 1), limited to 0 and the maximum."""
    kind, first, second, most = distribution
    number = max(0.0, _QUANTILES[kind](first, second, share))
    return min(number, MOST if most is None else most)


def _uniform(least: float, most: float, share: float) -> float:
    return least + (most - least) * share


def _normal(mean: float, sd: float, share: float) -> float:
    return mean + sd * _quantile_normal(share)


def _lognormal(median: float, sigma: float, share: float) -> float:
    return median * math.exp(sigma * _quantile_normal(share))


def _exponential(mean: float, _: float, share: float) -> float:
    return -mean * math.log1p(-share)


def _quantile_normal(share: float) -> float:
    return _load_quantile_normal()(max(share, _LEAST))


@lru_cache(maxsize=1)
def _load_quantile_normal() -> Callable[[float], float]:
    from statistics import NormalDist

    return NormalDist().inv_cdf


_QUANTILES: dict[str, Callable[[float, float, float], float]] = {
    "uniform": _uniform,
    "normal": _normal,
    "lognormal": _lognormal,
    "exponential": _exponential,
}
