"""Differences between two responses to one request: their shapes, never their contents."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.proxy.drift_cases import ObservedResponse, observe
from mockclaude.proxy.drift_shape import list_differences
from mockclaude.scenario.recorded_reply import RecordedReply

MESSAGE: dict[str, Any] = {
    "id": "msg_01A",
    "type": "message",
    "content": [{"type": "text", "text": "Hi"}],
    "usage": {"input_tokens": 3, "cache_creation": {"ephemeral_5m_input_tokens": 0}, "output_tokens": 1},
}
ERROR: dict[str, Any] = {
    "type": "error",
    "error": {"type": "invalid_request_error", "message": "messages.3: unknown toolu_01XYPAVKAAPsLfM2i6vhiR4N"},
    "request_id": "req_01XYPAVKAAPsLfM2i6vhiR4N",
}
START = {"type": "message_start", "message": {**MESSAGE, "content": []}}
STOP = {"type": "message_stop"}
PING = {"type": "ping"}


def block(index: int, deltas: int = 1, kind: str = "text") -> list[dict[str, Any]]:
    delta = {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": "x"}}
    return [
        {"type": "content_block_start", "index": index, "content_block": {"type": kind, "text": ""}},
        *[delta] * deltas,
        {"type": "content_block_stop", "index": index},
    ]


def of_json(document: Any, status: int = 200, **more: Any) -> ObservedResponse:
    reply = RecordedReply(
        status, {"content-type": "application/json"}, orjson.dumps(document), None, usual_headers=True
    )
    return observe(reply, None, **more)


def of_stream(*events: dict[str, Any], comment: bytes = b"") -> ObservedResponse:
    frames = [b"event: %b\ndata: %b\n\n" % (event["type"].encode(), orjson.dumps(event)) for event in events]
    body = b"".join([*frames, comment])
    return observe(RecordedReply(200, {"content-type": "text/event-stream"}, body, None, usual_headers=True), None)


def of_headers(*names: str) -> ObservedResponse:
    return of_json(MESSAGE)._replace(header_names=frozenset(names))


def changed(*path: str, **keys: Any) -> dict[str, Any]:
    """Return the message with changed keys at a path; None removes a key."""
    message = deepcopy(MESSAGE)
    part = message
    for key in path:
        part = part[key]
    for key, value in keys.items():
        part[key] = value
        if value is None:
            del part[key]
    return message


def reordered(message: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(message.items()))


@pytest.mark.parametrize(
    ("recorded", "mock", "expected"),
    [
        (of_json(MESSAGE), of_json(changed(id="msg_02B", content=[])), []),
        (of_json(MESSAGE), of_json(changed("usage", input_tokens=900)), []),
        (of_json(changed(container=1)), of_json(MESSAGE), ["message: the mock does not send `container`"]),
        (of_json(MESSAGE), of_json(changed(stop_details=1)), ["message: only the mock sends `stop_details`"]),
        (
            of_json(MESSAGE),
            of_json(reordered(MESSAGE)),
            ["message: keys in the order id, type, content, usage; mock: content, id, type, usage"],
        ),
        (of_json(MESSAGE, has_order=False), of_json(reordered(MESSAGE)), []),
        (
            of_json(changed("usage", "cache_creation", ephemeral_1h_input_tokens=0)),
            of_json(MESSAGE),
            ["message usage cache_creation: the mock does not send `ephemeral_1h_input_tokens`"],
        ),
        (of_json(changed(usage=7)), of_json(MESSAGE), []),
        (
            of_json(
                changed(content=[{"type": "text", "text": "", "citations": []}, {"type": "tool_use", "name": "x"}])
            ),
            of_json(MESSAGE),
            ["block text: the mock does not send `citations`"],
        ),
        (
            of_json(changed(content=[{"type": "tool_use", "input": {"a": 1}}])),
            of_json(changed(content=[{"type": "tool_use", "input": {"b": {"c": 2}}}])),
            [],
        ),
        (of_json(changed(content="text")), of_json(MESSAGE), []),
        (of_json([1]), of_json(MESSAGE), []),
        (of_json(MESSAGE), of_stream(START, STOP), ["form: JSON; mock: stream"]),
        (
            of_json(MESSAGE),
            of_json(ERROR, 400),
            ["status 200; mock: 400; messages.N: unknown ID"],
        ),
        (of_json(ERROR, 404), of_json(MESSAGE), ["status 404; mock: 200; messages.N: unknown ID"]),
        (of_json([1], 404), of_json(MESSAGE), ["status 404; mock: 200"]),
    ],
)
def test_messages_differ_in_keys_and_order(
    recorded: ObservedResponse, mock: ObservedResponse, expected: list[str]
) -> None:
    assert list_differences(recorded, mock) == expected


def test_errors_differ_in_type_text_and_keys() -> None:
    other = {**ERROR, "error": {"type": "invalid_request_error", "message": "model: " + "x" * 200}}
    renamed = {"type": "error", "error": {"details": None, "type": "not_found_error", "message": "model"}}
    assert list_differences(of_json(ERROR, 400), of_json(ERROR, 400)) == []
    (text,) = list_differences(of_json(other, 400), of_json(ERROR, 400))
    assert text == f"error text: model: {'x' * 152}…; mock: messages.N: unknown ID"
    assert list_differences(of_json(renamed, 400), of_json(ERROR, 400)) == [
        "error type: not_found_error; mock: invalid_request_error",
        "error: only the mock sends `request_id`",
        "error error: the mock does not send `details`",
    ]


@pytest.mark.parametrize(
    ("events", "order"),
    [
        ([START, *block(0), STOP], "message_start, message_stop"),
        ([START, *block(0, 9), *block(1, 0), STOP, PING], "message_start, message_stop, ping after a later block"),
        ([PING, START, STOP], "ping before the blocks, message_start, message_stop"),
        ([START, block(0)[0], PING, *block(0)[1:], STOP], "message_start, ping in the first block, message_stop"),
        ([START, *block(0), PING, PING, STOP], "message_start, ping after the first block, message_stop"),
        (
            [START, *block(0), block(1)[0], PING, block(1)[2], STOP],
            "message_start, ping in a later block, message_stop",
        ),
        ([START, block(0)[1], STOP], "message_start, content_block_delta, message_stop"),
        ([START, *block(0), block(0)[2], STOP], "message_start, content_block_stop, message_stop"),
    ],
)
def test_order_of_events_is_compared_without_blocks(events: list[dict[str, Any]], order: str) -> None:
    plain = "message_start, message_stop"
    expected = [] if order == plain else [f"events: {order}; mock: {plain}"]
    found = list_differences(of_stream(*events), of_stream(START, *block(0, 3), STOP))
    assert found == expected


def test_events_differ_in_keys() -> None:
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x", "more": 1}}
    recorded = of_stream(START, block(0)[0], delta, block(0)[2], {**STOP, "metrics": {}}, comment=b": hello\n\n")
    assert list_differences(recorded, of_stream(START, *block(0), STOP)) == [
        "event content_block_delta text_delta delta: the mock does not send `more`",
        "event message_stop: the mock does not send `metrics`",
        "events: message_start, message_stop, comment; mock: message_start, message_stop",
    ]


@pytest.mark.parametrize(
    ("recorded", "mock", "expected"),
    [
        (of_headers("date", "via"), of_headers("date"), ["headers: the mock does not send `via`"]),
        (of_headers("date"), of_headers("cf-ray"), ["headers: only the mock sends `cf-ray`"]),
        (of_headers("content-type", "connection"), of_headers("cf-ray", "content-type"), []),
        (
            of_headers("date"),
            of_headers("anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-reset"),
            ["headers: only the mock sends `anthropic-ratelimit-*`"],
        ),
        (of_json(MESSAGE), of_headers("cf-ray"), []),
    ],
)
def test_names_of_headers_are_compared(recorded: ObservedResponse, mock: ObservedResponse, expected: list[str]) -> None:
    assert list_differences(recorded, mock) == expected


def test_without_a_body_only_status_and_form_are_compared() -> None:
    assert list_differences(ObservedResponse(200, is_stream=False), of_json(MESSAGE)) == []
    assert list_differences(ObservedResponse(404, is_stream=False), of_json(MESSAGE)) == ["status 404; mock: 200"]


JSON = st.recursive(
    st.none() | st.integers(0, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "content", "delta"]), inner),
    max_leaves=9,
)


@given(st.one_of(JSON.map(of_json), st.lists(JSON, max_size=4).map(lambda data: of_stream(*map(named, data)))))
def test_response_does_not_differ_from_itself(response: ObservedResponse) -> None:
    assert list_differences(response, response) == []


def named(data: Any) -> dict[str, Any]:
    return {**(data if isinstance(data, dict) else {}), "type": "content_block_start"}


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from([200, 400]))
def test_arbitrary_bodies_are_compared(one: bytes, other: bytes, status: int) -> None:
    def response(body: bytes) -> ObservedResponse:
        return observe(RecordedReply(status, {}, b"data: " + body, None, usual_headers=True), None)

    assert all(line.isprintable() for line in list_differences(response(one), response(other)))


def test_deep_bodies_are_compared() -> None:
    body = b'{"a":' * 900 + b"1" + b"}" * 900
    deep = observe(RecordedReply(200, {"content-type": "application/json"}, body, None, usual_headers=True), None)

    assert list_differences(deep, deep) == []
    assert list_differences(deep, of_json(MESSAGE))
