"""Numbers with units in a scenario file, and distributions to draw them from.

Durations become microseconds, percentages numbers from 0 to 1. All functions raise `ValueError` for an invalid value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words

FOREVER = "forever"

LEAST_RATE, MOST_RATE, MOST_FACTOR = 1e-6, 1e12, 1e6
"""The limits of rates and factors, which keep all times finite."""

_UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
DURATION = compile_lazily(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(us|ms|s|m|h)")
PERCENT = compile_lazily(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%")
_Z99 = 2.3263478740408408
"""The 99th percentile of a normal distribution, in standard deviations above its mean."""


def parse_duration(value: Any) -> int:
    """Parse a duration such as 400ms. Return microseconds."""
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(
            f"not a duration, got {format_value(value)}; expected a number with a unit, such as 400ms, 2s or 1.5m"
        )
    return round(float(match[1]) * _UNITS[match[2]])


def parse_pause(value: Any) -> Any:
    """Parse a duration or `forever`. Return microseconds or `FOREVER`."""
    return value if value == FOREVER else parse_duration(value)


def parse_probability(value: Any) -> float:
    """Parse a percentage or a number. Return a number from 0 to 1."""
    match = PERCENT.fullmatch(value) if isinstance(value, str) else None
    number = float(match[1]) / 100 if match else value
    if not _is_number(number) or not 0 <= number <= 1:
        raise ValueError(
            f"not a probability, got {format_value(value)}; expected a number from 0 to 1, or a percentage such as 20%"
        )
    return float(number)


def parse_rate(value: Any) -> float:
    """Parse a number per second, above 0."""
    if not _is_number(value) or not 0 < value < math.inf:
        raise ValueError(f"not a rate, got {format_value(value)}; expected a number per second above 0, such as 60")
    if not LEAST_RATE <= value <= MOST_RATE:
        raise ValueError(
            f"rate out of range, got {format_value(value)}; expected a number from {LEAST_RATE:g} to {MOST_RATE:g}"
        )
    return float(value)


def parse_factor(value: Any) -> float:
    """Parse a factor from 0 on, as a number or a percentage."""
    match = PERCENT.fullmatch(value) if isinstance(value, str) else None
    number = float(match[1]) / 100 if match else value
    if not _is_number(number) or not 0 <= number < math.inf:
        raise ValueError(f"not a factor, got {format_value(value)}; expected a number from 0 on, such as 1.5 or 150%")
    if number > MOST_FACTOR:
        raise ValueError(f"factor out of range, got {format_value(value)}; expected at most {MOST_FACTOR:g}")
    return float(number)


class Distribution(NamedTuple):
    """The distribution of a number, in the unit of that number.

    `uniform` ranges from `first` to `second`; `normal` has the mean `first` and the standard deviation `second`;
    `lognormal` has the median `first` and the standard deviation `second` of its logarithm; `exponential` has the mean
    `first`. Draws are at least 0, and at most `most`.
    """

    kind: Literal["uniform", "normal", "lognormal", "exponential"]
    first: float
    second: float = 0.0
    most: float | None = None


Parse: TypeAlias = Callable[[Any], float]


def parse_distribution(value: Mapping[Any, Any], read: Parse) -> Distribution:
    """Parse a distribution from a mapping. `read` parses its numbers."""
    kinds = list(value)
    if len(kinds) != 1 or kinds[0] not in _KINDS:
        hint = did_you_mean(str(kinds[0]), _KINDS) if len(kinds) == 1 else ""
        raise ValueError(
            f"not a distribution, got {format_value(dict(value))}; expected exactly one of {join_words(_KINDS)}{hint}"
        )
    build, example = _KINDS[kinds[0]]
    try:
        return build(value[kinds[0]], read)
    except (KeyError, TypeError):
        raise ValueError(f"`{kinds[0]}`: invalid value; expected a form such as {example}") from None


def _uniform(value: Any, read: Parse) -> Distribution:
    if not isinstance(value, list) or len(value) != 2:
        raise TypeError
    least, most = map(read, value)
    if least > most:
        raise ValueError(f"`uniform`: got {value[0]} before {value[1]}; expected the minimum first")
    return Distribution("uniform", least, most)


def _normal(value: Any, read: Parse) -> Distribution:
    _has_keys(value, {"mean", "sd"})
    return Distribution("normal", read(value["mean"]), read(value["sd"]))


def _lognormal(value: Any, read: Parse) -> Distribution:
    by_percentiles = isinstance(value, dict) and "p50" in value
    _has_keys(value, {"p50", "p99"} if by_percentiles else {"median", "sigma"}, {"max"})
    median = read(value["p50" if by_percentiles else "median"])
    most = read(value["max"]) if "max" in value else None
    if most is not None and most < median:
        raise ValueError(f"`max`: below the median, got {value['max']}; expected at least the median")
    sigma = _sigma_of(value, median, read) if by_percentiles else _sigma(value["sigma"])
    return Distribution("lognormal", median, sigma, most)


def _sigma_of(value: Mapping[str, Any], median: float, read: Parse) -> float:
    p99 = read(value["p99"])
    if not 0 < median <= p99:
        raise ValueError(f"wrong percentiles, got p50 {value['p50']} and p99 {value['p99']}; expected 0 < p50 <= p99")
    return math.log(p99 / median) / _Z99


def _sigma(value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= 10:
        raise ValueError(
            f"`sigma`: out of range, got {format_value(value)}; expected a number from 0 to 10, such as 0.5"
        )
    return float(value)


def _exponential(value: Any, read: Parse) -> Distribution:
    _has_keys(value, {"mean"})
    return Distribution("exponential", read(value["mean"]))


def _has_keys(value: Any, needed: set[str], possible: frozenset[str] | set[str] = frozenset()) -> None:
    if not isinstance(value, dict) or not needed <= value.keys() <= needed | possible:
        raise TypeError


_KINDS: dict[str, tuple[Callable[[Any, Parse], Distribution], str]] = {
    "uniform": (_uniform, "{uniform: [100ms, 400ms]}"),
    "normal": (_normal, "{normal: {mean: 400ms, sd: 50ms}}"),
    "lognormal": (_lognormal, "{lognormal: {p50: 400ms, p99: 2s}} or {lognormal: {median: 400ms, sigma: 0.5}}"),
    "exponential": (_exponential, "{exponential: {mean: 400ms}}"),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
