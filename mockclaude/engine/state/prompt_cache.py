"""What the prompt cache holds: prefixes of requests and their time to live, and the requests it can compare others to.

In: a key, a request body, the second it is answered in. Out: its usage, and why it missed the cache.
Knows nothing of headers and replies. An entry counts as soon as a request is answered; the API's begins with the first
event of its response. Isolation is by key, where the API's is by workspace.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.body import Body
from mockclaude.engine.state.bounded import Owned
from mockclaude.reply.cache_usage import InputUsage, Use, minimum, prefixes, use, without_cache_control

KEY_ENTRIES = 20_000
"""Prefixes that an API key keeps, and requests that are remembered of it; the one used longest ago is dropped first."""

MAX_ENTRIES = 100_000
"""Prefixes of all API keys; those of the key used longest ago are dropped first."""

KEY_DIAGNOSTICS = 16 * 1024 * 1024
"""Bytes of the requests of an API key that are remembered for `diagnostics`; the oldest is dropped first."""

MAX_DIAGNOSTICS = 4 * KEY_DIAGNOSTICS
"""Bytes of the requests of all API keys; those of the key used longest ago are dropped first."""

SECONDS = {"5m": 300, "1h": 3600}
"""How long a prefix lives after its last use."""


class _Entry(NamedTuple):
    until: int
    seconds: int


class PromptCache:
    """The prompt cache of every API key: `max_entries` prefixes of each, and as many requests.

    The requests take `max_diagnostics` bytes. `drop` is called with a note for everything that is dropped.
    """

    def __init__(
        self,
        drop: Callable[[str], None] = lambda _: None,
        *,
        max_entries: int = KEY_ENTRIES,
        max_diagnostics: int = KEY_DIAGNOSTICS,
    ) -> None:
        share = max_entries, max_entries
        self._entries: Owned[bytes, _Entry] = Owned("cached prefixes", share, MAX_ENTRIES, drop)
        requests = max_entries, max_diagnostics
        self._requests: Owned[str, _Asked] = Owned("requests for diagnostics", requests, MAX_DIAGNOSTICS, drop)

    def use(self, key: str, body: Body, now: int) -> InputUsage:
        """Return what `key` reads from the cache with this request and what it creates there, and keep that."""
        used = self._looked_up(key, body, now)
        for digest in used.renewed:
            self._renew(key, digest, now)
        for digest, ttl in used.written:
            self._keep(key, digest, SECONDS[ttl], now)
        return used.usage

    def peek(self, key: str, body: Body, now: int) -> InputUsage:
        """Return what `use` would, and keep nothing."""
        return self._looked_up(key, body, now).usage

    def _looked_up(self, key: str, body: Body, now: int) -> Use:
        found = prefixes(body)
        if not found:
            return Use(InputUsage(tokens.of_input(body)))
        return use(found, minimum(body["model"]), lambda digest: self._alive(key, digest, now) is not None)

    def _alive(self, key: str, digest: bytes, now: int) -> _Entry | None:
        entry = self._entries.get(key, digest)
        return entry if entry is not None and now < entry.until else None

    def _renew(self, key: str, digest: bytes, now: int) -> None:
        if entry := self._alive(key, digest, now):
            self._keep(key, digest, entry.seconds, now)

    def _keep(self, key: str, digest: bytes, seconds: int, now: int) -> None:
        self._entries.put(key, digest, _Entry(now + seconds, seconds))

    def remember(self, key: str, message_id: str, body: Body) -> None:
        """Note that `body` was answered with this message, if it asks for `diagnostics`; others are not kept."""
        if body.get("diagnostics") is None:
            return
        asked = _asked(body)
        self._requests.put(key, message_id, asked, asked.size)

    def diagnose(self, key: str, body: Body, previous_message_id: str | None) -> dict[str, Any] | None:
        """Return the `diagnostics` of a message: why its request shares less with an earlier one than it could.

        None where it shares all of it, and where no earlier one is named.
        """
        if previous_message_id is None:
            return None
        earlier = self._requests.get(key, previous_message_id)
        reason = {"type": "previous_message_not_found"} if earlier is None else _reason(earlier, _asked(body))
        return None if reason is None else {"cache_miss_reason": reason}


class _Asked(NamedTuple):
    """A request as diagnostics compare it: hashes of its parts, and the tokens of its tools and of each message.

    `messages` are the hashes of all of them, one after the other.
    """

    model: str
    system: bytes
    tools: bytes
    settings: bytes
    messages: bytes
    tool_tokens: int
    system_tokens: int
    message_tokens: array[int]

    @property
    def size(self) -> int:
        """Bytes of memory that it takes."""
        return _OVERHEAD + len(self.messages) + self.message_tokens.itemsize * len(self.message_tokens)


_HASH = 16
_OVERHEAD = 1_024
"""What a request takes besides its messages, with its place among the others."""

_SETTINGS = ("tool_choice", "thinking", "context_management", "output_config", "output_format")
"""What else of a request goes into its prompt."""


def _asked(body: Body) -> _Asked:
    spent: Counter[Any] = Counter()
    for segment in tokens.segments(body):
        spent[segment.path[:2] if segment.path[0] == "messages" else segment.path[0]] += segment.tokens
    return _Asked(
        f"{models.resolve(body['model'])} {body.get('speed') or 'standard'}",
        _hashed(_blocks(body.get("system"))),
        _hashed(body.get("tools") or []),
        _hashed([body.get(field) for field in _SETTINGS]),
        b"".join([_hashed([message["role"], _blocks(message["content"])]) for message in body["messages"]]),
        spent["tools"],
        spent["system"],
        array("Q", [spent["messages", index] for index in range(len(body["messages"]))]),
    )


def _blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _hashed(value: Any) -> bytes:
    data = orjson.dumps(value)
    if b'"cache_control"' in data:
        data = orjson.dumps(without_cache_control(value))
    return blake2b(data, digest_size=_HASH).digest()


def _reason(earlier: _Asked, asked: _Asked) -> dict[str, Any] | None:
    """Return what differs first, and the tokens of the earlier request from there on."""
    missed = sum(earlier.message_tokens) + earlier.system_tokens
    if earlier.model != asked.model:
        return _changed("model", missed + earlier.tool_tokens)
    if earlier.system != asked.system:
        return _changed("system", missed)
    if earlier.tools != asked.tools:
        return _changed("tools", missed + earlier.tool_tokens)
    if earlier.settings != asked.settings:
        return {"type": "unavailable"}
    return _messages_reason(earlier, asked)


def _messages_reason(earlier: _Asked, asked: _Asked) -> dict[str, Any] | None:
    for index in range(len(earlier.message_tokens)):
        place = slice(index * _HASH, (index + 1) * _HASH)
        if asked.messages[place] != earlier.messages[place]:
            return _changed("messages", sum(earlier.message_tokens[index:]))
    return None


def _changed(what: str, missed: int) -> dict[str, Any]:
    return {"type": f"{what}_changed", "cache_missed_input_tokens": missed}
