"""Request bodies: their types, and the conversations of message threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

Body: TypeAlias = dict[str, Any]
"""A request body: JSON data of a checked shape."""

Path: TypeAlias = tuple[str | int, ...]

FROM_CREATE = ("system", "tools")
"""Fields that a continuing request may omit: the request that created the thread supplies them."""

THREAD_FINGERPRINT = (*FROM_CREATE, "output_config")
"""Fields that no request of a thread may change (reported for `output_config`; the SDKs allow all other changes)."""

_HOLD_BLOCKS = ("content", "source")
_MAY_BE_CONTROLLED = frozenset({"cache_control", *_HOLD_BLOCKS})


def remove_cache_control(value: Any) -> Any:
    """Remove `cache_control` from blocks, messages or tools, in a copy.

    Data that is not part of the prompt's structure, such as the input of a tool call, keeps the key.
    """
    if isinstance(value, list):
        return [remove_cache_control(item) for item in value]
    if not isinstance(value, dict) or _MAY_BE_CONTROLLED.isdisjoint(value):
        return value
    return {
        key: remove_cache_control(item) if key in _HOLD_BLOCKS else item
        for key, item in value.items()
        if key != "cache_control"
    }


def build_conversation(whole: Body, content: Sequence[Body]) -> Body:
    """Return the fields to store of a request and its reply.

    `cache_control` applies to one request only.
    """
    messages = [*whole["messages"], {"role": "assistant", "content": list(content)}] if content else whole["messages"]
    kept = {field: whole[field] for field in THREAD_FINGERPRINT if whole.get(field) is not None}
    return {field: remove_cache_control(value) for field, value in {**kept, "messages": messages}.items()}


def continue_conversation(stored: Body, body: Body) -> Body:
    """Return a body with all messages of its conversation.

    The conversation also supplies the fields that the body omits.
    """
    inherited = {field: stored[field] for field in FROM_CREATE if field in stored and body.get(field) is None}
    return {**body, **inherited, "messages": stored["messages"] + body["messages"]}
