"""Pair the ids in two recordings of one reply, since later requests refer to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.recorded_reply import RecordedReply

_TOKEN = compile_lazily(rb"[0-9A-Za-z_-]{6,}")


def pair_ids(old: RecordedReply, new: RecordedReply) -> dict[str, str]:
    """Return the id in the new message for each one in the old message."""
    if not old.assembled or not new.assembled:
        return {}
    messages = (old.assembled.message, new.assembled.message)
    pairs = zip(_list_ids(messages[0]), _list_ids(messages[1]), strict=False)
    return {first[1]: second[1] for first, second in pairs if first[0] == second[0] and first[1] != second[1]}


def _list_ids(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the type and the id of a message and of its tool calls."""
    for item in (message, *message["content"]):
        if isinstance(item.get("id"), str):
            yield str(item.get("type")), item["id"]


def replace_ids(data: bytes, ids: Mapping[str, str]) -> bytes:
    """Replace ids in JSON or YAML."""
    encoded = {old.encode(): new.encode() for old, new in ids.items()}
    return _TOKEN.sub(lambda match: encoded.get(match[0], match[0]), data) if ids else data
