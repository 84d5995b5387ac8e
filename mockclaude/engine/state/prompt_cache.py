"""The prompt cache: prefixes of requests with their time to live, and the requests that `diagnostics` compares.

Differences from the API: an entry starts at the decision instead of the first event of the response, and isolation is
by API key instead of workspace.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.body import remove_cache_control
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.state.bounded import OwnerMap
from mockclaude.engine.state.store import Address, CacheUsed, RequestHashes, RequestRemembered, Store
from mockclaude.reply.cache_usage import (
    CacheUsage,
    InputUsage,
    compute_usage,
    find_minimum,
    hash_prefixes,
    select_lookups,
)

KEY_ENTRIES = 20_000
"""The maximum number of prefixes, and of requests for `diagnostics`, of an API key. The oldest is dropped first."""

MAX_ENTRIES = 100_000
"""The maximum number of prefixes of all API keys. Those of the key used longest ago are dropped first."""

KEY_DIAGNOSTICS = 16 * 1024 * 1024
"""The maximum size of an API key's requests for `diagnostics`, in bytes. The oldest is dropped first."""

MAX_DIAGNOSTICS = 4 * KEY_DIAGNOSTICS
"""The maximum size of all requests for `diagnostics`, in bytes. Those of the key used longest ago are dropped first."""

SECONDS = {"5m": 300, "1h": 3600}
"""Seconds that a prefix lives after its last use, by the request's `ttl`."""


class _Entry(NamedTuple):
    until: int
    seconds: int


class PromptCache:
    """The prompt cache of every API key, with the requests for `diagnostics`.

    Args:
        drop: Called with a note on dropped prefixes and requests.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        share = KEY_ENTRIES, KEY_ENTRIES
        self._entries: OwnerMap[bytes, _Entry] = OwnerMap("cached prefixes", share, MAX_ENTRIES, drop)
        requests = KEY_ENTRIES, KEY_DIAGNOSTICS
        self._requests: OwnerMap[str, RequestHashes] = OwnerMap(
            "requests for diagnostics", requests, MAX_DIAGNOSTICS, drop
        )

    def find_live_prefixes(self, key: str, digests: Iterable[bytes], now: int) -> frozenset[bytes]:
        """Return the prefixes that the cache holds."""
        entries = self._entries.owned_by(key)
        if entries is None:
            return frozenset()
        return frozenset([digest for digest in digests if (entry := entries.get(digest)) and now < entry.until])

    def use(self, effect: CacheUsed) -> None:
        """Renew live prefixes and write others."""
        key, renewed, written, now = effect
        for digest in renewed:
            if entry := self._find_live(key, digest, now):
                self._keep(key, digest, entry.seconds, now)
        for digest, ttl in written:
            self._keep(key, digest, SECONDS[ttl], now)

    def earlier_request(self, address: Address) -> RequestHashes | None:
        """Return the request with this reply."""
        return self._requests.get(*address)

    def remember(self, effect: RequestRemembered) -> None:
        """Keep a request by the id of its reply."""
        self._requests.put(*effect.address, effect.hashes, _size(effect.hashes))

    def fork(self, drop: Callable[[str], None]) -> PromptCache:
        """Return an independent copy."""
        fork = PromptCache(drop)
        fork._entries, fork._requests = self._entries.fork(drop), self._requests.fork(drop)
        return fork

    def _find_live(self, key: str, digest: bytes, now: int) -> _Entry | None:
        entry = self._entries.get(key, digest)
        return entry if entry is not None and now < entry.until else None

    def _keep(self, key: str, digest: bytes, seconds: int, now: int) -> None:
        entry, until = self._entries.get(key, digest), now + seconds
        if entry is None or entry.until <= until:  # a live reply may commit after a later request has renewed
            self._entries.put(key, digest, _Entry(until, seconds))


def look_up(store: Store, request: MessagesRequest, now: int) -> CacheUsage:
    """Look up a request; return the prefixes that it reads, renews and writes."""
    minimum = find_minimum(request.model)
    prefixes = hash_prefixes(request) if request.input_tokens >= minimum else ()
    if not prefixes:
        return CacheUsage(InputUsage(request.input_tokens))
    alive = store.find_live_prefixes(request.api_headers.key, select_lookups(prefixes), now)
    return compute_usage(prefixes, request.input_tokens, minimum, alive.__contains__)


def diagnose(store: Store, request: MessagesRequest, hashes: RequestHashes) -> dict[str, Any] | None:
    """Return the `diagnostics` of a message: the reason for a cache miss.

    None if the request shares the whole earlier request, or names no earlier one.
    """
    previous = request.body["diagnostics"].get("previous_message_id")
    if not isinstance(previous, str):  # the mode `off` accepts anything
        return None
    earlier = store.earlier_request(Address(request.api_headers.key, previous))
    reason = {"type": "previous_message_not_found"} if earlier is None else _reason(earlier, hashes)
    return None if reason is None else {"cache_miss_reason": reason}


def _size(hashes: RequestHashes) -> int:
    """Return the bytes of memory that `hashes` take."""
    return _OVERHEAD + len(hashes.messages) + hashes.message_tokens.itemsize * len(hashes.message_tokens)


_HASH = 16
_OVERHEAD = 1_024
"""Bytes of memory of a request without its messages."""

_SETTINGS = ("tool_choice", "thinking", "context_management", "output_config", "output_format")
"""Other fields of a request that change its prompt."""


def request_hashes(request: MessagesRequest) -> RequestHashes:
    """Hash the parts of a request that `diagnostics` compares."""
    body, messages = request.body, request.messages if request.prompt is None else request.prompt.messages
    tools, system = len(body.get("tools") or ()), len(tokens.blocks_of(body.get("system") or ()))
    sizes = [tools, system, *(len(tokens.blocks_of(message["content"] or "")) for message in messages)]
    spent = [end - begin for begin, end in pairwise([0, *request.count_ends(accumulate(sizes))])]
    return RequestHashes(
        f"{models.resolve(body['model'])} {body.get('speed') or 'standard'}",
        _hash(_blocks(body.get("system"))),
        _hash(body.get("tools") or []),
        _hash([body.get(field) for field in _SETTINGS]),
        b"".join([_hash([message["role"], _blocks(message["content"])]) for message in messages]),
        spent[0],
        spent[1],
        array("Q", spent[2:]),
    )


def _blocks(content: Any) -> Any:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def _hash(value: Any) -> bytes:
    data = orjson.dumps(value)
    if b'"cache_control"' in data:
        data = orjson.dumps(remove_cache_control(value))
    return blake2b(data, digest_size=_HASH).digest()


def _reason(earlier: RequestHashes, later: RequestHashes) -> dict[str, Any] | None:
    """Return the first difference, and the tokens of the earlier request from there on."""
    missed = sum(earlier.message_tokens) + earlier.system_tokens
    if earlier.model != later.model:
        return _describe_change("model", missed + earlier.tool_tokens)
    if earlier.system != later.system:
        return _describe_change("system", missed)
    if earlier.tools != later.tools:
        return _describe_change("tools", missed + earlier.tool_tokens)
    if earlier.settings != later.settings:
        return {"type": "unavailable"}
    return _messages_reason(earlier, later)


def _messages_reason(earlier: RequestHashes, later: RequestHashes) -> dict[str, Any] | None:
    for index in range(len(earlier.message_tokens)):
        place = slice(index * _HASH, (index + 1) * _HASH)
        if later.messages[place] != earlier.messages[place]:
            return _describe_change("messages", sum(earlier.message_tokens[index:]))
    return None


def _describe_change(what: str, missed: int) -> dict[str, Any]:
    return {"type": f"{what}_changed", "cache_missed_input_tokens": missed}
