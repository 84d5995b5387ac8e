"""Find the first difference of two values that are too long to print."""

from __future__ import annotations

from typing import Any

from mockclaude.api.redaction import redact
from mockclaude.scenario.conditions.condition_text import SHOWN, describe_at

_BEFORE = 10
_VISIBLE = SHOWN - 2
_ABSENT = ()
"""No JSON value equals this, and it is described as `nothing`."""


def first_difference(expected: Any, value: Any) -> str:
    """Describe the first difference of two JSON values.

    Return '' if both values are short enough to print.
    """
    if value is None or max(len(repr(expected)), len(repr(value))) <= SHOWN:
        return ""
    path = ""
    while (part := _differing_part(expected, value)) is not None:
        path += f".{part}" if isinstance(part, str) else f"[{part}]"
        expected, value = _part(expected, part), _part(value, part)
    at = path.removeprefix(".")
    if isinstance(expected, str) and isinstance(value, str):
        # redacted before they are cut, since the end of a credential alone does not look like one
        expected, value = redact(expected), redact(value)
        if expected == value:
            return f"{at or 'the text'} differs in a credential"
        begin = _common_length(expected, value)
        if not path and begin < _VISIBLE:
            return ""
        at = f"{path and f'{at}, '}character {begin + 1}"
        expected, value = (text[max(0, begin - _BEFORE) :] for text in (expected, value))
    return f"first difference at {at}: expected {describe_at(path, expected)}, got {describe_at(path, value)}"


def _differing_part(expected: Any, value: Any) -> str | int | None:
    """Return the key or index of the first part that differs; None for values without parts in common."""
    if isinstance(expected, dict) and isinstance(value, dict):
        keys = [*expected, *(key for key in value if key not in expected)]
        return next((key for key in keys if _part(expected, key) != _part(value, key)), None)
    if isinstance(expected, list) and isinstance(value, list):
        indices = range(max(len(expected), len(value)))
        return next((index for index in indices if _part(expected, index) != _part(value, index)), None)
    return None


def _common_length(one: str, other: str) -> int:
    """Return the length of the common prefix by bisection: slices are compared faster than single characters."""
    begin, end = 0, min(len(one), len(other))
    while begin < end:
        middle = (begin + end + 1) // 2
        if one[begin:middle] == other[begin:middle]:
            begin = middle
        else:
            end = middle - 1
    return begin


def _part(value: Any, part: Any) -> Any:
    if isinstance(value, dict):
        return value.get(part, _ABSENT)
    return value[part] if part < len(value) else _ABSENT
