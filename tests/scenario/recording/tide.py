"""The exchanges of a client that asks for the tide, and the strategies that draw others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
from hypothesis import strategies as st

from mockclaude.scenario.digests import digest_request
from mockclaude.scenario.recording.exchange import Arrival, Exchange, Reception, RecordedRule
from mockclaude.scenario.recording.rule_text import WrittenRecording

JSON = (("content-type", "application/json"), ("request-id", "req_01RecordedA"))
SSE = (("content-type", "text/event-stream; charset=utf-8"), ("request-id", "req_01RecordedB"))
HTML = (("content-type", "text/html"),)
MESSAGE: dict[str, Any] = {
    "model": "claude-haiku-4-5-20251001",
    "id": "msg_01RecordedE",
    "type": "message",
    "role": "assistant",
    "content": [{"type": "text", "text": "High water in Bergen is at 14:10."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 655, "output_tokens": 14},
}
OVERLOADED = {"type": "error", "error": {"details": None, "type": "overloaded_error", "message": "Overloaded"}}
CALL = {"type": "tool_use", "id": "toolu_01Recorded", "name": "get_tide", "input": {}}
EVENTS: list[tuple[str, Any]] = [
    ("message_start", {"message": {**MESSAGE, "content": [], "stop_reason": None}}),
    ("content_block_start", {"index": 0, "content_block": CALL}),
    ("content_block_delta", {"index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"harbour": '}}),
    ("content_block_delta", {"index": 0, "delta": {"type": "input_json_delta", "partial_json": '"Bergen"}'}}),
    ("content_block_stop", {"index": 0}),
    ("message_delta", {"delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 38}}),
    ("message_stop", {}),
]


def frame(name: str, **data: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})[:-1]}   }}\n\n".encode()


FRAMES = [frame(name, **data) for name, data in EVENTS]
STREAM = b"".join(FRAMES)

WHOLE = {**MESSAGE, "stop_details": None}
ENDING = {"stop_reason": "tool_use", "stop_sequence": None, "stop_details": None}
WHOLE_FRAMES = [
    frame("message_start", message={**WHOLE, "content": [], "stop_reason": None}),
    frame("content_block_start", index=0, content_block={**CALL, "caller": {"type": "direct"}}),
    frame("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '{"harbour": '}),
    frame("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '"Bergen"}'}),
    frame("content_block_stop", index=0),
    frame("message_delta", delta=ENDING, usage={"input_tokens": 655, "output_tokens": 38}),
    frame("message_stop"),
]
"""A message and a stream with all fields that the API sends at present, which steps compose."""


def exchange(number: int, text: str, reception: Reception, *, lane: str = "", **fields: Any) -> Exchange:
    body = {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": text}], **fields}
    headers = {"anthropic-version": "2023-06-01", "content-type": "application/json"}
    path, host = "/v1/messages?beta=true", "api.anthropic.com"
    return Exchange(number, "POST", path, headers, orjson.dumps(body), reception, host, "2026-11-29", lane)


def stream(*frames: bytes, ending: Any = "", gap_us: int = 33_333) -> Reception:
    """Return a stream whose events arrive one by one."""
    ends = [sum(map(len, frames[: index + 1])) for index in range(len(frames))]
    arrivals = tuple(Arrival(800_000 + index * gap_us, end) for index, end in enumerate(ends))
    return Reception(200, SSE, b"".join(frames), 700_000, arrivals, ending)


def json_reply(document: Any = MESSAGE, status: int = 200, at_us: int = 1_304_000) -> Reception:
    body = orjson.dumps(document)
    return Reception(status, JSON, body, at_us, (Arrival(at_us, len(body)),))


def rule(name: str, text: str, *exchanges: Exchange) -> RecordedRule:
    when = {"turn": 1, "user": {"equals": text}}
    return RecordedRule(name, when, digest_request(exchanges[0].document), exchanges)


def number(rules: list[tuple[str, list[Reception]]], **fields: Any) -> list[RecordedRule]:
    """Return a rule for each text and its responses, with the exchanges in their order."""
    result, count = [], 0
    for text, receptions in rules:
        exchanges = [exchange(count + at, text, reception, **fields) for at, reception in enumerate(receptions, 1)]
        count += len(receptions)
        result.append(rule(f"1 {text[:40]}", text, *exchanges))
    return result


QUESTION = "When is high water in Bergen?"
SESSION = [
    *number([(QUESTION, [json_reply(OVERLOADED, 529, 6_000), stream(*FRAMES)])], stream=True),
    rule("1 And in Oslo?", "And in Oslo?", exchange(3, "And in Oslo?", json_reply())),
]


def exchanges_of(rules: list[RecordedRule]) -> list[Exchange]:
    return [exchange for rule in rules for exchange in rule.exchanges]


def put(folder: Path, written: WrittenRecording, name: str = "tide.yaml") -> Path:
    """Write a recording to a folder without care, and return its file."""
    for path, content in written.bodies.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    file = folder / name
    file.write_text(written.text, encoding="utf-8")
    return file


TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "yes",
        "1e5",
        "0o17",
        "12:30",
        "a: b",
        "a #b",
        "- a",
        "${{ user }}",
        "~",
        "null",
        "a\nb",
        "\u2028",
        "\x85",
        " a ",
        "'",
        "😀",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(TEXTS, values, max_size=3),
    max_leaves=8,
)
ODD_FRAMES = st.sampled_from([*FRAMES, b": ping\n\n", b"data: {\r\n\r\n", b"event: error\ndata: {}\n\n", b"\n\n", b"x"])
BODIES = st.one_of(
    st.binary(max_size=30),
    TEXTS.map(str.encode),
    VALUES.map(orjson.dumps),
    VALUES.map(lambda value: orjson.dumps(value, option=orjson.OPT_INDENT_2)),
    st.lists(ODD_FRAMES, max_size=6).map(b"".join),
    st.just(STREAM),
    st.just(orjson.dumps(MESSAGE)),
    st.integers(3_990, 4_010).map(lambda size: b"x" * size),
)
HEADERS = st.lists(
    st.sampled_from([*JSON, *SSE, *HTML, ("content-type", ""), ("retry-after", "in 3s"), ("retry-after", "7")])
    | st.tuples(st.sampled_from(["x-a", "x-should-retry"]), st.text(max_size=5)),
    max_size=4,
).map(tuple)


@st.composite
def receptions(draw: st.DrawFn) -> Reception:
    body = draw(BODIES)
    ends = sorted(draw(st.lists(st.integers(1, max(1, len(body))), max_size=4)))
    times = sorted(draw(st.lists(st.integers(0, 10**9), min_size=len(ends), max_size=len(ends))))
    arrivals = tuple(map(Arrival, times, ends)) if body else ()
    status = draw(st.sampled_from([200, 201, 400, 404, 413, 429, 500, 529, 999]))
    return Reception(
        status, draw(HEADERS), body, draw(st.integers(0, 10**7)), arrivals, draw(st.sampled_from(["", "close"]))
    )


@st.composite
def sessions(draw: st.DrawFn) -> list[RecordedRule]:
    texts = draw(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=4, unique=True))
    replies = st.lists(receptions(), min_size=1, max_size=3)
    return number([(text, draw(replies)) for text in texts], stream=draw(st.booleans()))
