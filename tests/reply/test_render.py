"""A reply is composed for its request, and sent as its pace says."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.reply.cache_usage import InputUsage
from mockclaude.reply.compose import ReplyContext
from mockclaude.reply.render import render_response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.scenario.format.file import Pace
from mockclaude.wire.encode import encode
from tests.reply.client import received
from tests.reply.making import (
    DRAWS,
    INSTANT,
    messages_request,
    reply_template,
    template_context,
)

PACED = Pace.model_validate({"ttft": "1s", "tokens_per_second": 100, "jitter": "20%"})
CONTEXT = ResponseContext("req_1", "msg_1", 1_787_150_451)

PREFILLED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
UNUSED = "tool_choice is any, but the reply uses no tool"


@pytest.mark.parametrize(
    ("fields", "content", "notes"),
    [
        ({}, [{"type": "text", "text": "Hello there."}], ()),
        ({"max_tokens": 1}, [{"type": "text", "text": "Hello "}], ("cut at max_tokens (1)",)),
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
