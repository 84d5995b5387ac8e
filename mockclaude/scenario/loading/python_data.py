"""Convert Python objects, e.g. a message of the SDK or a pattern, to data."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeAlias, TypeGuard
from uuid import UUID

from pydantic import BaseModel

from mockclaude.scenario.diagnostics import MAX_DEPTH, Path, format_value

Report: TypeAlias = Callable[[Path, str], None]
"""Takes the path and the problem of an object that is not data."""

_DATA = (str, int, float, Enum, UUID, type(None))
_FLAGS = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s", re.VERBOSE: "x"}


def to_data(value: Any, path: Path, report: Report) -> Any:
    """Convert the objects in `value` to data. Report those without data.

    Models of pydantic lose the fields that are not set. Tuples become lists, and compiled patterns `regex` matchers.
    """
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    if len(path) > MAX_DEPTH + 1:
        return value
    if isinstance(value, dict):
        return {key: to_data(item, (*path, key), report) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_data(item, (*path, index), report) for index, item in enumerate(value)]
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        flags = "".join(letter for flag, letter in _FLAGS.items() if value.flags & flag)
        return {"regex": f"(?{flags}){value.pattern}" if flags else value.pattern}
    if isinstance(value, _DATA):
        return value
    report(path, _describe_problem(value))
    return None


def is_exception(value: Any) -> TypeGuard[BaseException | type[BaseException]]:
    """Return whether `value` is an exception or a class of exceptions."""
    return isinstance(value, BaseException) or (isinstance(value, type) and issubclass(value, BaseException))


def is_mock(value: Any) -> bool:
    """Return whether `value` is an object of `unittest.mock`."""
    return type(value).__module__ == "unittest.mock"


def _describe_problem(value: Any) -> str:
    if is_exception(value):
        name = value.__name__ if isinstance(value, type) else type(value).__name__
        status = getattr(value, "status_code", None)
        status = status if isinstance(status, int) else 529
        return f"an exception, got {name}; expected a step, e.g. `{{'error': {status}}}`"
    if is_mock(value):
        return f"a mock, got {type(value).__name__}; expected data, e.g. `{{'text': 'Hello'}}`"
    if callable(value):
        name = getattr(value, "__name__", type(value).__name__)
        return f"a function, got {name}; expected data; pass a function to `when` or `reply` by itself"
    return f"not JSON data, got {format_value(value)}; expected a string, number, boolean, null, list or mapping"
