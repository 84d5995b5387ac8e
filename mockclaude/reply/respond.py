"""From the outline of a reply to the script that answers a request.

In: an outline, its pace, the conversation, the draws. Out: a `Script`.
Knows nothing of rules and sockets. There are two ways with the same result: a reply is composed and planned, or, where
its outline is fixed and takes no time, its bytes are made once and only the holes in them are filled for each request.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeAlias

import orjson

from mockclaude.api import models, tokens
from mockclaude.reply.compose import Reply, compose
from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope, plan
from mockclaude.reply.script import Script
from mockclaude.reply.stream import Beat, flow
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.fakes import DEFAULT_LOCALE, shared
from mockclaude.scenario.format import Pace
from mockclaude.scenario.rules import Outline
from mockclaude.scenario.templates import Scope

_MODEL, _ID = "\ue000model\ue000", "\ue000id\ue000"
_INPUT_TOKENS = 8_611_000_000_000_017
_COUNTED = {"input_tokens": _INPUT_TOKENS}
_HOLES = re.compile(f"{_MODEL}|{_ID}|{_INPUT_TOKENS}".encode())

Prepared: TypeAlias = tuple[bytes, ...]
"""A rendered reply, cut at its holes: the model, the message's id, then the input tokens wherever they are told."""


def respond(outline: Outline, pace: Pace, scope: Scope, draws: Draws, envelope: Envelope) -> Script:
    """Return the script of the reply. Raises `ApiError` 400 if a schema of the request has no instance."""
    conversation = scope.conversation
    prepared = _prepared(outline, conversation.stream) if outline.fixed and pace.instant else None
    if prepared is None:
        return plan(
            compose(outline, scope, draws, envelope.message_id), pace, draws, envelope, stream=conversation.stream
        )
    body = _filled(prepared, conversation, envelope.message_id)
    return envelope.whole_stream(body) if conversation.stream else envelope.message(body)


def _filled(prepared: Prepared, conversation: Conversation, message_id: str) -> bytes:
    count = b"%d" % tokens.of_input(conversation.body)
    before, between, *rest = prepared
    return b"".join((before, _model(conversation.model), between, message_id.encode(), count.join(rest)))


@lru_cache(maxsize=256)
def _model(name: str) -> bytes:
    return orjson.dumps(models.resolve(name))[1:-1]


@lru_cache(maxsize=1024)
def _prepared(outline: Outline, stream: bool) -> Prepared | None:
    """Return the bytes of the reply in the pieces between its holes; None if an incident is among them."""
    nobody = Scope(Conversation({"model": _MODEL, "messages": []}), dict, lambda: shared(DEFAULT_LOCALE))
    reply = compose(outline, nobody, Draws(0, ""), _ID)
    if not reply.is_plain or _HOLES.search(orjson.dumps(reply.message["content"])):
        return None
    usage = reply.message["usage"] if _input_is_written(outline) else {**reply.message["usage"], **_COUNTED}
    reply = reply._replace(message={**reply.message, "usage": usage})
    return tuple(_HOLES.split(_stream_bytes(reply) if stream else orjson.dumps(reply.message)))


def _input_is_written(outline: Outline) -> bool:
    written = [step.value.data["input_tokens"] for step in outline.steps if step.kind == "usage"]
    return written[-1:] not in ([], [None])


def _stream_bytes(reply: Reply) -> bytes:
    return b"".join(beat.data for beat in flow(reply, whole=True) if isinstance(beat, Beat))
