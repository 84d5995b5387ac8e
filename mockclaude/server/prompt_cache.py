"""What the prompt cache holds: prefixes of requests and their time to live, and the requests it can compare others to.

In: a key, a request body, the second it is answered in. Out: its usage, and why it missed the cache.
Knows nothing of headers and replies. An entry counts as soon as a request is answered; the API's begins with the first
event of its response. Isolation is by key, where the API's is by workspace.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.request import Body
from mockclaude.reply.cache import InputUsage, Use, minimum, prefixes, use, without_cache_control

MAX_ENTRIES = 100_000
"""Prefixes that are kept, and requests that are remembered; the one used longest ago is forgotten first."""

MAX_WRITTEN = 4
"""Prefixes that one request keeps, the longest ones: as many as the API takes. Without validation there may be more."""

SECONDS = {"5m": 300, "1h": 3600}
"""How long a prefix lives after its last use."""


class _Entry(NamedTuple):
    until: int
    seconds: int


class PromptCache:
    """The prompt cache of every key. It holds `max_entries` prefixes, and as many requests."""

    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max = max_entries
        self._entries: OrderedDict[tuple[str, bytes], _Entry] = OrderedDict()
        self._requests: OrderedDict[tuple[str, str], _Asked] = OrderedDict()

    def use(self, key: str, body: Body, now: int) -> InputUsage:
        """Return what `key` reads from the cache with this request and what it creates there, and keep that."""
        used = self._looked_up(key, body, now)
        for digest in used.renewed:
            self._renew((key, digest), now)
        for digest, ttl in used.written[-MAX_WRITTEN:]:
            self._keep((key, digest), SECONDS[ttl], now)
        return used.usage

    def peek(self, key: str, body: Body, now: int) -> InputUsage:
        """Return what `use` would, and keep nothing."""
        return self._looked_up(key, body, now).usage

    def _looked_up(self, key: str, body: Body, now: int) -> Use:
        found = prefixes(body)
        if not found:
            return Use(InputUsage(tokens.of_input(body)))
        return use(found, minimum(body["model"]), lambda digest: self._alive((key, digest), now))

    def _alive(self, name: tuple[str, bytes], now: int) -> bool:
        entry = self._entries.get(name)
        return entry is not None and now < entry.until

    def _renew(self, name: tuple[str, bytes], now: int) -> None:
        if self._alive(name, now):
            self._keep(name, self._entries[name].seconds, now)

    def _keep(self, name: tuple[str, bytes], seconds: int, now: int) -> None:
        self._entries.pop(name, None)
        self._entries[name] = _Entry(now + seconds, seconds)
        if len(self._entries) > self._max:
            self._entries.popitem(last=False)

    def remember(self, key: str, message_id: str, body: Body) -> None:
        """Note that `body` was answered with this message, if it asks for `diagnostics`; others are not kept."""
        if body.get("diagnostics") is None:
            return
        self._requests[key, message_id] = _asked(body)
        if len(self._requests) > self._max:
            self._requests.popitem(last=False)

    def diagnose(self, key: str, body: Body, previous_message_id: str | None) -> dict[str, Any] | None:
        """Return the `diagnostics` of a message: why its request shares less with an earlier one than it could.

        None where it shares all of it, and where no earlier one is named.
        """
        if previous_message_id is None:
            return None
        earlier = self._requests.get((key, previous_message_id))
        reason = {"type": "previous_message_not_found"} if earlier is None else _reason(earlier, _asked(body))
        return None if reason is None else {"cache_miss_reason": reason}


class _Asked(NamedTuple):
    """A request as diagnostics compare it: hashes of its parts, and the tokens of its tools and of each message."""

    model: str
    system: bytes
    tools: bytes
    settings: bytes
    messages: tuple[bytes, ...]
    tool_tokens: int
    system_tokens: int
    message_tokens: tuple[int, ...]


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
        tuple(_hashed([message["role"], _blocks(message["content"])]) for message in body["messages"]),
        spent["tools"],
        spent["system"],
        tuple(spent["messages", index] for index in range(len(body["messages"]))),
    )


def _blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _hashed(value: Any) -> bytes:
    data = orjson.dumps(value)
    if b'"cache_control"' in data:
        data = orjson.dumps(without_cache_control(value))
    return blake2b(data, digest_size=16).digest()


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
    for index, message in enumerate(earlier.messages):
        if asked.messages[index : index + 1] != (message,):
            return _changed("messages", sum(earlier.message_tokens[index:]))
    return None


def _changed(what: str, missed: int) -> dict[str, Any]:
    return {"type": f"{what}_changed", "cache_missed_input_tokens": missed}
