"""The effects of a reply on the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockclaude.engine.request_context import RequestContext
from mockclaude.engine.state.limits import limit_headers, settled
from mockclaude.engine.state.prompt_cache import request_hashes
from mockclaude.engine.state.store import Address, Effect, RequestRemembered
from mockclaude.reply.response import RenderedReply


def headers_of_limit(context: RequestContext, usage: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the headers on what is left of the limit, if there is one, once a message with this `usage` counts."""
    return {} if context.permit is None else limit_headers(context.permit, usage)


def effects_of(context: RequestContext, reply: RenderedReply, message_id: str) -> tuple[Effect, ...]:
    """Return what a response changes at once: only one with status 200 counts under limits and goes into threads."""
    content = reply.content
    if reply.response.status != 200:
        return (*context.cache_effects, *context.released)
    counted = () if context.permit is None else (settled(context.permit, reply.usage),)
    if content is None:
        return (*context.cache_effects, *counted, *context.released)
    stored = () if context.thread is None else context.thread.stored(message_id, content)
    if not context.is_diagnosed:
        return (*context.cache_effects, *counted, *stored)
    request = context.request
    remembered = RequestRemembered(Address(request.api_headers.key, message_id), request_hashes(request.body))
    return (*context.cache_effects, *counted, *stored, remembered)


def effects_at_end(context: RequestContext, reply: RenderedReply) -> tuple[Effect, ...]:
    """Return what a response changes when it has ended: what its reply continues stays continued."""
    is_stored = reply.response.status == 200 and reply.content is not None
    ended = context.thread.ended() if context.thread is not None and is_stored else ()
    return (*ended, *context.at_end)
