"""The two ways to a response, prepared or composed, have the same result."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.compose import ReplyContext, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.render import render_response
from mockclaude.reply.response import Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.wire.encode import encode
from tests.reply.client import message_of, received
from tests.reply.making import (
    DRAWS,
    INSTANT,
    any_replies,
    messages_request,
    plain_replies,
    reply_template,
    template_context,
)

PACED = Pace.model_validate({"ttft": "1s", "tokens_per_second": 100, "jitter": "20%"})
INPUT_TOKENS = 8_611_000_000_000_017  # what stands for the input tokens in a prepared reply
CONTEXT = ResponseContext("req_1", "msg_1", 1_787_150_451)

fixed_steps = plain_replies | any_replies
models = st.sampled_from(["claude-haiku-4-5", 'quoted "name"', "модель"]) | st.text(min_size=1)
questions = st.fixed_dictionaries({"model": models, "stream": st.booleans(), "system": st.text()})


PREFILLED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
UNUSED = "tool_choice is any, but the reply uses no tool"


def same(one: Response, other: Response) -> bool:
    """Return whether both are the same response, as it is sent and event by event."""
    apart = [response.take_apart() for response in (one, other)]
    sent = [encode(response, http11=True) for response in (one, other)]
    return apart[0].body == apart[1].body and [*sent[0].sends] == [*sent[1].sends] and sent[0][2:] == sent[1][2:]


def both_ways(template: ReplyTemplate, pace: Pace, draws: Draws, context: ResponseContext, **fields: Any) -> bool:
    """Return whether `render_response` builds the same response as composing and scheduling."""
    scope = template_context(messages_request(**fields))
    composed_response = schedule_reply(
        compose(template, scope, draws, context.message_id), pace, draws, context, stream=scope.request.stream
    )
    return same(render_response(template, pace, scope, draws, context).response, composed_response)


@given(steps=fixed_steps, requests=st.lists(questions, min_size=2, max_size=4))
@example(steps=[{"usage": {"input_tokens": 5}}], requests=[{"stream": True}, {"stream": False}])
@example(
    steps=[{"usage": {"input_tokens": 5}}, {"usage": {"output_tokens": 5}}],
    requests=[{"stream": True}, {"stream": False}],
)
@example(steps=[{"text": "\ue000id\ue000"}], requests=[{"stream": True}, {"stream": False}])
@example(steps=[{"json": INPUT_TOKENS}], requests=[{"stream": True}, {"stream": False}])
def test_a_prepared_reply_has_the_bytes_of_a_composed_one(
    steps: list[dict[str, Any]], requests: list[dict[str, Any]]
) -> None:
    template = reply_template(*steps)

    for attempt, fields in enumerate(requests):
        assert both_ways(template, INSTANT, DRAWS._replace(occurrence=attempt), CONTEXT, **fields)


@given(steps=any_replies, stream=st.booleans())
def test_reply_with_a_pace_is_scheduled(steps: list[dict[str, Any]], stream: bool) -> None:
    assert both_ways(reply_template(*steps), PACED, DRAWS, CONTEXT, stream=stream)


@pytest.mark.parametrize("stream", [False, True])
def test_a_prepared_reply_is_filled_in_for_each_request(stream: bool) -> None:
    template = reply_template({"text": "Hi."})
    messages = []
    for model, system in [("claude-haiku-4-5", ""), ("claude-opus-5", "Be brief.")]:
        scope = template_context(messages_request(model=model, system=system, stream=stream))
        rendered = render_response(template, INSTANT, scope, DRAWS, CONTEXT._replace(message_id=f"msg_{model}"))
        response = received(encode(rendered.response, http11=True))
        messages.append(message_of(response.events) if stream else response.json)
    one, other = messages

    assert (one["model"], other["model"]) == ("claude-haiku-4-5-20251001", "claude-opus-5")
    assert (one["id"], other["id"]) == ("msg_claude-haiku-4-5", "msg_claude-opus-5")
    assert (one["usage"]["input_tokens"], other["usage"]["input_tokens"]) == (6, 9)
    assert one["content"] == other["content"]


@pytest.mark.parametrize("stream", [False, True])
def test_request_dependent_reply_is_composed_for_the_request(stream: bool) -> None:
    template = reply_template({"text": "${{ user }}"}, {"tool_use": {"name": "look", "input": {}}})

    assert both_ways(template, INSTANT, DRAWS, CONTEXT, stream=stream)
    assert both_ways(template, INSTANT, DRAWS, CONTEXT, stream=stream, messages=[{"role": "user", "content": "Bye"}])


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
def test_fixed_reply_is_truncated_by_the_request(fields: Any, content: Any, notes: tuple[str, ...]) -> None:
    rendered = render_response(
        reply_template({"text": "Hello there."}), INSTANT, template_context(messages_request(**fields)), DRAWS, CONTEXT
    )

    assert (rendered.content, rendered.notes) == (content, notes)


@pytest.mark.parametrize("fields", [{}, {"tools": [{"name": "look", "input_schema": {"type": "object"}}]}])
def test_fixed_tool_call_is_compared_with_the_tools(fields: Any) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "listen", "input": {}}
    rendered = render_response(
        reply_template({"block": call}), INSTANT, template_context(messages_request(**fields)), DRAWS, CONTEXT
    )

    assert rendered.notes == ("the tool 'listen' was not offered",)


def test_reply_as_written_is_not_truncated() -> None:
    scope = template_context(messages_request(max_tokens=1, messages=PREFILLED))
    rendered = render_response(
        reply_template({"text": "Hello there."}), INSTANT, scope, DRAWS, CONTEXT, ReplyContext(as_written=True)
    )

    assert (rendered.content, rendered.notes) == ([{"type": "text", "text": "Hello there."}], ())


@pytest.mark.parametrize("ending", [{"error": "overloaded_error"}, {"disconnect": "reset"}, {"pause": "forever"}])
def test_incomplete_reply_has_no_content(ending: dict[str, Any]) -> None:
    scope = template_context(messages_request(stream=True))

    assert render_response(reply_template({"text": "Hi"}, ending), INSTANT, scope, DRAWS, CONTEXT).content is None
    assert render_response(reply_template({"text": "Hi"}, {"pause": "1s"}), INSTANT, scope, DRAWS, CONTEXT).content


def test_message_has_optional_fields_and_cache_usage() -> None:
    reply_context = ReplyContext(InputUsage(1, 2, 3, 4), {"context_management": {"applied_edits": []}})
    rendered = render_response(
        reply_template({"text": "Hi"}), INSTANT, template_context(messages_request()), DRAWS, CONTEXT, reply_context
    )
    message = received(encode(rendered.response, http11=True)).json

    assert message["context_management"] == {"applied_edits": []}
    assert {key: message["usage"][key] for key in list(message["usage"])[:4]} == {
        "input_tokens": 1,
        "cache_creation_input_tokens": 5,
        "cache_read_input_tokens": 4,
        "cache_creation": {"ephemeral_5m_input_tokens": 2, "ephemeral_1h_input_tokens": 3},
    }
