"""What each fault changes in a response, and that it changes nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

Events: TypeAlias = list[bytes]
Change: TypeAlias = Callable[[Events], Events]

_EVENT = re.compile(rb"(?s).*?\n\n")
_NAMES = re.compile(rb'^event: (\w+)\n(?:data: \{"type":"content_block_delta".*?"delta":\{"type":"(\w+)")?')


def events_in(body: bytes) -> Events:
    """Return the events of a body, and at last what is none."""
    events = _EVENT.findall(body)
    rest = body[sum(map(len, events)) :]
    return [*events, rest] if rest else events


def positions(events: Events, name: str) -> list[int]:
    """Return the positions of the events with this name, or whose delta has it."""
    found = [_NAMES.match(event) for event in events]
    return [number for number, match in enumerate(found) if match and name.encode() in match.groups()]


def drop(name: str, nth: slice = slice(1)) -> Change:
    def change(events: Events) -> Events:
        dropped = positions(events, name)[nth]
        return [event for number, event in enumerate(events) if number not in dropped]

    return change


def duplicate(name: str, copies: int) -> Change:
    def change(events: Events) -> Events:
        first = positions(events, name)[:1]
        return [event for number, event in enumerate(events) for _ in range(1 + copies * (number in first))]

    return change


def swap(one: str, other: str) -> Change:
    def change(events: Events) -> Events:
        pair = [*positions(events, one)[:1], *positions(events, other)[:1]]
        order = dict(zip(pair, reversed(pair), strict=True)) if len(pair) == 2 else {}
        return [events[order.get(number, number)] for number in range(len(events))]

    return change


def at(place: str, added: Events, *, goes_on: bool = True, before: bool = False) -> Change:
    """Return what adds `added` after so many events, or before or after an event, and then goes on or does not."""

    def change(events: Events) -> Events:
        if place.isdigit():
            position = int(place) if int(place) <= len(events) else None
        else:
            position = next((number + (not before) for number in positions(events, place)), None)
        if position is None:
            return events
        return [*events[:position], *added, *(events[position:] if goes_on else [])]

    return change


def same(events: Events) -> Events:
    return events


def replaced(body: bytes) -> Change:
    return lambda _: [body]


class Effect(NamedTuple):
    """A fault, and what it makes of a response.

    `streamed` changes the events of a stream. `whole` is the body of a message that is not streamed, which has no
    events; None is the same body. `ends` are how the two responses end. `delay_us` is by how much later they end.
    """

    fault: Any
    streamed: Change
    whole: bytes | None = None
    ends: tuple[str, str] = ("keep", "keep")
    delay_us: int | None = None


def restart(events: Events) -> Events:
    first = positions(events, "text_delta")[:1]
    return [*events[: first[0] + 1], *events] if first else events


_OVERLOADED = (
    b'{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"id"}'
)
_HOLOGRAM = b'event: hologram\ndata: {"a":1}\n\n'
_INSERT = {"insert": {"event": "hologram", "data": {"a": 1}}}

EFFECTS = (
    Effect("drop=ping", drop("ping", slice(None))),
    Effect("drop=every text_delta", drop("text_delta", slice(None))),
    Effect("drop=last content_block_stop", drop("content_block_stop", slice(-1, None))),
    Effect("drop=text_delta", drop("text_delta")),
    Effect({"duplicate": "message_start", "copies": 2}, duplicate("message_start", 2)),
    Effect("duplicate=text_delta", duplicate("text_delta", 1)),
    Effect({"swap": ["message_start", "content_block_start"]}, swap("message_start", "content_block_start")),
    Effect({"swap": ["ping", "message_delta"]}, swap("ping", "message_delta")),
    Effect({**_INSERT, "before": "message_stop"}, at("message_stop", [_HOLOGRAM], before=True)),
    Effect({**_INSERT, "after": "4 events"}, at("4", [_HOLOGRAM])),
    Effect({"restart": True, "after": "text_delta"}, restart),
    Effect("disconnect=close; after=3 events", at("3", [], goes_on=False), b"", ("close", "close")),
    Effect(
        "disconnect=reset; before=message_stop",
        at("message_stop", [], goes_on=False, before=True),
        b"",
        ("reset", "reset"),
    ),
    Effect("disconnect=clean; after=text_delta", at("text_delta", [], goes_on=False), b"", ("keep", "close")),
    Effect(
        "error=529; after=text_delta",
        at("text_delta", [b"event: error\ndata: %b\n\n" % _OVERLOADED], goes_on=False),
        _OVERLOADED,
    ),
    Effect("529", replaced(_OVERLOADED), _OVERLOADED),
    Effect({"respond": {"status": 418, "body": "tea"}}, replaced(b"tea"), b"tea"),
    Effect("stall=2s; after=text_delta", same, delay_us=2_000_000),
    Effect("stall=1s; before=body", same, delay_us=1_000_000),
    Effect("slice=40; every=1ms", same),
    Effect("slice=utf8", same),
    Effect("rate=2KB/s", same),
    Effect({"headers": {"x-a": "b", "vary": False}}, same),
)
