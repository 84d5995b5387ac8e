"""OpenAI's Responses API: the core answers a request, in OpenAI's form."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from mockclaude.api.events import Event, event
from mockclaude.api.headers import Headers
from mockclaude.engine.adapters.responses_dialect import ResponsesDialect
from mockclaude.engine.adapters.responses_object import ResponseForm
from mockclaude.engine.adapters.responses_stream import ResponsesEncoder
from mockclaude.reply.response import Data, build_response
from tests.adapters import chatting
from tests.serving import NOW, Received

PATH = "/v1/responses"
TOOLS = [{"type": "function", "name": "f", "parameters": {"type": "object"}}, {"type": "function", "name": "g"}]
SCENARIO = """
rules:
  - when: {user: several}
    reply: [{text: A}, {text: B}, {tool_use: {name: f, input: {city: Oslo}}}, {tool_use: g}, {text: C}]
  - {when: {user: think}, reply: [{thinking: Hm.}, {text: Done.}]}
  - {when: {user: pause}, reply: [{text: Wait.}, {stop_reason: pause_turn}]}
  - {when: {user: long}, reply: One two three four five six seven eight nine ten.}
  - {when: {user: refuse}, reply: [{text: I}, {stop_reason: {type: refusal, category: cyber, explanation: Not this.}}]}
  - {when: {user: silent}, reply: {stop_reason: refusal}}
  - {when: {user: fail}, reply: [{text: I}, {error: overloaded_error}]}
  - {when: {user: Hello}, reply: Hello from the rule.}
"""
ASKED = ("several", "think", "pause", "long", "refuse", "silent", "Hello")


def body_of(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    """Return the body of a request; None as a field leaves it out."""
    body = {"model": "claude-haiku-4-5", "input": text, "tools": TOOLS, **fields}
    return {name: value for name, value in body.items() if value is not None}


def send(text: str = "Hello", **fields: Any) -> Received:
    return chatting.send(SCENARIO, body_of(text, **fields), PATH)


def stream(text: str = "Hello", **fields: Any) -> list[dict[str, Any]]:
    """Return the events of a streamed response."""
    return read_events(send(text, stream=True, **fields).body)


def read_events(body: bytes) -> list[dict[str, Any]]:
    events = []
    for written in body.decode().removesuffix("\n\n").split("\n\n"):
        name, data = written.split("\n")
        events.append(orjson.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def text_of(item: dict[str, Any]) -> str:
    """Return the text of a message or the arguments of a call."""
    if item["type"] == "function_call":
        return str(item["arguments"])
    (part,) = item["content"]
    return str(part["refusal"] if part["type"] == "refusal" else part["text"])


def test_response_has_the_keys_of_openai() -> None:
    response = send(instructions="Be brief.", tools=None, metadata={"a": "b"}, temperature=0.5)
    name = response.json["id"].removeprefix("resp_")
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello from the rule."}

    assert response.status == 200
    assert response.headers["x-request-id"] == response.headers["request-id"]
    assert response.json == {
        "id": f"resp_{name}",
        "object": "response",
        "created_at": NOW,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": "claude-haiku-4-5-20251001",
        "output": [
            {"id": f"msg_{name}_0", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
        ],
        "instructions": "Be brief.",
        "max_output_tokens": None,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "store": True,
        "temperature": 0.5,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "user": None,
        "metadata": {"a": "b"},
        "reasoning": {"effort": None, "summary": None},
        "text": {"format": {"type": "text"}},
        "usage": {
            "input_tokens": 12,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 17,
        },
    }


def test_successive_texts_are_one_item_and_each_call_is_one() -> None:
    output = send("several").json["output"]

    assert [(item["type"], item["status"], text_of(item)) for item in output] == [
        ("message", "completed", "AB"),
        ("function_call", "completed", '{"city":"Oslo"}'),
        ("function_call", "completed", "{}"),
        ("message", "completed", "C"),
    ]
    assert [item["id"][:3] for item in output] == ["msg", "fc_", "fc_", "msg"]
    assert output[1]["call_id"].startswith("toolu_")
    assert output[1]["name"] == "f"


@pytest.mark.parametrize(
    ("text", "status", "reason", "texts"),
    [
        ("Hello", "completed", None, ["Hello from the rule."]),
        ("think", "completed", None, ["Done."]),
        ("pause", "completed", None, ["Wait."]),
        ("refuse", "incomplete", "content_filter", ["I", "Not this."]),
        ("silent", "incomplete", "content_filter", []),
    ],
)
def test_status_follows_from_the_stop_reason(text: str, status: str, reason: str | None, texts: list[str]) -> None:
    response = send(text).json

    assert response["status"] == status
    assert response["incomplete_details"] == (reason and {"reason": reason})
    assert list(map(text_of, response["output"])) == texts


def test_response_that_is_cut_has_an_incomplete_message() -> None:
    response = send("long", max_output_tokens=3).json

    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [response["status"], response["output"][0]["status"]] == ["incomplete", "incomplete"]
    assert response["max_output_tokens"] == 3


@pytest.mark.parametrize("text", ASKED)
def test_stream_ends_with_the_response(text: str) -> None:
    events = stream(text)
    whole, last = send(text).json, events[-1]["response"]

    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[-1]["type"] == f"response.{whole['status']}"
    assert list(map(text_of, last["output"])) == list(map(text_of, whole["output"]))
    assert [last["usage"], last["status"]] == [whole["usage"], whole["status"]]


@pytest.mark.parametrize("text", ASKED)
def test_each_item_of_a_stream_begins_has_deltas_and_ends(text: str) -> None:
    events = stream(text)
    items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    added = [event["item"]["id"] for event in events if event["type"] == "response.output_item.added"]

    assert items == events[-1]["response"]["output"]
    assert added == [item["id"] for item in items]
    for item in items:
        own = [event for event in events if event.get("item_id") == item["id"]]
        deltas = [event["delta"] for event in own if event["type"].endswith(".delta")]
        ends = [event for event in own if event["type"].endswith(("text.done", "arguments.done", "refusal.done"))]
        assert "".join(deltas) == text_of(item)
        assert len(ends) == 1
        assert text_of(item) in ends[0].values()


def test_stream_of_a_text_has_the_events_of_openai() -> None:
    assert [event["type"].removeprefix("response.") for event in stream("long")] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        *["output_text.delta"] * 6,
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_error_in_a_stream_ends_it() -> None:
    last = stream("fail")[-1]
    error = {"code": "overloaded_error", "message": "Overloaded", "param": None}

    number = last.pop("sequence_number")
    assert number > 3
    assert last == {"type": "error", **error, "error": {**error, "type": "overloaded_error"}}


def encoder() -> ResponsesEncoder:
    return ResponsesEncoder(ResponseForm(NOW, b"{}"), lambda *_: None)


JSON = st.recursive(
    st.none() | st.integers(-9, 9) | st.sampled_from(["text", "text_delta", "tool_use", "a"]),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["message", "content_block", "delta", "type", "index", "text", "partial_json", "usage", "id"]
            ),
            inner,
        )
    ),
    max_leaves=8,
)
EVENTS = st.builds(
    event,
    st.sampled_from(["message_start", "content_block_start", "content_block_delta", "content_block_stop", "ping"])
    | st.sampled_from(["message_delta", "message_stop", "error", "other"]),
    JSON,
)


@given(st.lists(EVENTS))
def test_encoder_takes_any_events(events: list[Event]) -> None:
    encode = encoder().encode
    for one in events:
        encode(one, 0)


@given(JSON)
def test_dialect_takes_any_document(document: Any) -> None:
    response = build_response(200, Headers([("date", "Mon, 30 Nov 2026 18:00:00 GMT")]), "req_1", Data(b""))
    translated = ResponsesDialect(ResponseForm(NOW, b'{"a":1}')).translate_document(document, response)

    assert orjson.loads(orjson.dumps(translated.document))["object"] == "response"


def test_encoder_begins_anew_at_message_start() -> None:
    start = event("message_start", {"type": "message_start", "message": {"id": "msg_1", "model": "m"}})
    encode = encoder().encode

    assert encode(start, 0) == encode(start, 0)


def test_delta_without_its_block_names_an_item_that_was_not_added() -> None:
    delta = event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Hi"}})
    (written,) = read_events(encoder().encode(delta, 0))

    assert (written["type"], written["delta"], written["output_index"]) == ("response.output_text.delta", "Hi", 0)


def test_inserted_events_stay_and_pings_go() -> None:
    inserted, ping = Event("", None, "", b": comment\n\n"), event("ping", {"type": "ping"})

    assert encoder().encode(inserted, 0) == b": comment\n\n"
    assert encoder().encode(ping, 0) == b""


EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@pytest.mark.parametrize("text", [*ASKED, "fail"])
def test_events_have_the_types_of_the_sdk(text: str) -> None:
    assert all(EVENT.validate_python(event).type == event["type"] for event in stream(text))
