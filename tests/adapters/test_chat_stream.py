"""Streams of chat completions: their chunks add up to the completion, and faults are theirs as of any stream."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import events
from mockclaude.api.events import Event, event
from mockclaude.api.tool_json import parse_tool_json
from mockclaude.engine.adapters.chat_dialect import ChatCompletion
from mockclaude.engine.adapters.chat_stream import ChatEncoder
from mockclaude.reply.dialect import translate
from mockclaude.reply.response import Response
from tests.adapters.chatting import FUNCTIONS, TOOLS, USAGE, chat, read_chunks, send
from tests.reply.making import any_replies, plain_replies
from tests.reply.test_dialect import AFTER, BEFORE, response_to, with_faults
from tests.serving import NOW

CHAT = ChatCompletion("claude-haiku-4-5", NOW, with_usage=True, is_legacy=False)
LEGACY = ChatCompletion("claude-haiku-4-5", NOW, with_usage=False, is_legacy=True)

TALK = """
rules:
  - reply: [{thinking: Hm.}, {text: Let me see.}, {tool_use: {name: get_weather, input: {city: Oslo}}}, {tool_use: now}]
"""
CALLED = [("get_weather", '{"city":"Oslo"}'), ("now", "{}")]


def join(chunks: list[Any]) -> dict[str, Any]:
    """Return the completion that the chunks of a stream make; each has what clients insist on."""
    content, finish, calls, usage = "", None, list[dict[str, Any]](), None
    assert chunks.pop() == "[DONE]"
    for number, chunk in enumerate(chunks):
        assert chunk["object"] == "chat.completion.chunk"
        assert (chunk["id"], chunk["model"], chunk["created"]) == (chunks[0]["id"], chunks[0]["model"], NOW)
        usage = usage or chunk.get("usage")
        if not chunk["choices"]:
            assert number == len(chunks) - 1
            continue
        (choice,) = chunk["choices"]
        assert (choice["index"], choice["logprobs"]) == (0, None)
        assert finish is None
        delta, finish = choice["delta"], choice["finish_reason"]
        assert delta.get("role", "") == ("" if number else "assistant")
        content += delta.get("content", "")
        for call in delta.get("tool_calls", ()):
            if call["index"] == len(calls):
                assert (call["type"], call["function"]["arguments"]) == ("function", "")
                calls.append({"id": call["id"], "type": "function", "function": dict(call["function"])})
            else:
                calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
    message = {"role": "assistant", "content": content, "refusal": None, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {"id": chunks[0]["id"], "created": NOW, "model": chunks[0]["model"], "choices": [choice], "usage": usage}


def parse_arguments(completion: dict[str, Any]) -> dict[str, Any]:
    """Parse the arguments of the calls, which may be cut or broken in a stream."""
    for call in completion["choices"][0]["message"].get("tool_calls", ()):
        assert isinstance(call["function"]["arguments"], str)
        call["function"]["arguments"] = parse_tool_json(call["function"]["arguments"])
    return completion


@given(plain_replies, st.booleans())
def test_chunks_are_those_of_the_completion(steps: list[dict[str, Any]], paced: bool) -> None:
    whole = translate(response_to(steps, stream=False, paced=paced), CHAT)
    stream = translate(response_to(steps, stream=True, paced=paced), CHAT)

    completion = parse_arguments(orjson.loads(whole.data))
    joined = parse_arguments(join(read_chunks(stream.data)))
    completion["choices"][0]["message"]["content"] = completion["choices"][0]["message"]["content"] or ""
    assert joined == {name: completion[name] for name in joined}


@given(any_replies, st.booleans(), st.lists(st.sampled_from([*BEFORE, *AFTER]), max_size=3), st.booleans())
def test_faults_leave_no_byte_of_the_api(
    steps: list[dict[str, Any]], stream: bool, written: list[Any], is_legacy: bool
) -> None:
    response = response_to(steps, stream=stream, paced=True)
    faulted = with_faults(response, *written, dialect=LEGACY if is_legacy else CHAT)

    assert faulted.status == 0 or faulted.is_verbatim
    for word in (b"event: ", b"content_block", b"message_st"):
        assert word not in faulted.data


def stream_with(*written: Any, dialect: ChatCompletion = CHAT) -> Response:
    steps: list[dict[str, Any]] = [{"text": "Hello there"}, {"tool_use": {"name": "f", "input": {"a": "b"}}}]
    return with_faults(response_to(steps, stream=True, paced=False), *written, dialect=dialect)


WHOLE = [["role", "content"], ["content"], ["content"], ["tool_calls"], ["tool_calls"], ["tool_calls"], []]


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        ("message_start", 0),
        ("text_delta", 1),
        ("content_block_start 2", 3),
        ("input_json_delta 2", 4),
        ("message_delta", 6),
    ],
)
def test_dropped_event_is_a_dropped_chunk(name: str, chunk: int) -> None:
    chunks = read_chunks(stream_with({"drop": name}).data)
    expected = [*WHOLE[:chunk], *WHOLE[chunk + 1 :]]
    assert [list(chunk["choices"][0]["delta"]) for chunk in chunks[:-2]] == expected


def test_error_ends_the_stream() -> None:
    chunks = read_chunks(stream_with({"error": 529, "after": "text_delta"}).data)
    assert chunks[-1] == {
        "error": {"code": "overloaded_error", "message": "Overloaded", "type": "overloaded_error", "param": None}
    }


def test_cut_is_after_the_same_delta() -> None:
    response = stream_with({"disconnect": "close", "after": "text_delta"})
    assert read_chunks(response.data)[-1]["choices"][0]["delta"] == {"content": "Hell"}


def test_begun_anew_calls_are_numbered_anew() -> None:
    chunks = read_chunks(stream_with("restart").data)
    calls = [call for chunk in chunks[:-2] for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert {call["index"] for call in calls} == {0}


EDITED: list[tuple[Any, Any]] = [
    ({"edit": "text_delta", "set": {"delta": {"type": "text_delta", "text": 5}}}, {"content": 5}),
    ({"edit": "message_start", "set": {"message": None}}, {"role": "assistant", "content": ""}),
    ({"edit": "message_delta", "set": {"delta": {"stop_reason": "new_reason"}}}, {}),
    ({"edit": "message_delta", "set": {"delta": None}}, {}),
    ({"edit": "message_delta", "set": {"delta": {"stop_reason": ["new"]}}}, {}),
    ({"edit": "content_block_start 2", "set": {"index": "x"}}, {"content": "Hell"}),
    ({"edit": "content_block_start", "set": {"content_block": 5}}, {"content": "Hell"}),
]


@pytest.mark.parametrize(("fault", "delta"), EDITED)
def test_edited_event_is_an_edited_chunk(fault: Any, delta: Any) -> None:
    chunks = read_chunks(stream_with(fault).data)
    assert delta in [chunk["choices"][0]["delta"] for chunk in chunks[:-2]]


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("compaction", "stop"),
        ("refusal", "content_filter"),
    ],
)
def test_reason_of_the_end_is_one_of_openai(stop: str, finish: str) -> None:
    scenario = f"rules: [{{reply: [Hello, {{stop_reason: {stop}}}]}}]"
    assert send(scenario, chat()).json["choices"][0]["finish_reason"] == finish
    assert read_chunks(send(scenario, chat(stream=True)).body)[-2]["choices"][0]["finish_reason"] == finish


def test_thinking_is_dropped() -> None:
    fields: dict[str, Any] = {"thinking": {"type": "enabled", "budget_tokens": 2_000}, "tools": TOOLS}
    assert b"Hm." not in send(TALK, chat(**fields)).body
    assert b"Hm." not in send(TALK, chat(stream=True, **fields)).body


def test_calls_are_the_same_streamed_and_not() -> None:
    message = send(TALK, chat(tools=TOOLS)).json["choices"][0]["message"]
    joined = join(read_chunks(send(TALK, chat(tools=TOOLS, stream=True)).body))["choices"][0]["message"]

    for calls in (message["tool_calls"], joined["tool_calls"]):
        assert [(call["function"]["name"], call["function"]["arguments"]) for call in calls] == CALLED


def test_functions_have_one_call() -> None:
    choice = send(TALK, chat(functions=FUNCTIONS)).json["choices"][0]
    assert choice["message"]["function_call"] == {"name": "get_weather", "arguments": '{"city":"Oslo"}'}
    assert choice["finish_reason"] == "function_call"
    assert "tool_calls" not in choice["message"]

    chunks = read_chunks(send(TALK, chat(functions=FUNCTIONS, stream=True)).body)
    calls = [chunk["choices"][0]["delta"].get("function_call") for chunk in chunks[:-1]]
    begun, *rest = filter(None, calls)
    assert begun == {"name": "get_weather", "arguments": ""}
    assert "".join(call["arguments"] for call in rest) == '{"city":"Oslo"}'
    assert chunks[-2]["choices"][0]["finish_reason"] == "function_call"


def test_chunks_have_usage_only_on_demand() -> None:
    silent = read_chunks(send(TALK, chat(stream=True, tools=TOOLS)).body)
    asked = read_chunks(send(TALK, chat(stream=True, tools=TOOLS, stream_options=USAGE)).body)

    assert not [chunk for chunk in silent[:-1] if "usage" in chunk]
    assert [chunk["usage"] for chunk in asked[:-2]] == [None] * (len(asked) - 2)
    assert asked[-2]["usage"] == send(TALK, chat(tools=TOOLS)).json["usage"]


def test_usage_has_the_tokens_of_the_cache_and_of_thinking() -> None:
    usage = "{usage: {cache_read_input_tokens: 7, cache_creation_input_tokens: 5, output_tokens: 30}}"
    counted = send(f"rules: [{{reply: [Hello, {usage}]}}]", chat()).json["usage"]

    assert counted["prompt_tokens"] == 8 + 7 + 5
    assert counted["prompt_tokens_details"] == {"cached_tokens": 7}
    assert counted["total_tokens"] == counted["prompt_tokens"] + 30

    deep = {**events.MESSAGE_STOP.data, "usage": {"output_tokens_details": {"thinking_tokens": 9}}}
    encoder = CHAT.open_stream()
    encoder.encode(event("message_delta", deep), 0)
    last = read_chunks(encoder.encode(events.MESSAGE_STOP, 0))[0]
    assert last["usage"]["completion_tokens_details"] == {"reasoning_tokens": 9}


SILENT = [events.PING, event("content_block_delta", {"index": 0, "delta": {"type": "signature_delta"}}), event("x", 5)]


@pytest.mark.parametrize("silent", SILENT)
def test_event_without_a_counterpart_is_not_sent(silent: Event) -> None:
    assert CHAT.open_stream().encode(silent, 0) == b""


def test_calls_of_server_tools_are_not_sent() -> None:
    encoder: ChatEncoder = CHAT.open_stream()
    block = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    for name, data in (
        ("content_block_start", {"content_block": block}),
        ("content_block_delta", {"delta": {"type": "input_json_delta", "partial_json": '{"query":"x"}'}}),
        ("content_block_stop", {}),
    ):
        assert encoder.encode(event(name, {"index": 1, **data}), 0) == b""


def test_inserted_text_is_sent_as_it_is() -> None:
    assert b": hello\n\n" in stream_with({"insert": ": hello\n\n"}).data
