"""Bedrock's ConverseStream: the API's events as frames of AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.events import PING, Event
from mockclaude.api.headers import Headers
from mockclaude.engine.adapters.converse_dialect import ConverseDialect
from mockclaude.reply.response import build_response, json_data
from tests.adapters.test_converse import CONVERSE_STREAM, REDACTED, SCENARIO, TOOLS, converse, talk
from tests.api.aws_frames import read_frames
from tests.serving import Received

NAMES = ("message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta")


def stream(scenario: str = SCENARIO, **fields: Any) -> Received:
    return converse(scenario, CONVERSE_STREAM, **fields)


def events_of(body: bytes) -> list[tuple[str, Any]]:
    """Return the type and the payload of each event, without padding."""
    events = []
    for frame in read_frames(body):
        payload = json.loads(frame.payload)
        assert set(payload.pop("p")) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        events.append((frame.headers[":event-type"], payload))
    return events


def join(events: list[tuple[str, Any]], *path: str) -> str:
    """Join the texts at a path in the deltas."""
    texts = []
    for name, payload in events:
        value = payload.get("delta") if name == "contentBlockDelta" else None
        for key in path:
            value = value.get(key) if value else None
        texts.append(value or "")
    return "".join(texts)


def encode(name: str, data: Any) -> bytes:
    return ConverseDialect().open_stream().encode(Event(name, data, "", b"x"), 0)


def test_stream_has_the_message() -> None:
    response, message = stream(), converse().json
    (first, *deltas, last, stop, metadata) = events = events_of(response.body)

    assert response.headers["content-type"] == "application/vnd.amazon.eventstream"
    assert "x-amzn-bedrock-content-type" not in response.headers
    assert first == ("messageStart", {"role": "assistant"})
    assert {name for name, _ in deltas} == {"contentBlockDelta"}
    assert join(events, "text") == "Hello from the rule."
    assert last == ("contentBlockStop", {"contentBlockIndex": 0})
    assert stop == ("messageStop", {"stopReason": message["stopReason"]})
    assert metadata == ("metadata", {"metrics": message["metrics"], "usage": message["usage"]})
    assert response.raw == stream().raw


def test_stream_has_the_tool_call() -> None:
    events = events_of(stream(messages=talk([{"text": "tool"}]), toolConfig=TOOLS).body)
    [start] = [payload for name, payload in events if name == "contentBlockStart"]

    assert start["start"]["toolUse"].pop("toolUseId").startswith("toolu_")
    assert start == {"contentBlockIndex": 1, "start": {"toolUse": {"name": "f"}}}
    assert join(events, "text") == "See."
    assert json.loads(join(events, "toolUse", "input")) == {"city": "Oslo"}
    assert [payload["contentBlockIndex"] for name, payload in events if name == "contentBlockStop"] == [0, 1]


def test_stream_has_the_reasoning() -> None:
    block = "{block: {type: thinking, thinking: Let me see, signature: s}}"
    redacted = "{block: {type: redacted_thinking, data: secret}}"
    events = events_of(stream(f"rules: [{{reply: [{block}, {redacted}, {{text: Yes}}]}}]").body)

    assert join(events, "reasoningContent", "text") == "Let me see"
    assert join(events, "reasoningContent", "signature") == "s"
    assert join(events, "reasoningContent", "redactedContent") == REDACTED
    assert [payload["contentBlockIndex"] for name, payload in events if name == "contentBlockStop"] == [0, 1, 2]


def test_blocks_without_a_counterpart_are_left_out() -> None:
    call = "{block: {type: server_tool_use, id: srvtoolu_1, name: web_search, input: {query: Oslo}}}"
    cited = "{block: {type: text, text: Yes, citations: [{type: char_location, cited_text: x}]}}"
    events = events_of(stream(f"validation: off\nrules: [{{reply: [{call}, {cited}]}}]").body)

    assert join(events, "text") == "Yes"
    assert {payload["contentBlockIndex"] for _, payload in events if "contentBlockIndex" in payload} == {1}


def test_stream_has_the_latency_of_its_pace() -> None:
    *_, (_, metadata) = events_of(stream("rules: [{reply: Hi, pace: {ttft: 300ms, gap: 20ms}}]").body)
    assert metadata["metrics"] == {"latencyMs": 320}


def test_additional_fields_come_with_the_stop_reason() -> None:
    paths = ["/delta/stop_reason", "/usage/output_tokens"]
    ending = dict(events_of(stream(additionalModelResponseFieldPaths=paths).body))["messageStop"]
    assert ending["additionalModelResponseFields"]["delta"] == {"stop_reason": "end_turn"}
    assert ending["additionalModelResponseFields"]["usage"]["output_tokens"] > 0


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("rate_limit_error", "throttlingException"),
        ("overloaded_error", "serviceUnavailableException"),
        ("api_error", "internalServerException"),
        ("timeout_error", "modelStreamErrorException"),
        ("invalid_request_error", "validationException"),
    ],
)
def test_error_in_a_stream_is_an_exception_frame(kind: str, name: str) -> None:
    error = f"{{error: {{type: {kind}, message: Later}}, after: content_block_delta}}"
    *_, last = read_frames(stream(f"rules: [{{reply: Hello there, fault: {error}}}]").body)
    assert (last.headers[":exception-type"], json.loads(last.payload)) == (name, {"message": "Later"})


@pytest.mark.parametrize(
    ("insert", "payloads"),
    [("{data: {type: future}}", [b'{"type":"future"}']), ('": comment\\n\\n"', []), ('"event: ping\\n\\n"', [])],
)
def test_inserted_text_is_an_unknown_event(insert: str, payloads: list[bytes]) -> None:
    body = stream(f"rules: [{{reply: Hi, fault: {{insert: {insert}, after: message_stop}}}}]").body
    frames = [frame for frame in read_frames(body) if frame.headers[":event-type"] == "chunk"]
    assert [frame.payload for frame in frames] == payloads


def test_restarted_stream_begins_anew() -> None:
    events = events_of(stream("rules: [{reply: Hello, fault: {restart: true, after: text_delta 2}}]").body)
    *_, (_, metadata) = events
    assert [name for name, _ in events].count("messageStart") == 2
    assert metadata["usage"] == converse("rules: [{reply: Hello}]").json["usage"]


def test_restarted_stream_shows_blocks_again() -> None:
    encoder = ConverseDialect().open_stream()
    blocks = [{"type": kind, "index": 0, "content_block": {"type": kind}} for kind in ("server_tool_use", "text")]
    delta = {"index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    sent = [
        encoder.encode(Event(name, data, "", b""), 0)
        for block in blocks
        for name, data in (("message_start", {}), ("content_block_start", block), ("content_block_delta", delta))
    ]
    assert [bool(frame) for frame in sent] == [True, False, False, True, False, True]


def test_pings_and_unknown_events_have_no_frames() -> None:
    assert encode("ping", PING.data) == encode("future_event", {"type": "future_event"}) == b""


ANY = st.recursive(
    st.none() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["index", "delta", "type", "content_block", "message", "usage", "stop_reason", "partial_json"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(st.lists(st.tuples(st.sampled_from((*NAMES, "message_stop", "error", "ping", "other")), ANY), max_size=8))
def test_any_events_are_encoded(events: list[tuple[str, Any]]) -> None:
    encoder = ConverseDialect(["/delta/stop_reason"]).open_stream()
    for name, data in events:
        read_frames(encoder.encode(Event(name, data, "", b""), 0))


@given(ANY)
def test_any_document_is_translated(document: Any) -> None:
    response = build_response(200, Headers(), "req_1", json_data({}))
    translated = ConverseDialect(["/usage/index"]).translate_document(document, response)
    assert translated.document["output"]["message"]["role"] == "assistant"
