"""Hashes of the parts of a request, which show whether it is the recorded one.

Volatile parts, such as dates and ids, do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from mockclaude.scenario.format.recorded import PARTS, VARIES
from mockclaude.scenario.volatile import ESCAPES, remove_cache_control, without_volatile

_NO_SETTINGS = ("system", "tools", "messages", "stream", "metadata", "thread")
"""Fields of a body that do not count as settings."""


def digest_request(body: Mapping[str, Any], varies: Callable[[bytes], bool] = lambda _: False) -> str:
    """Return the parts of a request with their hashes; `-` for an absent part.

    Args:
        body: The body with all messages of its thread.
        varies: Returns whether the JSON of a part has text that differs in a replay. Such a part has no hash.
    """
    messages = [{**message, "content": remove_cache_control(message.get("content"))} for message in body["messages"]]
    parts = {
        "system": remove_cache_control(body.get("system")),
        "tools": remove_cache_control(body.get("tools")),
        "messages": messages,
        "settings": {name: body[name] for name in sorted(body) if name not in _NO_SETTINGS},
    }
    return " ".join(f"{part} {_digest(parts[part], varies) if parts[part] else '-'}" for part in PARTS)


def merge_digests(digests: Sequence[str]) -> str:
    """Return the parts of several requests with the hashes that they share."""
    words = zip(*map(str.split, digests), strict=True)
    return " ".join(each[0] if len(set(each)) == 1 else VARIES for each in words)


def keep_unknown(recorded: str, digests: str) -> str:
    """Return hashes, without those of the parts whose recorded hash is unknown."""
    words = zip(recorded.split(), digests.split(), strict=True)
    return " ".join(VARIES if old == VARIES else new for old, new in words)


def find_stale_parts(recorded: str, body: Mapping[str, Any]) -> list[str]:
    """List the parts of a request that differ from the recorded one."""
    then, now = recorded.split(), digest_request(body).split()
    parts = zip(now[::2], then[1::2], now[1::2], strict=True)
    return [part for part, old, new in parts if old not in (VARIES, new)]


def _digest(part: Any, varies: Callable[[bytes], bool]) -> str:
    text = orjson.dumps(part, option=orjson.OPT_SORT_KEYS)
    if varies(text):
        return VARIES
    for escape, character in ESCAPES:
        text = text.replace(escape, character)
    return blake2b(without_volatile(text), digest_size=4).hexdigest()
