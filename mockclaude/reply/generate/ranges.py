"""The numbers that a JSON Schema without combinations allows, as a range of multiples.

Ranges lie within 1 to 100 if the schema leaves the choice. Fractions are exact: 0.3 is a multiple of 0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

USUAL_LOW, USUAL_HIGH = 1, 100
_WIDTH = 99
"""How many steps a range outside the usual one has beside its first."""
_LOWER = {"minimum": ceil, "exclusiveMinimum": lambda bound: floor(bound) + 1}
_UPPER = {"maximum": floor, "exclusiveMaximum": lambda bound: ceil(bound) - 1}


class Range(NamedTuple):
    """The multiples of `step` from the `low`th to the `high`th."""

    low: int
    high: int
    step: Fraction
    is_whole: bool

    def number(self, count: int) -> int | float:
        """Return the `count`th multiple. Integers beyond 64 bits are floats, which JSON libraries can write."""
        value = self.step * count
        return int(value) if self.is_whole and -(2**63) <= value < 2**64 else float(value)


def exact(number: int | float) -> Fraction:
    """Return a JSON number as it is written."""
    return Fraction(number) if isinstance(number, int) else Fraction(str(number))


def integers(schema: Mapping[str, Any]) -> Range | None:
    """Return integers that `schema` allows, or None if there are none."""
    return _range(schema, Fraction(exact(schema.get("multipleOf", 1)).numerator), is_whole=True)


def numbers(schema: Mapping[str, Any]) -> Range | None:
    """Return numbers that `schema` allows, or None: hundredths, or smaller steps where the bounds are narrow."""
    bounds = [abs(exact(schema[key])) for key in (*_LOWER, *_UPPER) if schema.get(key)]
    usual = [Fraction(1, 10**digits) for digits in (2, 4, 8, 16)]
    steps = [exact(schema["multipleOf"])] if "multipleOf" in schema else usual + bounds
    return next(filter(None, (_range(schema, step, is_whole=False) for step in steps)), None)


def _range(schema: Mapping[str, Any], step: Fraction, *, is_whole: bool) -> Range | None:
    low = max((rounded(exact(schema[key]) / step) for key, rounded in _LOWER.items() if key in schema), default=None)
    high = min((rounded(exact(schema[key]) / step) for key, rounded in _UPPER.items() if key in schema), default=None)
    if low is not None and high is not None and low > high:
        return None
    return Range(*_usual(low, high, step), step, is_whole)


def _usual(low: int | None, high: int | None, step: Fraction) -> tuple[int, int]:
    """Narrow the bounds to the usual range, or else to their end that is nearest to it."""
    first = ceil(USUAL_LOW / step)
    last = max(floor(USUAL_HIGH / step), first)
    if low is not None and low > last:
        return low, low + _WIDTH if high is None else min(high, low + _WIDTH)
    if high is not None and high < first:
        return high - _WIDTH if low is None else max(low, high - _WIDTH), high
    return first if low is None else max(low, first), last if high is None else min(high, last)
