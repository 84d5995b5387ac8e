"""Render a reply template as the response to one request.

There are two ways with the same result: a reply is composed and scheduled, or, where its template is fixed and takes no
time, its bytes are made once and only the holes in them are filled for each request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.events import Block, Event
from mockclaude.api.memo import remember
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.compose import PLAIN, Asking, Reply, compose, room
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, Response, Run, json_data
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.reply.stream import CountedPiece, stream_events
from mockclaude.scenario.format.file import Pace
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
"""Fields that leave a fixed reply as it is, if it is short enough and calls no tool."""


class Prepared(NamedTuple):
    """A rendered reply, cut at its holes: the model, the message's id, then the input tokens wherever they are told."""

    pieces: tuple[bytes, ...]
    tokens: int
    content: list[Block]
    usage: Mapping[str, Any]


class RenderedReply(NamedTuple):
    """A response, notes on where the reply gave way to the request, and the content sent; None if it never got there.

    `usage` is that of the message, in which `input_tokens` may be missing where nothing says other than is counted.
    """

    response: Response
    notes: tuple[str, ...]
    content: list[Block] | None
    usage: Mapping[str, Any]


def render_response(
    template: ReplyTemplate,
    pace: Pace,
    scope: TemplateContext,
    draws: Draws,
    context: ResponseContext,
    reply_context: Asking = PLAIN,
) -> RenderedReply:
    """Return the response with the reply. Raises `FillError` if the values of placeholders do not fit in."""
    conversation = scope.request
    body = conversation.body
    if template.fixed and pace.instant and reply_context is PLAIN and _PLAIN.issuperset(body):
        prepared = _prepared(template, conversation.stream)
        if prepared and _fits(prepared.tokens, conversation) and not conversation.prefill:
            data = _filled(prepared.pieces, conversation, context.message_id)
            run = Run(data, partial(_pieces, template, scope, draws, context.message_id))
            response = context.whole_stream(run) if conversation.stream else context.message(run)
            return RenderedReply(response, (), prepared.content, prepared.usage)
    reply = compose(template, scope, draws, context.message_id, reply_context)
    return rendered(reply, schedule_reply(reply, pace, draws, context, stream=conversation.stream))


def rendered(reply: Reply, response: Response) -> RenderedReply:
    """Return `response`, which sends `reply`."""
    content = reply.message["content"] if reply.arrives else None
    return RenderedReply(response, reply.notes, content, reply.message["usage"])


def _pieces(template: ReplyTemplate, scope: TemplateContext, draws: Draws, message_id: str) -> list[Event | Data]:
    """Return what prepared bytes consist of."""
    reply = compose(template, scope, draws, message_id)
    return _events(reply) if scope.request.stream else [json_data(reply.message)]


def _fits(count: int, conversation: MessagesRequest) -> bool:
    """Return whether a reply of so many tokens need not be cut."""
    return count <= conversation.body.get("max_tokens", count) and count <= room(conversation)


def _filled(pieces: tuple[bytes, ...], conversation: MessagesRequest, message_id: str) -> bytes:
    count = b"%d" % conversation.input_tokens
    before, between, *rest = pieces
    return b"".join((before, _model(conversation.model), between, message_id.encode(), count.join(rest)))


@remember(256, 200)
def _model(name: str) -> bytes:
    return orjson.dumps(models.resolve(name))[1:-1]


@lru_cache(maxsize=1024)
def _prepared(template: ReplyTemplate, stream: bool) -> Prepared | None:
    """Return the bytes of the reply in the pieces between its holes; None if an incident or a call is among them."""
    nobody = TemplateContext(MessagesRequest({"model": _MODEL, "messages": []}), dict, lambda: Fakes(DEFAULT_LOCALE))
    reply = compose(template, nobody, Draws(0, ""), _ID, Asking(as_written=True))
    calls = any(part["type"] == "tool_use" for part in reply.message["content"])
    if calls or not reply.is_plain or _HOLES.search(orjson.dumps(reply.message["content"])):
        return None
    usage, content = reply.message["usage"], reply.message["content"]
    if not _input_is_written(template):
        reply = reply._replace(message={**reply.message, "usage": {**usage, **_COUNTED}})
        usage = {key: count for key, count in usage.items() if key not in _COUNTED}
    pieces = tuple(_HOLES.split(_stream_bytes(reply) if stream else orjson.dumps(reply.message)))
    return Prepared(pieces, sum(map(tokens.of_output, content)), content, usage)


def _input_is_written(template: ReplyTemplate) -> bool:
    written = [step.value.data["input_tokens"] for step in template.steps if step.kind == "usage"]
    return written[-1:] not in ([], [None])


def _stream_bytes(reply: Reply) -> bytes:
    return b"".join([event.encoded for event in _events(reply)])


def _events(reply: Reply) -> list[Event | Data]:
    pieces = [part.piece for part in stream_events(reply, whole=True) if isinstance(part, CountedPiece)]
    return [part for piece in pieces for part in (piece.take_apart() if isinstance(piece, Run) else (piece,))]
