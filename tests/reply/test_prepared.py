"""A prepared reply equals the reply that is composed for the request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from mockclaude.api import models
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.cache_usage import CacheUsage, InputUsage
from mockclaude.reply.compose import ReplyContext
from mockclaude.reply.draws import Draws
from mockclaude.reply.prepared import render_prepared
from mockclaude.reply.render import render_response
from mockclaude.reply.response import RenderedReply
from mockclaude.reply.response_context import ResponseContext
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.templates import FillError
from mockclaude.wire.encode import encode
from tests.api.bodies import texts
from tests.reply.client import message_of, received, same
from tests.reply.making import DRAWS, INSTANT, plain_replies, reply_template, template_context

CONTEXT = ResponseContext("req_1", "msg_1", 1_787_150_451)
INPUT_TOKENS = 8_611_000_000_000_017  # what stands for the input tokens in a prepared reply
BOTH = [{"stream": True}, {"stream": False}]

placeholders = st.sampled_from(
    ["user", "system", "turn", "tool_result", "match.city", "fake.name", "request.max_tokens", "request.metadata"]
).map(lambda name: f"${{{{ {name} }}}}")
templates = st.lists(placeholders | texts, min_size=1, max_size=4).map("".join)
text_steps = templates.map(lambda text: {"text": text})
counts = st.integers(0, 99)
usage_steps = st.fixed_dictionaries(
    {}, optional={"input_tokens": counts, "cache_read_input_tokens": counts, "output_tokens": counts}
).map(lambda usage: {"usage": usage})
steps_of_text = st.lists(text_steps | plain_replies.map(lambda steps: steps[0]) | usage_steps, min_size=1, max_size=5)

questions = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["claude-haiku-4-5", 'quoted "name"', "модель"]) | st.text(min_size=1),
        "stream": st.booleans(),
        "system": st.text(),
        "max_tokens": st.sampled_from([9, 1024, 100_000]),
        "messages": st.lists(texts.map(lambda text: {"role": "user", "content": text}), min_size=1, max_size=2),
    },
    optional={
        "temperature": st.just(1),
        "thinking": st.sampled_from([{"type": "enabled"}, {"type": "disabled"}, None]),
        "metadata": st.dictionaries(texts, texts, max_size=2),
    },
)
usages = st.none() | st.builds(InputUsage, *[st.integers(0, 99)] * 4)


def ask(**fields: Any) -> MessagesRequest:
    body = {"model": "claude-opus-5", "max_tokens": 1024, "messages": [{"role": "user", "content": "Hello"}], **fields}
    return MessagesRequest(body, model_info=models.find(body["model"]))


def prepare(
    template: ReplyTemplate,
    request: MessagesRequest,
    usage: InputUsage | None = None,
    size: int | None = None,
    context: ResponseContext = CONTEXT,
    pace: Pace = INSTANT,
) -> RenderedReply | None:
    cached = usage and CacheUsage(usage)
    return render_prepared(template, pace, request, context, lambda: template_context(request), cached, size)


def composed(
    template: ReplyTemplate, request: MessagesRequest, usage: InputUsage | None, size: int | None, draws: Draws
) -> RenderedReply:
    fields = ReplyContext(usage, chunk_size=size)
    return render_response(template, INSTANT, template_context(request), draws, CONTEXT, fields)


def check_usage(usage: dict[str, Any], whole: dict[str, Any], counted: InputUsage) -> None:
    """Check that limits count the same: without `input_tokens`, what was counted in the request applies."""
    assert usage.items() <= whole.items()
    if "input_tokens" not in usage:
        created = whole["cache_creation_input_tokens"]
        assert (whole["input_tokens"], whole["cache_read_input_tokens"]) == (counted.input_tokens, counted.read)
        assert created == counted.created_5m + counted.created_1h


@given(
    steps=plain_replies | steps_of_text,
    requests=st.lists(questions, min_size=2, max_size=4),
    usage=usages,
    size=st.none() | st.integers(1, 9),
)
@example(steps=[{"usage": {"input_tokens": 5}}], requests=BOTH, usage=None, size=None)
@example(steps=[{"usage": {"input_tokens": 5}}, {"usage": {"output_tokens": 5}}], requests=BOTH, usage=None, size=None)
@example(steps=[{"text": "\ue000id\ue000"}], requests=BOTH, usage=None, size=None)
@example(steps=[{"text": "\ue000id\ue000 ${{ user }}"}], requests=BOTH, usage=None, size=None)
@example(steps=[{"json": INPUT_TOKENS}], requests=BOTH, usage=None, size=None)
@example(steps=[{"usage": {"output_tokens": INPUT_TOKENS}}], requests=BOTH, usage=None, size=None)
@example(
    steps=[{"text": "${{ user }}"}, {"text": "100% ${{ user }}"}], requests=BOTH, usage=InputUsage(1, 2, 3, 4), size=2
)
@example(steps=[{"block": {"type": "b", "text": [1]}}, {"text": "${{ turn }}"}], requests=BOTH, usage=None, size=None)
def test_a_prepared_reply_equals_the_composed_one(
    steps: list[dict[str, Any]], requests: list[dict[str, Any]], usage: InputUsage | None, size: int | None
) -> None:
    template = reply_template(*steps)

    for attempt, fields in enumerate(requests):
        request = ask(**fields)
        prepared = prepare(template, request, usage, size)
        event("prepared" if prepared else "composed")
        if prepared is not None:
            whole = composed(template, request, usage, size, DRAWS._replace(occurrence=attempt))
            assert same(prepared.response, whole.response)
            assert (prepared.notes, prepared.content) == (whole.notes, whole.content)
            check_usage({**prepared.usage}, {**whole.usage}, usage or InputUsage(request.input_tokens))


TEMPLATE = reply_template({"text": "You said ${{ user }}."})
FIXED = reply_template({"text": "Hello."})
WRITTEN = reply_template({"text": "${{ user }}"}, {"usage": {"input_tokens": 5, "cache_read_input_tokens": 6}})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("template", [TEMPLATE, FIXED])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "temperature": 1},
        {"tools": [{"name": "look", "input_schema": {"type": "object"}}]},
    ],
)
def test_a_reply_of_text_is_prepared(template: ReplyTemplate, fields: dict[str, Any], stream: bool) -> None:
    assert prepare(template, ask(stream=stream, **fields))
    assert prepare(template, ask(stream=stream, **fields), InputUsage(1, 2, 3, 4))


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": 1},
        {"stop_sequences": ["a"]},
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "enabled", "block_binding": "strict"}},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "You"}]},
    ],
)
def test_a_reply_that_the_request_changes_is_not_prepared(fields: dict[str, Any]) -> None:
    assert prepare(TEMPLATE, ask(**fields)) is None


@pytest.mark.parametrize(
    "steps",
    [
        [{"tool_use": {"name": "look", "input": {"at": "${{ user }}"}}}],
        [{"json": {"user": "${{ user }}"}}],
        [{"text": {"chunks": ["${{ user }}"]}}],
        [{"text": {"text": "Hi", "citations": [{"type": "char_location", "cited_text": "${{ user }}"}]}}],
        [{"text": "${{ user }}"}, {"pause": "1s"}],
        [{"text": "${{ user }}"}, {"usage": {"cache_read_input_tokens": 5}}],
    ],
)
def test_other_replies_are_not_prepared(steps: list[dict[str, Any]]) -> None:
    assert prepare(reply_template(*steps), ask()) is None


def test_citations_are_not_prepared_for_a_request_with_documents() -> None:
    cited = reply_template({"text": {"text": "Hi", "citations": [{"type": "char_location", "cited_text": "H"}]}})
    document = {"type": "document", "source": {"type": "file", "file_id": "file_a"}}

    assert prepare(cited, ask())
    assert prepare(cited, ask(messages=[{"role": "user", "content": [document]}])) is None


def test_written_input_tokens_are_prepared_without_a_prompt_cache() -> None:
    assert prepare(WRITTEN, ask())
    assert prepare(WRITTEN, ask(), InputUsage(1, 2, 3, 4)) is None


def test_a_reply_with_a_pace_is_not_prepared() -> None:
    assert prepare(FIXED, ask(), pace=Pace.model_validate({"ttft": "1s"})) is None


def test_a_value_that_does_not_fit_is_an_error() -> None:
    nested: list[Any] = []
    for _ in range(250):
        nested = [nested]

    with pytest.raises(FillError, match="does not fit in a reply"):
        prepare(reply_template({"text": "${{ request.metadata }}"}), ask(metadata=nested))


@pytest.mark.parametrize("stream", [False, True])
def test_a_prepared_reply_is_filled_in_for_each_request(stream: bool) -> None:
    template = reply_template({"text": "Hi."})
    messages = []
    for model, system in [("claude-haiku-4-5", ""), ("claude-opus-5", "Be brief.")]:
        request = ask(model=model, system=system, stream=stream)
        rendered = prepare(template, request, context=CONTEXT._replace(message_id=f"msg_{model}"))
        assert rendered
        response = received(encode(rendered.response, http11=True))
        messages.append(message_of(response.events) if stream else response.json)
    one, other = messages

    assert (one["model"], other["model"]) == ("claude-haiku-4-5-20251001", "claude-opus-5")
    assert (one["id"], other["id"]) == ("msg_claude-haiku-4-5", "msg_claude-opus-5")
    assert (one["usage"]["input_tokens"], other["usage"]["input_tokens"]) == (8, 13)
    assert one["content"] == other["content"]
