"""The content before a thinking block, in canonical form, as hashes.

Not part of it are `cache_control`, the order of keys and of tools, white space around a text, blank texts, null keys,
and keys with their default. Thinking is not part of it either. A compaction block begins the content anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import zip_longest
from typing import Any, NamedTuple

import orjson

from mockclaude.api.body import Body
from mockclaude.api.issued import HASH, NO_HASH, SHORT_HASH, THINKING, BlockPath, PrefixHashes, digest
from mockclaude.api.request import MessagesRequest

RECENT = 16
"""Blocks before a thinking block with a hash of their own."""

_BILLING = "x-anthropic-billing-header:"
"""The beginning of a line of Claude Code, which changes with each request: supposed to be no part of the prompt."""

_DEFAULTS = {"is_error": False, "citations": [], "caller": {"type": "direct"}}
"""Values of blocks that count as absent; that of `caller` is supposed."""

_TOOL_DEFAULTS = {
    "type": "custom",
    "description": "",
    "strict": False,
    "eager_input_streaming": False,
    "allowed_callers": ["direct"],
}


class _Place(NamedTuple):
    """The prefix of a message as a range of blocks, its merged number, and the blocks merged before its own."""

    begin: int
    end: int
    number: int
    offset: int = 0


class Prefixes:
    """The prefixes of all messages of a request, and of the reply.

    Consecutive messages of one role are one message.
    """

    def __init__(self, body: Body) -> None:
        self.system = _hash_items(map(_encode, _list_texts(body.get("system"))))
        self.tools = _hash_items(sorted(_list_tools(body.get("tools"))))
        self._paths: list[tuple[int, int]] = []
        self._hashes = bytearray()
        self._older = _OlderHash(self._hashes)
        self._begin = 0
        self._summaries: set[int] = set()
        """The signed compactions, by the numbers of their blocks."""
        self._places: list[_Place] = []
        place, role = _Place(0, 0, -1), ""
        for number, message in enumerate(body["messages"]):
            if message["role"] != role or role == "system":
                place, role = _Place(self._begin, len(self._paths), place.number + 1), message["role"]
            self._places.append(place)
            place = place._replace(offset=place.offset + self._add(number, message))
        self._reply = place if role == "assistant" else _Place(self._begin, len(self._paths), place.number + 1)

    @property
    def reply(self) -> tuple[PrefixHashes, int]:
        """The prefix of the reply, and the number of blocks that it continues."""
        return self._slice(self._reply), self._reply.offset

    def before(self, number: int) -> PrefixHashes:
        """Return the prefix of a message."""
        return self._slice(self._places[number])

    def merge(self, path: BlockPath) -> BlockPath:
        """Return the path of a block after the merge."""
        _, number, _, index = path
        place = self._places[number]
        return ("messages", place.number, "content", place.offset + index)

    def locate(self, number: int, position: int) -> BlockPath:
        """Return the merged path of a block in the prefix of a message.

        The path of a position after the prefix is that of the message.
        """
        begin, end, merged, _ = self._places[number]
        if begin + position >= end:
            return ("messages", merged, "content", 0)
        number, index = self._paths[begin + position]
        return self.merge(("messages", number, "content", index))

    def has_older(self, number: int, signed: PrefixHashes) -> bool:
        """Return whether the blocks before the recent ones are unchanged."""
        begin, end, *_ = self._places[number]
        last = begin + signed.before_recent
        return last <= end and self._older.digest(begin, last) == signed.older

    def is_summarized(self, number: int, signed: PrefixHashes) -> bool:
        """Return whether a signed compaction is in place of the older blocks.

        The recent blocks after it must be unchanged.
        """
        begin, end, *_ = self._places[number]
        if begin not in self._summaries or signed.size < end - begin:
            return False
        kept = self._hashes[max(begin + 1, end - RECENT) * SHORT_HASH : end * SHORT_HASH]
        return signed.recent.endswith(bytes(kept))

    def _slice(self, place: _Place) -> PrefixHashes:
        begin, end, *_ = place
        recent = max(begin, end - RECENT)
        hashes = bytes(self._hashes[recent * SHORT_HASH : end * SHORT_HASH])
        return PrefixHashes(self.system, self.tools, end - begin, self._older.digest(begin, recent), hashes)

    def find_difference(self, number: int, signed: PrefixHashes) -> int | None:
        """Return the position of the first recent block that differs.

        None if no block differs, or only older ones.

        Args:
            number: The number of the message.
            signed: Its prefix when it was signed.
        """
        begin, end, *_ = self._places[number]
        first = signed.before_recent
        present = self._hashes[(begin + first) * SHORT_HASH : end * SHORT_HASH]
        pairs = enumerate(zip_longest(signed.recent, present))
        return next((first + index // SHORT_HASH for index, (then, now) in pairs if then != now), None)

    def _add(self, number: int, message: Body) -> int:
        """Add the blocks of a message; return their number."""
        blocks, role = _list_blocks(message["content"]), message["role"]
        for index, block in enumerate(blocks):
            kind = block.get("type")
            if kind in THINKING or not (canonical := _strip_defaults(block, _DEFAULTS)):
                continue
            if kind == "compaction":
                self._begin = len(self._paths)
                if block.get("signature"):
                    self._summaries.add(self._begin)
            self._hashes += blake2b(_encode([role, canonical]), digest_size=SHORT_HASH).digest()
            self._paths.append((number, index))
        return len(blocks)


class _OlderHash:
    """The hash of a range of hashes. Ranges in the order of the request are hashed in linear time."""

    def __init__(self, hashes: bytearray) -> None:
        self._hashes = hashes
        self._range = (-1, 0)

    def digest(self, begin: int, end: int) -> bytes:
        """Hash the range; zeros if it is empty."""
        if begin == end:
            return NO_HASH
        if begin != self._range[0] or end < self._range[1]:
            self._range, self._state = (begin, begin), blake2b(digest_size=HASH)
        self._state.update(self._hashes[self._range[1] * SHORT_HASH : end * SHORT_HASH])
        self._range = (begin, end)
        return self._state.copy().digest()


def _hash_items(items: Iterable[bytes]) -> bytes:
    """Hash encoded items; zeros for none."""
    data = b"\n".join(items)
    return digest(data) if data else NO_HASH


def find_prefixes(request: MessagesRequest) -> Prefixes:
    """Return the prefixes of the messages that the client has sent."""
    prefixes = request.memo.get(Prefixes)
    if prefixes is None:
        prefixes = request.memo[Prefixes] = Prefixes(request.body)
    assert isinstance(prefixes, Prefixes)
    return prefixes


def _encode(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _list_blocks(content: Any) -> list[Body]:
    """Return the blocks of a content of any shape. A string is a text block."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _list_texts(system: Any) -> Iterator[Body]:
    for block in _list_blocks(system):
        if str(block.get("text")).startswith(_BILLING):
            block = {**block, "text": block["text"].partition("\n")[2]}
        if canonical := _strip_defaults(block, _DEFAULTS):
            yield canonical


def _list_tools(tools: Any) -> Iterator[bytes]:
    """Encode the tools that are not deferred."""
    return (
        _encode(_strip_defaults(tool, _TOOL_DEFAULTS)) for tool in _list_blocks(tools) if not tool.get("defer_loading")
    )


def _strip_defaults(block: Body, defaults: Body) -> Body:
    """Return the canonical form of a block or a tool; an empty one for a blank text."""
    canonical = block
    if None in block.values() or "cache_control" in block or not defaults.keys().isdisjoint(block):
        canonical = {
            key: value
            for key, value in block.items()
            if value is not None and key != "cache_control" and (key not in defaults or value != defaults[key])
        }
    if canonical.get("type") == "text" and isinstance(text := canonical.get("text"), str):
        return {**canonical, "text": text.strip()} if text.strip() else {}
    if canonical.get("type") == "tool_result" and "content" in canonical:
        inner = (_strip_inner(item) for item in _list_blocks(canonical["content"]))
        return {**canonical, "content": list(inner)}
    return canonical


def _strip_inner(block: Body) -> Body:
    return {key: value for key, value in block.items() if value is not None and key != "cache_control"}
