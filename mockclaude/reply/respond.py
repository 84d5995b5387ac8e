"""From the outline of a reply to the script that answers a request.

In: an outline, its pace, the conversation, the draws. Out: a `Script`.
Knows nothing of rules and sockets. There are two ways with the same result: a reply is composed and planned, or, where
its outline is fixed and takes no time, its bytes are made once and only the holes in them are filled for each request.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.events import Block
from mockclaude.api.memo import remember
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.compose import PLAIN, Asking, Reply, compose, room
from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope, plan
from mockclaude.reply.script import Script
from mockclaude.reply.stream import Beat, flow
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.rules import Outline
from mockclaude.scenario.template.fakes import DEFAULT_LOCALE, Fakes
from mockclaude.scenario.template.templates import Scope

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


class Responded(NamedTuple):
    """A script, notes on where the reply gave way to the request, and the content sent; None if it never got there.

    `usage` is that of the message, in which `input_tokens` may be missing where nothing says other than is counted.
    """

    script: Script
    notes: tuple[str, ...]
    content: list[Block] | None
    usage: Mapping[str, Any]


def respond(
    outline: Outline, pace: Pace, scope: Scope, draws: Draws, envelope: Envelope, asking: Asking = PLAIN
) -> Responded:
    """Return the script of the reply. Raises `FillError` if the values of placeholders do not fit in."""
    conversation = scope.request
    body = conversation.body
    if outline.fixed and pace.instant and asking is PLAIN and _PLAIN.issuperset(body):
        prepared = _prepared(outline, conversation.stream)
        if prepared and _fits(prepared.tokens, conversation) and not conversation.prefill:
            data = _filled(prepared.pieces, conversation, envelope.message_id)
            script = envelope.whole_stream(data) if conversation.stream else envelope.message(data)
            return Responded(script, (), prepared.content, prepared.usage)
    reply = compose(outline, scope, draws, envelope.message_id, asking)
    return responded(reply, plan(reply, pace, draws, envelope, stream=conversation.stream))


def responded(reply: Reply, script: Script) -> Responded:
    """Return the response that sends `reply` with `script`."""
    content = reply.message["content"] if reply.arrives else None
    return Responded(script, reply.notes, content, reply.message["usage"])


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
def _prepared(outline: Outline, stream: bool) -> Prepared | None:
    """Return the bytes of the reply in the pieces between its holes; None if an incident or a call is among them."""
    nobody = Scope(MessagesRequest({"model": _MODEL, "messages": []}), dict, lambda: Fakes(DEFAULT_LOCALE))
    reply = compose(outline, nobody, Draws(0, ""), _ID, Asking(as_written=True))
    calls = any(part["type"] == "tool_use" for part in reply.message["content"])
    if calls or not reply.is_plain or _HOLES.search(orjson.dumps(reply.message["content"])):
        return None
    usage, content = reply.message["usage"], reply.message["content"]
    if not _input_is_written(outline):
        reply = reply._replace(message={**reply.message, "usage": {**usage, **_COUNTED}})
        usage = {key: count for key, count in usage.items() if key not in _COUNTED}
    pieces = tuple(_HOLES.split(_stream_bytes(reply) if stream else orjson.dumps(reply.message)))
    return Prepared(pieces, sum(map(tokens.of_output, content)), content, usage)


def _input_is_written(outline: Outline) -> bool:
    written = [step.value.data["input_tokens"] for step in outline.steps if step.kind == "usage"]
    return written[-1:] not in ([], [None])


def _stream_bytes(reply: Reply) -> bytes:
    return b"".join(beat.data for beat in flow(reply, whole=True) if isinstance(beat, Beat))
