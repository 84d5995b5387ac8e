"""How long and how much: numbers that a scenario file writes with a unit.

In: a value of the file. Out: microseconds, or a share from 0 to 1. Raises `ValueError` with what was expected instead.
Knows nothing of what they are for.
"""

from __future__ import annotations

import re
from typing import Any

FOREVER = "forever"

_UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(us|ms|s|m|h)")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%")


def duration(value: Any) -> int:
    """Return `value`, such as 400ms, in microseconds."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"{_shown(value)} is not a duration; expected a number with a unit, such as 400ms, 2s or 1.5m")
    return round(float(match[1]) * _UNITS[match[2]])


def pause(value: Any) -> Any:
    """Return `value` in microseconds, or `FOREVER`."""
    return value if value == FOREVER else duration(value)


def share(value: Any) -> float:
    """Return `value`, a percentage or a number, as a number from 0 to 1."""
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    number = float(match[1]) / 100 if match else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number <= 1:
        raise ValueError(f"{_shown(value)} is not a share; expected a percentage, such as 20%, or a number from 0 to 1")
    return float(number)


def _shown(value: Any) -> str:
    return repr(value)[:40]
