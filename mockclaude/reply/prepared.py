"""Prepare the bytes of fixed replies without a pace, with holes that each request fills.

The holes are the model, the message's id and the input tokens. The result equals that of `render_response`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from mockclaude.api import events, tokens
from mockclaude.api.events import Event
from mockclaude.api.model_constants import find_constants
from mockclaude.api.request import MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.reply.compose import ReplyContext, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, RenderedReply, Run, json_data
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.stream import list_events
from mockclaude.scenario.format.pace import Pace
from mockclaude.scenario.rules import ReplyTemplate
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes
from mockclaude.scenario.template.templates import TemplateContext

# Private-use characters and a long number mark the holes in prepared bytes: JSON encoding leaves them unchanged, and a
# reply that contains one is not prepared.
_MODEL, _ID = "\ue000model\ue000", "\ue000id\ue000"
_INPUT_TOKENS = 8_611_000_000_000_017
_COUNTED = {"input_tokens": _INPUT_TOKENS}
_HOLES = re.compile(f"{_MODEL}|{_ID}|{_INPUT_TOKENS}".encode())

_PLAIN = frozenset({"model", "messages", "max_tokens", "stream", "system", "tools", "metadata"})
"""Fields that do not change a fixed reply which is short enough and calls no tool."""

_CHANGING_BETAS = GATES["binding"] | GATES["context_management"] | {"claude-code-20250219"}
"""Betas that add fields to a message."""


class _PreparedReply(NamedTuple):
    """A reply as bytes and as a value.

    Attributes:
        before: The bytes before the model.
        between: The bytes between the model and the message's id.
        after: The bytes after the id, cut at each occurrence of the input tokens.
        tokens: The output tokens of the content.
        message: The message, with marks in the holes.
        static: The events of the stream without a hole; none for a message.
        usage: The usage, without `input_tokens` if the request's are counted.
    """

    before: bytes
    between: bytes
    after: tuple[bytes, ...]
    tokens: int
    message: dict[str, Any]
    static: Sequence[Event | Data]
    usage: Mapping[str, Any]


def render_prepared(
    template: ReplyTemplate,
    pace: Pace,
    request: MessagesRequest,
    context: ResponseContext,
    chunk_size: int | None = None,
) -> RenderedReply | None:
    """Render a fixed reply; None if the reply must be composed for the request."""
    if not (template.fixed and pace.instant and _PLAIN.issuperset(request.body)):
        return None
    if not _CHANGING_BETAS.isdisjoint(request.api_headers.betas):
        return None
    model, messages = request.model_info, request.messages
    name = request.body["model"] if model is None else model.id
    prepared = _prepare(template, request.stream, chunk_size, name)
    if prepared is None or (messages and messages[-1]["role"] == "assistant"):
        return None
    before, between, after, size, *_ = prepared
    most, input_tokens, message_id = request.body.get("max_tokens"), request.input_tokens, context.message_id
    if (most is not None and size > most) or (model is not None and size > model.max_input_tokens - input_tokens):
        return None
    counted = (b"%d" % input_tokens).join(after)
    data = b"%b%b%b%b%b" % (before, orjson.dumps(name)[1:-1], between, message_id.encode(), counted)
    run = Run(data, partial(_take_apart, prepared, name, message_id, request))
    response = context.whole_stream(run) if request.stream else context.message(run)
    return RenderedReply(response, (), prepared.message["content"], prepared.usage)


def _take_apart(prepared: _PreparedReply, model: str, message_id: str, request: MessagesRequest) -> list[Event | Data]:
    """Build the events, or the message, of prepared bytes."""
    usage = prepared.message["usage"]
    if usage["input_tokens"] == _INPUT_TOKENS:
        usage = {**usage, "input_tokens": request.input_tokens}
    message = {**prepared.message, "model": model, "id": message_id, "usage": usage}
    if not request.stream:
        return [json_data(message)]
    start = events.message_start(message, first_tokens=1 if message["content"] else 0)
    return [start, *prepared.static, events.message_delta(message), events.MESSAGE_STOP]


@lru_cache(maxsize=1024)
def _prepare(template: ReplyTemplate, stream: bool, chunk_size: int | None, model: str) -> _PreparedReply | None:
    """Prepare the reply of a model; None if it has an incident or a tool call."""
    request = MessagesRequest({"model": _MODEL, "messages": []})
    request.constants = find_constants(model)
    scope = TemplateContext(request, dict, lambda: Fakes(DEFAULT_LOCALE))
    reply = compose(template, scope, Draws(0, ""), _ID, ReplyContext(as_written=True, chunk_size=chunk_size))
    content, usage = reply.message["content"], reply.message["usage"]
    calls = any(part["type"] == "tool_use" for part in content)
    if calls or not reply.is_plain or _HOLES.search(orjson.dumps(content)):
        return None
    if not _has_written_input(template):
        reply = reply._replace(message={**reply.message, "usage": {**usage, **_COUNTED}})
        usage = {key: count for key, count in usage.items() if key not in _COUNTED}
    all_events = list_events(reply) if stream else []
    encoded = b"".join([event.encoded for event in all_events]) if stream else orjson.dumps(reply.message)
    before, between, *after = _HOLES.split(encoded)
    count = sum([tokens.of_output(block, request.constants.weights) for block in content])
    return _PreparedReply(before, between, tuple(after), count, reply.message, all_events[1:-2], usage)


def _has_written_input(template: ReplyTemplate) -> bool:
    written = [step.value.data["input_tokens"] for step in template.steps if step.kind == "usage"]
    return written[-1:] not in ([], [None])
