"""The effects of a reply on the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.events import MadeFile
from mockclaude.engine.request_context import RequestContext
from mockclaude.engine.state.limits import limit_headers, settle_permit
from mockclaude.engine.state.prompt_cache import request_hashes
from mockclaude.engine.state.resources import Resource, ResourcePut
from mockclaude.engine.state.store import Address, Effect, RequestRemembered
from mockclaude.reply.response import RenderedReply


def build_limit_headers(context: RequestContext, usage: Mapping[str, Any]) -> Mapping[str, str]:
    """Build the rate limit headers after a message with this `usage`."""
    return {} if context.permit is None else limit_headers(context.permit, usage)


def list_effects(context: RequestContext, reply: RenderedReply, message_id: str) -> tuple[Effect, ...]:
    """List the immediate effects of a response.

    Only a response with status 200 is counted by limits and stored in threads.
    """
    content = reply.content
    if reply.response.status != 200:
        return (*context.cache_effects, *context.release_effects)
    counted = () if context.permit is None else (settle_permit(context.permit, reply.usage),)
    made = [_put_file(context, file) for file in reply.files]
    if content is None:
        return (*context.cache_effects, *counted, *made, *context.release_effects)
    stored = () if context.thread is None else context.thread.store_effects(message_id, content)
    if not context.is_diagnosed:
        return (*context.cache_effects, *counted, *made, *stored)
    request = context.request
    remembered = RequestRemembered(Address(request.api_headers.key, message_id), request_hashes(request))
    return (*context.cache_effects, *counted, *made, *stored, remembered)


def _put_file(context: RequestContext, file: MadeFile) -> ResourcePut:
    """Build the effect that stores a file of a tool, which the client can download."""
    from mockclaude.api.media_types import find_media_type

    now_us, data = context.http.now_us, file.data
    facts = {
        "filename": file.name,
        "mime_type": find_media_type(file.name, data),
        "created_us": now_us,
        "expires_us": None,
        "downloadable": True,
    }
    return ResourcePut(Resource("file", context.http.head.lane, file.id, now_us, orjson.dumps(facts), data, len(data)))


def list_end_effects(context: RequestContext, reply: RenderedReply) -> tuple[Effect, ...]:
    """List the effects of the end of a response."""
    is_stored = reply.response.status == 200 and reply.content is not None
    ended = context.thread.end_effects() if context.thread is not None and is_stored else ()
    return (*ended, *context.at_end)
