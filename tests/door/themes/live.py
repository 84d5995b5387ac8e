"""Transcripts of Python functions that reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.door.functions import FUNCTIONS
from tests.door.requests import FORMS, ask
from tests.door.server import Request

TOOLS = [{"name": "read", "input_schema": {"type": "object"}}]
FAULTS: tuple[Any, ...] = (
    "drop=ping",
    "drop=every text_delta",
    "drop=content_block_stop",
    "duplicate=text_delta 2; copies=2",
    {"insert": {"event": "hologram", "data": {"a": 1}}, "after": "2 events"},
    "insert=between; after=2 events",
    "restart=true; after=text_delta",
    {"edit": "text_delta", "set": {"delta.text": "?"}},
    "edit=message_delta; delete=usage",
    {"swap": ["message_start", "content_block_start"]},
    "529",
    "error=529; after=text_delta 2",
    "disconnect=close; after=text_delta 2",
    "disconnect=reset; before=message_stop",
    "disconnect=clean; after=3 events",
    "disconnect=close; after=50%",
    "disconnect=close; before=headers",
    "stall=2s; after=text_delta",
    "stall=1s; pings=300ms; before=message_delta",
    {"headers": {"x-a": "b", "request-id": False}},
    "slice=40; every=1ms",
    "rate=2KB/s",
    "corrupt=2",
    "corrupt=2; after=text_delta",
    "garbage=20; after=text_delta",
    {"raw": {"hex": "00ff"}, "after": "1000 bytes"},
    {"respond": {"status": 418, "body": "tea"}},
    "content_length=3",
    "cut_event",
    "no_last_chunk",
    "status_line",
)


def clients() -> Iterator[tuple[str, list[Request]]]:
    for name in FUNCTIONS:
        yield f"{name}", [ask(f"{name} x", tools=TOOLS, **form) for form in FORMS]
    for name in ("value", "texts", "raising"):
        yield f"{name} over HTTP 1.0", [ask(f"{name} x", version="1.0", **form) for form in FORMS]
    for fault in FAULTS:
        yield f"blocks with {fault}", [ask("blocks x", tools=TOOLS, fault=fault, **form) for form in FORMS]
    yield "value with faults", [ask("value x", stream=True, fault=fault) for fault in FAULTS]
    for limit in (1, 3, 9, 12, 30):
        yield f"max_tokens {limit}", [ask("blocks x", tools=TOOLS, max_tokens=limit, **form) for form in FORMS]
    for stop in (["two"], ["o, t", "four"], ["e, f"], ["word7 "], ["x"]):
        texts = ("texts x", "long x")
        yield f"stop sequence {stop}", [ask(text, stop_sequences=stop, **form) for text in texts for form in FORMS]
    yield (
        "max_tokens, stop sequence and fault",
        [
            ask(
                "long x",
                stream=True,
                max_tokens=20,
                stop_sequences=["word5"],
                fault="drop=ping",
            )
        ],
    )
    yield (
        "in a pace of its own",
        [ask("texts x", headers={"x_mockclaude_pace": "ttft=1s, gap=20ms"}, **form) for form in FORMS],
    )
