"""Find the numbers that a JSON Schema without combinations allows, as a range of multiples.

Ranges are within 1 to 100 if the schema allows those numbers. Fractions are exact: 0.3 is a multiple of 0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

USUAL_LOW, USUAL_HIGH = 1, 100
_WIDTH = 99
"""Steps of a range outside the usual range, without the first."""
_LOWER = {"minimum": ceil, "exclusiveMinimum": lambda bound: floor(bound) + 1}
_UPPER = {"maximum": floor, "exclusiveMaximum": lambda bound: ceil(bound) - 1}


class Range(NamedTuple):
    """The multiples of `step` from the `low`th to the `high`th."""

    low: int
    high: int
    step: Fraction
    is_whole: bool

    def number(self, count: int) -> int | float:
        """Return the `count`th multiple.

        An integer beyond 64 bits becomes a float, because JSON libraries cannot write it.
        """
        value = self.step * count
        return int(value) if self.is_whole and -(2**63) <= value < 2**64 else float(value)


def to_fraction(number: int | float) -> Fraction:
    """Convert a JSON number to the exact fraction of its decimal form."""
    return Fraction(number) if isinstance(number, int) else Fraction(str(number))


def find_integers(schema: Mapping[str, Any]) -> Range | None:
    """Find integers that `schema` allows; None without any."""
    return _find_range(schema, Fraction(to_fraction(schema.get("multipleOf", 1)).numerator), is_whole=True)


def find_numbers(schema: Mapping[str, Any]) -> Range | None:
    """Find numbers that `schema` allows; None without any.

    The numbers are hundredths, or have smaller steps if the bounds are narrow.
    """
    bounds = [abs(to_fraction(schema[key])) for key in (*_LOWER, *_UPPER) if schema.get(key)]
    usual = [Fraction(1, 10**digits) for digits in (2, 4, 8, 16)]
    steps = [to_fraction(schema["multipleOf"])] if "multipleOf" in schema else usual + bounds
    return next(filter(None, (_find_range(schema, step, is_whole=False) for step in steps)), None)


def _find_range(schema: Mapping[str, Any], step: Fraction, *, is_whole: bool) -> Range | None:
    lows = [convert(to_fraction(schema[key]) / step) for key, convert in _LOWER.items() if key in schema]
    highs = [convert(to_fraction(schema[key]) / step) for key, convert in _UPPER.items() if key in schema]
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        return None
    return Range(*_narrow(low, high, step), step, is_whole)


def _narrow(low: int | None, high: int | None, step: Fraction) -> tuple[int, int]:
    """Narrow the bounds to the usual range, or else to the numbers that are nearest to the usual range."""
    first = ceil(USUAL_LOW / step)
    last = max(floor(USUAL_HIGH / step), first)
    if low is not None and low > last:
        return low, low + _WIDTH if high is None else min(high, low + _WIDTH)
    if high is not None and high < first:
        return high - _WIDTH if low is None else max(low, high - _WIDTH), high
    return first if low is None else max(low, first), last if high is None else min(high, last)
