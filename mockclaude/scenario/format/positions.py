"""Positions in a response, and its events: how a scenario file says where a fault is applied.

Texts such as `3 events`, `50%`, `message_stop` or `last text_delta` become a `Position` or a `EventSelector`, or raise
`ValueError`.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words
from mockclaude.scenario.format import units

EVENTS = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "ping",
    "error",
)
DELTAS = ("text_delta", "thinking_delta", "signature_delta", "input_json_delta", "citations_delta", "compaction_delta")
"""Kinds of `content_block_delta`, each of which can be named like an event."""

FIRST, LAST, EVERY = 1, -1, 0


class EventSelector(NamedTuple):
    """Events of one name: the `nth`, counted from 1, the `LAST`, or `EVERY` one."""

    event: str
    nth: int = FIRST

    def __str__(self) -> str:
        if self.nth in (LAST, EVERY):
            return f"{'last' if self.nth == LAST else 'every'} {self.event}"
        return self.event if self.nth == FIRST else f"{self.event} {self.nth}"


Unit: TypeAlias = Literal["headers", "body", "end", "before", "after", "events", "bytes", "share", "time"]


class Position(NamedTuple):
    """A position in a response.

    It is before its `headers`, `body` or `end`, `before` or `after` an event, or after a number of `events`, `bytes` or
    microseconds (`time`), or a `share` of the body.
    """

    unit: Unit
    amount: float = 0
    selector: EventSelector = EventSelector("")

    def __str__(self) -> str:
        if self.unit in ("before", "after"):
            return f"{self.unit} {self.selector}"
        if self.unit in ("headers", "body", "end"):
            return f"before {self.unit}"
        if self.unit == "share":
            return f"after {self.amount * 100:g}%"
        return f"after {self.amount / 1e6:g}s" if self.unit == "time" else f"after {self.amount:g} {self.unit}"


SELECTOR = compile_lazily(r"(?:(every|last) )?([a-z_]+)(?: ([1-9][0-9]{0,5}))?")
COUNTED = compile_lazily(r"([0-9]{1,9}) (event|byte)s?")
RATE = compile_lazily(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(B|KB|MB)/s")
WINDOW = compile_lazily(r"([1-9][0-9]{0,8})\.\.([1-9][0-9]{0,8})?")
_RATE_UNITS = {"B": 1, "KB": 1_000, "MB": 1_000_000}


def parse_selector(value: Any) -> EventSelector:
    """Parse events, e.g. `ping`, `text_delta 3`, `last text_delta` or `every ping`.

    Raises:
        ValueError: The value does not name events.
    """
    match = SELECTOR.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match[1] and match[3]):
        raise ValueError(
            f"not an event, got {format_value(str(value))}; expected an event such as message_stop, "
            "content_block_delta 3, last text_delta or every ping"
        )
    if match[2] not in EVENTS + DELTAS:
        known = EVENTS + DELTAS
        raise ValueError(f"unknown event '{match[2]}'; expected {join_words(known)}{did_you_mean(match[2], known)}")
    return EventSelector(match[2], {"every": EVERY, "last": LAST}.get(match[1], int(match[3] or FIRST)))


def parse_events_or_body(value: Any) -> EventSelector:
    """Parse events, or `body` for the whole body."""
    return EventSelector("body") if value == "body" else parse_selector(value)


def parse_event(value: Any) -> EventSelector:
    """Parse one event."""
    found = parse_selector(value)
    if found.nth == EVERY:
        raise ValueError(f"several positions, got '{value}'; expected one, such as 'last {found.event}'")
    return found


def parse_before(value: Any) -> Position:
    """Parse a position before the `headers`, `body`, `end`, or an event."""
    if value in ("headers", "body", "end"):
        return Position(value)
    try:
        return Position("before", selector=parse_event(value))
    except ValueError as error:
        raise ValueError(f"{error}; or headers, body, end") from None


def parse_after(value: Any) -> Position:
    """Parse a position after events, bytes, a share, a duration, or an event."""
    text = str(value)
    if match := COUNTED.fullmatch(text):
        return Position("events" if match[2] == "event" else "bytes", int(match[1]))
    if text.endswith("%"):
        return Position("share", units.parse_probability(value))
    if text[:1].isdigit():
        try:
            return Position("time", units.parse_duration(value))
        except ValueError:
            raise ValueError(
                f"not a position, got {format_value(text)}; expected a value such as 3 events, 100 bytes, 50%, 2s or "
                "message_delta"
            ) from None
    return Position("after", selector=parse_event(value))


def parse_byte_rate(value: Any) -> float:
    """Parse a rate, e.g. 20KB/s. Return bytes per second."""
    match = RATE.fullmatch(value) if isinstance(value, str) else None
    if not match or not float(match[1]):
        raise ValueError(
            f"not a rate, got {format_value(str(value))}; expected bytes per second, such as 500B/s, 20KB/s or 1MB/s"
        )
    return float(match[1]) * _RATE_UNITS[match[2]]


def parse_request_window(value: Any) -> tuple[int, int]:
    """Parse a range of requests, e.g. 10..20. Return the first and the last."""
    match = WINDOW.fullmatch(str(value))
    if not match or (match[2] and int(match[2]) < int(match[1])):
        raise ValueError(
            f"not a range of requests, got {format_value(str(value))}; expected the first and the last, such as 10..20"
        )
    return int(match[1]), int(match[2] or 10**9)


def parse_time_window(value: Any) -> tuple[int, int]:
    """Parse a range of times, e.g. 10s..20s. Return microseconds since the start."""
    begin, dots, end = str(value).partition("..")
    if not dots:
        raise ValueError(f"not a range of times, got {format_value(str(value))}; expected a range such as 10s..20s")
    first, last = units.parse_duration(begin), units.parse_duration(end) if end else 2**62
    if last <= first:
        raise ValueError(f"a range of times that ends before it begins, got {value}; expected a range such as 10s..20s")
    return first, last
