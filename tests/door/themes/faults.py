"""Transcripts of faults: on errors, on every kind of reply, and as clients ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from tests.door.requests import FORMS, ask
from tests.door.server import Request

KINDS: tuple[dict[str, Any], ...] = (
    {"disconnect": "reset"},
    {"disconnect": "close"},
    {"disconnect": "clean"},
    {"stall": "2s"},
    {"stall": "1s", "pings": "300ms"},
    {"error": "overloaded_error"},
    {"insert": {"event": "hologram", "data": {"a": 1}}},
    {"insert": ": a comment\n\n"},
    {"restart": True},
    {"corrupt": 2},
    {"garbage": 20},
    {"raw": {"hex": "00ff"}},
)
PLACES: tuple[dict[str, str], ...] = (
    {},
    {"before": "headers"},
    {"before": "body"},
    {"before": "end"},
    {"before": "message_stop"},
    {"after": "2 events"},
    {"after": "text_delta"},
    {"after": "40 bytes"},
    {"after": "50%"},
    {"after": "150ms"},
)
WHOLE: tuple[dict[str, Any], ...] = (
    {"respond": {"status": 418, "headers": {"a": "b"}, "body": "tea"}},
    {"drop": "ping"},
    {"drop": "every content_block_delta"},
    {"duplicate": "error"},
    {"duplicate": "message_start", "copies": 2},
    {"swap": ["message_start", "message_stop"]},
    {"edit": "body", "set": {"error.message": "?", "usage.output_tokens": 7}},
    {"edit": "error", "set": {"error.type": "?"}},
    {"edit": "message_delta", "delete": "usage"},
    {"headers": {"request-id": False, "x-a": "b", "retry-after": "9"}},
    {"slice": 50, "every": "1ms"},
    {"slice": "utf8"},
    {"rate": "1KB/s"},
    {"content_length": 3},
    {"content_length": -3},
    {"malformed": "status_line"},
    {"malformed": "early_hints"},
)
TEXTS = ("overloaded", "detailed", "nothing like it", "broken", "closed")


def of_errors() -> Iterator[tuple[str, list[Request]]]:
    """Yield every fault on a reply that is an error or breaks off by itself."""
    for text in ("detailed", "broken"):
        yield f"{text}, streamed", [ask(text, fault={**kind, **at}, stream=True) for kind in KINDS for at in PLACES]
        yield text, [ask(text, fault={**kind, **at}) for kind in KINDS for at in PLACES[1::3]]
    faults: list[Any] = [*({**kind, "after": "40 bytes"} for kind in KINDS), *WHOLE]
    for text in TEXTS:
        yield f"{text} under faults, streamed", [ask(text, fault=fault, stream=True) for fault in faults]
    for text in TEXTS[1:3]:
        yield f"{text} under faults", [ask(text, fault=fault) for fault in faults]
        yield f"{text} over HTTP 1.0", [ask(text, fault=fault, version="1.0", stream=True) for fault in faults]


SORTS = ("template x", "fake", "sequence", "choice", "blocks", "paced", "pause", "written", "generated", "long")


def of_replies() -> Iterator[tuple[str, list[Request]]]:
    """Yield faults on every sort of reply, and pairs of faults."""
    faults: tuple[Any, ...] = (
        "drop=ping",
        {"disconnect": "close", "after": "2 events"},
        {"slice": 200, "every": "1ms"},
        "restart",
    )
    for text in SORTS:
        yield text, [ask(text, fault=fault, **form) for fault in faults for form in FORMS]
        yield (
            f"{text}, cut",
            [ask(text, max_tokens=4, **form) for form in FORMS]
            + [ask(text, max_tokens=4, fault="drop=ping", stream=True)],
        )
        yield f"{text}, stopped", [ask(text, stop_sequences=["e"], **form) for form in FORMS]
    pairs: tuple[dict[str, Any], ...] = (
        {"drop": "ping"},
        {"disconnect": "close", "before": "message_stop"},
        {"stall": "1s", "after": "text_delta"},
        {"edit": "text_delta", "set": {"delta.text": "?"}},
        {"duplicate": "text_delta"},
        {"headers": {"x-a": "b"}},
        {"rate": "2KB/s"},
        {"insert": {"event": "hologram", "data": {}}, "before": "message_delta"},
    )
    yield "pairs", [ask("blocks", stream=True, fault=[*pair]) for pair in combinations(pairs, 2)]
    yield "three", [ask("paced", stream=True, fault=[*three]) for three in combinations(pairs, 3)][::4]


PACES = ("opus", "ttft=1s", "ttft=100ms, gap=20ms", "tokens_per_second=50, jitter=50%", "profile=model", "nonsense", "")
WISHES = (
    *("529", "reset", "bad_gateway_page", "nothing", "no such fault", "529, drop=ping", "[]", "{", "", "p=50%"),
    *("disconnect=reset; after=3 events", '["cut", "slow"]', '{"error": 529, "p": 0.5}', "close_idle", "x" * 2_001),
)
MODELS = ("529", "disconnect=reset; after=3 events", "drop=ping", "no such fault", "", "+", "bad_gateway_page")


def wishes() -> Iterator[tuple[str, list[Request]]]:
    """Yield what a client can ask for by itself: faults, paces, lanes, seeds of retries."""
    for wish in WISHES:
        yield f"header {wish[:40]}", [ask("fixed", headers={"x_mockclaude_fault": wish}, **form) for form in FORMS]
    for wish in MODELS:
        yield f"model +{wish}", [ask("fixed", model=f"claude-sonnet-5+{wish}", **form) for form in FORMS]
    yield "both", [ask("fixed", model="claude-sonnet-5+drop=ping", fault="slice=300", stream=True)]
    for pace in PACES:
        headers: dict[str, str | None] = {"x_mockclaude_pace": pace}
        yield (
            f"pace {pace}",
            [ask(text, headers=headers, **form) for text in ("fixed", "pause", "overloaded") for form in FORMS],
        )
    yield (
        "pace and fault",
        [ask("blocks", fault="stall", headers={"x_mockclaude_pace": "opus"}, stream=True, hangs=True)],
    )
    yield "unknown control", [ask("fixed", headers={"x_mockclaude_nonsense": "1"})]


PREFILLED = ("claude-haiku-4-5", "claude-sonnet-5")


def prefills() -> Iterator[tuple[str, list[Request]]]:
    """Yield requests that begin the reply themselves, or cut it."""
    for model in PREFILLED:
        for text, begin in (
            ("fixed", "A fixed"),
            ("long", "one two"),
            ("template x", "Other"),
            ("blocks", "{"),
            ("value x", "You"),
        ):
            messages = [{"role": "user", "content": text}, {"role": "assistant", "content": begin}]
            yield f"{model}, {text}", [ask("", model=model, messages=messages, **form) for form in FORMS]
    for limit in (1, 2, 5):
        yield (
            f"max_tokens {limit}",
            [ask(text, max_tokens=limit, **form) for text in ("fixed", "blocks", "written") for form in FORMS],
        )
    for stop in (["three"], ["e"], [" "], ["nothing"], ["x y", "seven"]):
        yield (
            f"stop sequences {stop}",
            [ask(text, stop_sequences=stop, **form) for text in ("long", "blocks") for form in FORMS],
        )
    thinking = {"type": "adaptive", "display": "omitted"}
    yield "thinking", [ask("blocks", thinking=thinking, **form) for form in FORMS]
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    output = {"format": {"type": "json_schema", "schema": schema}}
    yield (
        "structured output",
        [ask(text, output_config=output, **form) for text in ("json", "generated") for form in FORMS],
    )
