"""The two ways to a response, prepared or composed, have the same result."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.compose import Asking, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope, plan
from mockclaude.reply.respond import respond
from mockclaude.reply.script import Script
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.rules import Outline
from tests.reply.client import message_of, received
from tests.reply.making import DRAWS, INSTANT, any_replies, conversation, outline, plain_replies, scope

PACED = Pace.model_validate({"ttft": "1s", "tokens_per_second": 100, "jitter": "20%"})
INPUT_TOKENS = 8_611_000_000_000_017  # what stands for the input tokens in a prepared reply
ENVELOPE = Envelope("req_1", "msg_1", 1_787_150_451)

fixed_steps = plain_replies | any_replies
models = st.sampled_from(["claude-haiku-4-5", 'quoted "name"', "модель"]) | st.text(min_size=1)
questions = st.fixed_dictionaries({"model": models, "stream": st.booleans(), "system": st.text()})


PREFILLED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
UNUSED = "tool_choice is any, but the reply uses no tool"


def same(one: Script, other: Script) -> bool:
    return one._replace(sends=list(one.sends)) == other._replace(sends=list(other.sends))


def both_ways(told: Outline, pace: Pace, draws: Draws, envelope: Envelope, **fields: Any) -> bool:
    """Tell whether `told` is answered by `respond` as it is when it is composed and planned."""
    asked = scope(conversation(**fields))
    composed = plan(
        compose(told, asked, draws, envelope.message_id), pace, draws, envelope, stream=asked.request.stream
    )
    return same(respond(told, pace, asked, draws, envelope).script, composed)


@given(steps=fixed_steps, asked=st.lists(questions, min_size=2, max_size=4), chunked=st.booleans())
@example(steps=[{"usage": {"input_tokens": 5}}], asked=[{"stream": True}, {"stream": False}], chunked=True)
@example(
    steps=[{"usage": {"input_tokens": 5}}, {"usage": {"output_tokens": 5}}],
    asked=[{"stream": True}, {"stream": False}],
    chunked=True,
)
@example(steps=[{"text": "\ue000id\ue000"}], asked=[{"stream": True}, {"stream": False}], chunked=True)
@example(steps=[{"json": INPUT_TOKENS}], asked=[{"stream": True}, {"stream": False}], chunked=True)
def test_a_prepared_reply_has_the_bytes_of_a_composed_one(
    steps: list[dict[str, Any]], asked: list[dict[str, Any]], chunked: bool
) -> None:
    told, envelope = outline(*steps), ENVELOPE._replace(chunked=chunked)

    for attempt, fields in enumerate(asked):
        assert both_ways(told, INSTANT, DRAWS._replace(occurrence=attempt), envelope, **fields)


@given(steps=any_replies, stream=st.booleans())
def test_a_reply_that_takes_time_is_planned(steps: list[dict[str, Any]], stream: bool) -> None:
    assert both_ways(outline(*steps), PACED, DRAWS, ENVELOPE, stream=stream)


@pytest.mark.parametrize("stream", [False, True])
def test_a_prepared_reply_is_filled_in_for_each_request(stream: bool) -> None:
    told = outline({"text": "Hi."})
    messages = []
    for model, system in [("claude-haiku-4-5", ""), ("claude-opus-5", "Be brief.")]:
        asked = scope(conversation(model=model, system=system, stream=stream))
        responded = respond(told, INSTANT, asked, DRAWS, ENVELOPE._replace(message_id=f"msg_{model}"))
        response = received(responded.script)
        messages.append(message_of(response.events) if stream else response.json)
    one, other = messages

    assert (one["model"], other["model"]) == ("claude-haiku-4-5-20251001", "claude-opus-5")
    assert (one["id"], other["id"]) == ("msg_claude-haiku-4-5", "msg_claude-opus-5")
    assert (one["usage"]["input_tokens"], other["usage"]["input_tokens"]) == (6, 9)
    assert one["content"] == other["content"]


@pytest.mark.parametrize("stream", [False, True])
def test_what_depends_on_the_request_is_made_for_it(stream: bool) -> None:
    told = outline({"text": "${{ user }}"}, {"tool_use": {"name": "look", "input": {}}})

    assert both_ways(told, INSTANT, DRAWS, ENVELOPE, stream=stream)
    assert both_ways(told, INSTANT, DRAWS, ENVELOPE, stream=stream, messages=[{"role": "user", "content": "Bye"}])


@pytest.mark.parametrize(
    ("fields", "content", "notes"),
    [
        ({}, [{"type": "text", "text": "Hello there."}], ()),
        ({"max_tokens": 1}, [{"type": "text", "text": "Hel"}], ("cut at max_tokens (1)",)),
        ({"stop_sequences": [" "]}, [{"type": "text", "text": "Hello"}], ("stopped at ' '",)),
        ({"tool_choice": {"type": "any"}}, [{"type": "text", "text": "Hello there."}], (UNUSED,)),
        ({"messages": PREFILLED}, [{"type": "text", "text": " there."}], ()),
    ],
)
def test_a_fixed_reply_too_gives_way_to_the_request(fields: Any, content: Any, notes: tuple[str, ...]) -> None:
    responded = respond(outline({"text": "Hello there."}), INSTANT, scope(conversation(**fields)), DRAWS, ENVELOPE)

    assert (responded.content, responded.notes) == (content, notes)


@pytest.mark.parametrize("fields", [{}, {"tools": [{"name": "look", "input_schema": {"type": "object"}}]}])
def test_a_call_that_is_written_out_is_held_against_the_tools_that_are_offered(fields: Any) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "listen", "input": {}}
    responded = respond(outline({"block": call}), INSTANT, scope(conversation(**fields)), DRAWS, ENVELOPE)

    assert responded.notes == ("the tool 'listen' was not offered",)


def test_a_reply_as_written_gives_way_to_nothing() -> None:
    asked = scope(conversation(max_tokens=1, messages=PREFILLED))
    responded = respond(outline({"text": "Hello there."}), INSTANT, asked, DRAWS, ENVELOPE, Asking(as_written=True))

    assert (responded.content, responded.notes) == ([{"type": "text", "text": "Hello there."}], ())


@pytest.mark.parametrize("ending", [{"error": "overloaded_error"}, {"disconnect": "reset"}, {"pause": "forever"}])
def test_a_reply_that_does_not_get_to_its_end_has_no_content_to_go_on_from(ending: dict[str, Any]) -> None:
    asked = scope(conversation(stream=True))

    assert respond(outline({"text": "Hi"}, ending), INSTANT, asked, DRAWS, ENVELOPE).content is None
    assert respond(outline({"text": "Hi"}, {"pause": "1s"}), INSTANT, asked, DRAWS, ENVELOPE).content


def test_what_was_asked_to_be_told_is_told_and_the_cache_is_part_of_the_usage() -> None:
    asking = Asking(InputUsage(1, 2, 3, 4), {"context_management": {"applied_edits": []}})
    responded = respond(outline({"text": "Hi"}), INSTANT, scope(conversation()), DRAWS, ENVELOPE, asking)
    message = received(responded.script).json

    assert message["context_management"] == {"applied_edits": []}
    assert {key: message["usage"][key] for key in list(message["usage"])[:4]} == {
        "input_tokens": 1,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 4,
        "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3},
    }
