"""A reply ends where the request says: at so many tokens, or before a stop sequence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api import tokens
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.reply.truncate import TruncatedReply, truncate
from tests.reply.client import events_of
from tests.reply.making import DRAWS, INSTANT, block_steps, composed

HELLO = {"type": "text", "text": "Hello there, friend."}
THOUGHT = {"type": "thinking", "thinking": "Hm. Well, well.", "signature": "signed"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"city": "Paris", "days": [1, 2, 3]}}
RESULT = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
PAUSE = object()


def cut(*parts: Any, **body: Any) -> TruncatedReply:
    return truncate(parts, body)


def test_without_limits_a_reply_is_left_as_it_is() -> None:
    assert cut(HELLO, PAUSE, USE) == TruncatedReply([HELLO, PAUSE, USE])


@pytest.mark.parametrize(
    ("limit", "left"),
    [
        (0, []),
        (2, [{**HELLO, "text": "Hello there"}]),
        (5, [HELLO]),
        (8, [HELLO, {**THOUGHT, "thinking": "Hm. Well", "signature": ""}]),
        (11, [HELLO, THOUGHT]),
    ],
)
def test_tokens_cut_a_reply_in_the_middle_of_a_block(limit: int, left: list[Any]) -> None:
    assert cut(HELLO, THOUGHT, USE, max_tokens=limit) == TruncatedReply(left, "max_tokens")


@pytest.mark.parametrize(
    ("limit", "window_tokens", "reason"),
    [(2, 2, "max_tokens"), (3, 2, "model_context_window_exceeded"), (2, 3, "max_tokens")],
)
def test_full_context_window_truncates_a_reply(limit: int, window_tokens: int, reason: str) -> None:
    assert truncate([HELLO], {"max_tokens": limit}, window_tokens) == TruncatedReply(
        [{**HELLO, "text": "Hello there"}], reason
    )


@pytest.mark.parametrize(
    ("limit", "partial", "made"),
    [
        (28, "", {}),
        (34, '{"city":"Paris', {}),
        (36, '{"city":"Paris","', {"city": "Paris"}),
        (45, '{"city":"Paris","days":[1,2,', {"city": "Paris", "days": [1, 2]}),
    ],
)
def test_tokens_cut_the_json_of_a_tool(limit: int, partial: str, made: dict[str, Any]) -> None:
    [use] = cut(USE, max_tokens=limit).parts

    assert use.partial_json == partial
    assert use == {**USE, "input": made}


def test_tool_call_is_removed_if_its_name_does_not_fit() -> None:
    assert cut(USE, max_tokens=5) == TruncatedReply([], "max_tokens")


def test_incidents_after_the_end_are_removed() -> None:
    assert cut(PAUSE, HELLO, PAUSE, max_tokens=1).parts[0] is PAUSE
    assert len(cut(PAUSE, HELLO, PAUSE, max_tokens=1).parts) == 2


def test_tool_results_have_no_output_tokens() -> None:
    assert cut(RESULT, HELLO, max_tokens=6).parts == [RESULT, HELLO]
    assert cut({"type": "hologram", "text": "x " * 100}, max_tokens=6) == TruncatedReply([], "max_tokens")


@pytest.mark.parametrize(
    ("sequences", "text", "stopped"),
    [
        (["there"], "Hello ", "there"),
        (["friend", "there"], "Hello ", "there"),
        (["the", "there"], "Hello ", "the"),
        (["o"], "Hell", "o"),
    ],
)
def test_a_reply_stops_before_the_first_stop_sequence(sequences: list[str], text: str, stopped: str) -> None:
    assert cut(THOUGHT, HELLO, USE, stop_sequences=sequences) == TruncatedReply(
        [THOUGHT, {**HELLO, "text": text}], "stop_sequence", stopped
    )


def test_text_is_removed_if_it_begins_with_a_stop_sequence() -> None:
    assert cut(HELLO, stop_sequences=["Hello"]) == TruncatedReply([], "stop_sequence", "Hello")


def test_absent_stop_sequence_does_not_end_the_reply() -> None:
    assert cut(HELLO, stop_sequences=["END"]) == TruncatedReply([HELLO])
    assert cut(HELLO, stop_sequences=["friend"], max_tokens=2).reason == "max_tokens"


@given(steps=st.lists(block_steps, min_size=1, max_size=3), limit=st.integers(0, 40))
def test_truncated_reply_is_the_same_with_streaming(steps: list[Any], limit: int) -> None:
    reply = composed(*steps, max_tokens=limit, model="claude-haiku-4-5")
    content = reply.message["content"]
    context = ResponseContext("req_1", reply.message["id"], 0)
    whole, streamed = (schedule_reply(reply, INSTANT, DRAWS, context, stream=stream).data for stream in (False, True))
    message, events = json.loads(whole), events_of(streamed)

    assert sum(map(tokens.of_output, content)) == message["usage"]["output_tokens"] <= limit
    assert events[-2]["delta"]["stop_reason"] == message["stop_reason"]
    assert events[-2]["usage"]["output_tokens"] == message["usage"]["output_tokens"]
