"""Check arguments of the fixture, and explain unknown attributes."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from mockclaude.api.mode import MODES
from mockclaude.journal.verification import CountRange
from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words
from mockclaude.scenario.format.policy import parse_stale

T = TypeVar("T")

_MAX_NAMES = 12

_FIXES = {
    "calls": "use `requests`",
    "call_args": "use `last_request`",
    "call_count": "use `len(mockclaude.requests)`",
    "called": "use `assert_requested()`",
    "assert_called": "use `assert_requested()`",
    "assert_called_once": "use `assert_requested(times=1)`",
    "assert_called_with": "use `assert_requested(user=...)`",
    "assert_not_called": "use `assert_requested(times=0)`",
    "return_value": "use `reply(...)`",
    "side_effect": "use `reply(...)` with a function, or `sequence(...)`",
    "add_response": "use `when(...).reply(...)`",
    "on": "use `when(...).reply(...)`",
    "post": "use `when(...).reply(...)`",
    "route": "use `when(...).reply(...)`",
    "messages": "create a client with `Anthropic(base_url=mockclaude.url)`",
    "respond": "use `reply(...)`",
    "returns": "use `reply(...)`",
    "answer": "use `reply(...)`",
    "fault": "pass it to a reply: `reply(..., fault=...)`",
    "error": "use `reply({'error': 529})`",
    "port": "use `url`",
}
"""Name in other tools -> the fix."""


def explain_attribute(kind: type, name: str) -> str:
    """Return the message for an unknown attribute of a class."""
    known = [known for known in dir(kind) if not known.startswith("_")]
    fix = f"; {_FIXES[name]}" if name in _FIXES else did_you_mean(name, known)
    expected = join_words(known) if len(known) <= _MAX_NAMES else "a name of mockclaude/testing/README.md"
    return f"unknown attribute '{name}' of {kind.__name__}; expected {expected}{fix}"


def explain_attributes(kind: type[T]) -> type[T]:
    """Add `__getattr__` to a class, which explains unknown attributes.

    Type checkers do not see it, so they still report unknown attributes.
    """

    def explain(_: T, name: str) -> NoReturn:
        raise AttributeError(explain_attribute(kind, name))

    kind.__getattr__ = explain  # type: ignore[attr-defined]
    return kind


def check_seed(value: Any) -> None:
    """Check a seed.

    Raises:
        ValueError: The seed is not an integer.
    """
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError(f"`seed`: invalid value, got {format_value(value)}; expected an integer")


def check_validation(value: Any) -> None:
    """Check a validation mode.

    Raises:
        ValueError: The mode is unknown.
    """
    if value is not None and value not in MODES:
        raise ValueError(f"`validation`: unknown mode, got {format_value(value)}; expected {join_words(MODES)}")


def check_stale(value: Any) -> None:
    """Check the result of stale requests.

    Raises:
        ValueError: The result is unknown.
    """
    try:
        parse_stale(value)
    except ValueError as error:
        raise ValueError(f"`stale`: {error}") from None


def check_port(value: Any) -> None:
    """Check a port.

    Raises:
        ValueError: The port is not a number up to 65535.
    """
    if not isinstance(value, int) or not 0 <= value <= 65535:
        raise ValueError(f"`port`: invalid value, got {format_value(value)}; expected 0 to 65535, 0 for a free port")


def check_times(value: Any) -> None:
    """Check an expected number of requests.

    Raises:
        ValueError: It is neither a count nor a range.
    """
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not is_count and not isinstance(value, CountRange):
        expected = "expected an integer of at least 0, or a range, e.g. CountRange(1, 3)"
        raise ValueError(f"`times`: invalid count, got {format_value(value)}; {expected}")
