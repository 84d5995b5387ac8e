"""Transcripts of what the server remembers: message threads, the prompt cache, limits, counters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.door.requests import FORMS, ask, plain
from tests.door.server import Request

THREADS: dict[str, str | None] = {"anthropic_beta": "message-threads-2026-08-12"}
CREATE = {"type": "create"}
FIRST = {"type": "continue", "previous_message_id": "<id 1>"}
SECOND = {"type": "continue", "previous_message_id": "<id 2>"}
KEPT = {"type": "ephemeral"}
KEPT_LONG = {"type": "ephemeral", "ttl": "1h"}
HALF = {"stall": "forever", "after": "2 events"}
LONG = "x" * 7_000


def turn(text: Any, thread: Any, **fields: Any) -> Request:
    """Return a request of a message thread."""
    return ask(text, thread=thread, headers=fields.pop("headers", THREADS), **fields)


def threads() -> Iterator[tuple[str, list[Request]]]:
    yield "three turns", [turn("template one", CREATE), turn("template two", FIRST), turn("template three", SECOND)]
    yield (
        "streamed turns",
        [turn("template one", CREATE, stream=True), turn("blocks x", FIRST, stream=True), turn("fixed", SECOND)],
    )
    yield "continued twice", [turn("fixed", CREATE), turn("fixed", FIRST), turn("fixed", FIRST), turn("fixed", SECOND)]
    yield "not a message", [turn("fixed", FIRST | {"previous_message_id": "msg_none"}), turn("fixed", {"type": "go"})]
    yield "no previous message", [turn("fixed", {"type": "continue"}), turn("fixed", 1), turn("fixed", None)]
    yield "without the beta", [turn("fixed", CREATE, headers={}), turn("fixed", None, headers={})]
    yield (
        "other fields",
        [
            turn("fixed", CREATE, system="Be kind.", tools=[{"name": "read", "input_schema": {"type": "object"}}]),
            turn("fixed", FIRST, system="Be brief."),
            turn("fixed", FIRST, context_management={"edits": []}),
            turn("template x", FIRST, model="claude-opus-5"),
        ],
    )
    yield "too late", [turn("fixed", CREATE), turn("fixed", FIRST, after_s=299), turn("fixed", SECOND, after_s=300)]
    yield "somebody else", [turn("fixed", CREATE), turn("fixed", FIRST, headers={**THREADS, "x_api_key": "another"})]
    yield (
        "after an error",
        [turn("fixed", CREATE), turn("overloaded", FIRST), turn("fixed", FIRST, fault="529"), turn("fixed", FIRST)],
    )
    yield (
        "after a cut",
        [
            turn("fixed", CREATE),
            turn("fixed", FIRST, stream=True, fault="cut"),
            turn("fixed", FIRST),
            turn("fixed", SECOND),
        ],
    )
    yield (
        "while another is sent",
        [turn("fixed", CREATE), turn("fixed", FIRST, stream=True, fault="hang", hangs=True), turn("fixed", FIRST)],
    )
    yield (
        "while half of another is sent",
        [turn("fixed", CREATE), turn("fixed", FIRST, fault=HALF, stream=True, hangs=True), turn("fixed", FIRST)],
    )
    yield "unmatched", [turn("fixed", CREATE), turn("nothing like it", FIRST), turn("fixed", FIRST)]
    yield "tool result", [turn("blocks", CREATE), turn([_result(), {"type": "text", "text": "fixed"}], FIRST)]
    yield "cut by max_tokens", [turn("long", CREATE, max_tokens=3), turn("fixed", FIRST)]
    yield "of functions", [turn("texts x", CREATE, stream=True), turn("texts x", FIRST), turn("value x", SECOND)]
    yield "of functions that raise", [turn("fixed", CREATE), turn("raising x", FIRST), turn("fixed", FIRST)]
    yield (
        "counted",
        [
            turn("fixed", CREATE),
            turn("fixed", FIRST, to="/v1/messages/count_tokens", max_tokens=None),
            turn("fixed", FIRST),
        ],
    )
    yield "over HTTP 1.0", [turn("fixed", CREATE, version="1.0"), turn("fixed", FIRST, version="1.0", stream=True)]
    yield "gateway", [turn("fixed", CREATE, headers={**THREADS, "x_mockclaude_validation": "gateway"})]


def _result() -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "toolu_read", "content": "read"}


def cached(text: str, control: Any = KEPT, **fields: Any) -> Request:
    """Return a request with a long system prompt that ends in a breakpoint of the cache."""
    return ask(text, system=[{"type": "text", "text": LONG, "cache_control": control}], **fields)


def cache() -> Iterator[tuple[str, list[Request]]]:
    yield "created and read", [cached("fixed"), cached("fixed"), cached("template x"), cached("long", stream=True)]
    yield "for five minutes", [cached("fixed"), cached("fixed", after_s=299), cached("fixed", after_s=300)]
    yield (
        "for an hour",
        [
            cached("fixed", KEPT_LONG),
            cached("fixed", KEPT_LONG, after_s=3_599),
            cached("fixed", KEPT_LONG, after_s=3_600),
        ],
    )
    yield "too short", [ask("fixed", system=[{"type": "text", "text": "short", "cache_control": KEPT}])] * 2
    yield "of another key", [cached("fixed"), cached("fixed", headers={"x_api_key": "another"})]
    yield "of another model", [cached("fixed"), cached("fixed", model="claude-opus-5")]
    yield "automatic", [ask(LONG + " fixed", cache_control=KEPT), ask(LONG + " fixed", cache_control=KEPT)]
    yield "in a conversation", [_longer(1), _longer(2), _longer(3), _longer(3, stream=True)]
    yield "five breakpoints", [ask([{"type": "text", "text": "fixed", "cache_control": KEPT}] * 5)]
    yield "wrong ttl", [cached("fixed", KEPT | {"ttl": "2h"}), cached("fixed", {"type": "lasting"})]
    yield "of functions", [cached("value x"), cached("texts x", stream=True), cached("texts x")]
    yield "of errors", [cached("overloaded"), cached("fixed", fault="529"), cached("nothing like it"), cached("fixed")]
    yield "under faults", [cached("fixed", stream=True, fault="no_usage_at_start"), cached("blocks", fault="drop=ping")]
    yield (
        "diagnostics",
        [
            cached("fixed", diagnostics={"previous_message_id": None}),
            cached("fixed", diagnostics={"previous_message_id": "<id 1>"}),
            cached("fixed", KEPT_LONG, diagnostics={"previous_message_id": "<id 1>"}),
            ask("fixed", diagnostics={"previous_message_id": "<id 1>"}),
            cached("fixed", model="claude-opus-5", diagnostics={"previous_message_id": "<id 2>"}),
            cached("fixed", diagnostics={"previous_message_id": "msg_none"}, stream=True),
            cached("texts x", diagnostics={"previous_message_id": "<id 1>"}, stream=True),
        ],
    )
    yield "counted", [cached("fixed"), cached("fixed", to="/v1/messages/count_tokens", max_tokens=None)]
    yield "usage that is written", [cached("written"), cached("written", stream=True)]


def _longer(turns: int, **fields: Any) -> Request:
    texts = [LONG + " fixed", *(f"fixed {number}" for number in range(1, turns))]
    messages: list[dict[str, Any]] = []
    for text in texts:
        messages += [
            {"role": "user", "content": [{"type": "text", "text": text}]},
            {"role": "assistant", "content": "Yes."},
        ]
    messages[-2]["content"][0]["cache_control"] = KEPT
    return ask("", messages=messages[:-1], **fields)


def limits() -> Iterator[tuple[str, list[Request]]]:
    yield "requests", [ask("hello"), ask("hello", stream=True), ask("hello"), ask("hello", after_s=30)]
    yield "requests, refused ones", [ask("hello", max_tokens=-1), ask("nothing"), ask("overloaded"), ask("hello")]
    yield "requests, streamed", [ask("hello", stream=True), ask("hello"), ask("hello", stream=True)]
    yield "requests over HTTP 1.0", [ask("hello", version="1.0", stream=stream) for stream in (False, True, True)]
    yield "requests, other endpoints", [plain("HEAD", "/v1/messages"), plain("GET", "/v1/models"), ask("hello")]
    yield "requests under faults", [ask("told"), ask("dropped", stream=True), ask("told", after_s=60)]
    yield (
        "requests with another fault",
        [ask("hello", fault="529"), ask("hello", fault="reset", stream=True), ask("hello")],
    )
    yield "tokens", [ask("usage"), ask("usage"), ask("hello"), ask("hello", after_s=10), ask("x" * 4_000)]
    yield "tokens of the cache", [cached("hello"), ask("hello")]
    yield "tokens of a stream", [ask("long", stream=True), ask("long", max_tokens=3, stream=True), ask("long")]
    yield (
        "tokens of a broken stream",
        [ask("broken", stream=True), ask("cut", stream=True), ask("broken"), ask("hello")],
    )
    yield (
        "tokens of functions",
        [ask("texts x", stream=True), ask("value x"), ask("raising x", stream=True), ask("hello")],
    )
    yield "growth", [ask("hello"), ask("x" * 300 + "hello"), ask("x" * 300 + "hello", after_s=60)]
    yield (
        "model",
        [ask("hello"), ask("hello", model="claude-opus-5"), ask("hello", model="claude-opus-4-8"), ask("hello")],
    )
    yield (
        "flight",
        [ask("forever", stream=True, hangs=True), ask("hello"), ask("forever", stream=True, hangs=True), ask("hello")],
    )
    yield "no limit", [ask("hello"), ask("hello", stream=True)]


def counters() -> Iterator[tuple[str, list[Request]]]:
    for name in ("sequence", "once", "sometimes", "second", "third", "choice", "scripted"):
        yield name, [ask(name, stream=stream) for stream in (False, False, True, True, False)]
    yield "other lanes", [ask("sequence", headers={"x_mockclaude_lane": lane}) for lane in ("a", "b", "a", "")]
    yield "scripted in both forms", [ask("scripted", **form) for form in FORMS + FORMS]
    yield "an SDK that tries again", [_attempt("scripted", number) for number in range(4)]
    yield (
        "the same in other words",
        [ask("fake"), ask("fake", metadata={"user_id": "u"}), ask("fake"), ask("fake", max_tokens=9)],
    )


def _attempt(text: str, number: int) -> Request:
    return ask(text, headers={"x_stainless_retry_count": str(number)})


def chaos() -> Iterator[tuple[str, list[Request]]]:
    for name in ("ada", "bob"):
        yield (
            name,
            [ask(text, stream=stream) for _ in range(4) for text in ("hello", "two") for stream in (True, False)],
        )
    yield "unmatched", [ask("refund"), ask("refund", stream=True), ask("refund", system="Be kind.", fault="reset")]
    yield "refused", [ask("hello", max_tokens=-1), ask("hello", max_tokens=-1, fault="reset")]
    yield "of functions", [ask("texts x", stream=True) for _ in range(6)]
