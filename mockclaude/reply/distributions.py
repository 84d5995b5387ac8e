"""Numbers from distributions, by inverse distribution functions: a share of all numbers becomes the number above it.

In: a distribution, and a number in [0, 1) that was drawn. Out: a number from 0 on, in the distribution's unit.
Knows nothing of what is drawn, and of how. `statistics.NormalDist` computes the normal quantile in plain arithmetic,
the same on every machine and in every version.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from mockclaude.scenario.format.units import Distribution

MOST = 1e15
"""What is drawn at most where a distribution says nothing of it: in microseconds some thirty years."""

_LEAST = 2.0**-54
"""What a drawn 0 counts as where the function has no value there: half of the next number that can be drawn."""


def quantile(distribution: Distribution, share: float) -> float:
    """Return the number that `share` of what is drawn from `distribution` is below; at least 0, at most its `most`, or
    else `MOST`.
    """
    kind, first, second, most = distribution
    number = max(0.0, _QUANTILES[kind](first, second, share))
    return min(number, MOST if most is None else most)


def _uniform(least: float, most: float, share: float) -> float:
    return least + (most - least) * share


def _normal(mean: float, sd: float, share: float) -> float:
    return mean + sd * _standard(share)


def _lognormal(median: float, sigma: float, share: float) -> float:
    return median * math.exp(sigma * _standard(share))


def _exponential(mean: float, _: float, share: float) -> float:
    return -mean * math.log1p(-share)


def _standard(share: float) -> float:
    return _standard_normal()(max(share, _LEAST))


@lru_cache(maxsize=1)
def _standard_normal() -> Callable[[float], float]:
    from statistics import NormalDist

    return NormalDist().inv_cdf


_QUANTILES: dict[str, Callable[[float, float, float], float]] = {
    "uniform": _uniform,
    "normal": _normal,
    "lognormal": _lognormal,
    "exponential": _exponential,
}
