"""Compute the use of the prompt cache: the prefixes of a request, and its tokens by their effect on the cache.

Sources: Anthropic's documentation of prompt caching, and the SDKs' types. Behaviour that the documentation calls
model-specific is not imitated: a change of `thinking` or of the effort invalidates the messages only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.body import Body
from mockclaude.api.events import Block
from mockclaude.api.tokens import Segment

Ttl: TypeAlias = Literal["5m", "1h"]

MOST_MARKS = 4
"""Breakpoints that a request may have (documented)."""

LOOKBACK = 20
"""Blocks up to a breakpoint, its own included, whose ends are looked up in the cache."""

_IN_GROUPS = {
    512: (
        "claude-fable-5-2 claude-mythos-5-2 claude-fable-5-1 claude-mythos-5-1 claude-opus-5-5 claude-sonnet-5-5 "
        "claude-haiku-5-5 claude-opus-5 claude-fable-5 claude-mythos-5"
    ),
    1024: (
        "claude-sonnet-5 claude-opus-4-8 claude-sonnet-4-6 claude-sonnet-4-5-20250929 claude-opus-4-1-20250805 "
        "claude-opus-4-20250514 claude-sonnet-4-20250514 claude-3-7-sonnet-20250219 claude-3-5-sonnet-20241022 "
        "claude-3-5-sonnet-20240620 claude-3-opus-20240229"
    ),
    2048: "claude-mythos-preview claude-opus-4-7 claude-3-5-haiku-20241022 claude-3-haiku-20240307",
    4096: "claude-opus-4-6 claude-opus-4-5-20251101 claude-haiku-4-5-20251001",
}
MINIMUMS = {model: minimum for minimum, group in _IN_GROUPS.items() for model in group.split()}
"""Model -> tokens of the shortest prefix that is cached (documented; Fable 5.2 and Mythos 5.2 as 5.1)."""

MINIMUM = 1024
"""Tokens of the shortest prefix that is cached for every other model."""


class InputUsage(NamedTuple):
    """The input tokens of a request: not cached, written for 5 m or 1 h, and read."""

    input_tokens: int
    created_5m: int = 0
    created_1h: int = 0
    read: int = 0


class Prefix(NamedTuple):
    """A request up to the end of a block.

    Attributes:
        digest: The hash of the prefix; empty if no breakpoint looks it up.
        tokens: The tokens of the prefix.
        ttl: The time to live that a breakpoint at its end sets; None without one.
    """

    digest: bytes
    tokens: int
    ttl: Ttl | None = None


class CacheUsage(NamedTuple):
    """The use of the cache by a request, and the prefixes to renew and to write."""

    usage: InputUsage
    renewed: tuple[bytes, ...] = ()
    written: tuple[tuple[bytes, Ttl], ...] = ()


def find_minimum(model: str) -> int:
    """Return the tokens of the shortest prefix that is cached for a model or alias."""
    return MINIMUMS.get(models.resolve(model), MINIMUM)


def hash_prefixes(body: Body) -> list[Prefix]:
    """Hash the prefixes of a request, shortest first; none without a breakpoint."""
    segments = tokens.segments(body)
    marks = _find_marks(segments, _parse_ttl(body.get("cache_control")))
    return list(_accumulate(body, segments, marks)) if any(marks) else []


def compute_usage(prefixes: Sequence[Prefix], minimum: int, is_alive: Callable[[bytes], bool]) -> CacheUsage:
    """Compute the use of the cache by a request with these prefixes.

    The longest prefix in the cache is read. The rest up to the last breakpoint is written: up to the last breakpoint
    with a TTL of one hour for an hour, then for 5 minutes. The tokens after the last breakpoint are not cached.

    Args:
        prefixes: The prefixes of the request, at least one.
        minimum: The tokens of the shortest prefix that is cached.
        is_alive: Returns whether the cache has a digest.
    """
    total = prefixes[-1].tokens
    marked = [index for index, prefix in enumerate(prefixes) if prefix.ttl and prefix.tokens >= minimum]
    if not marked:
        return CacheUsage(InputUsage(total))
    hit = _find_longest(prefixes, marked, is_alive)
    read = prefixes[hit].tokens if hit >= 0 else 0
    created = [prefixes[index] for index in marked if index > hit]
    hour = max((prefix.tokens for prefix in created if prefix.ttl == "1h"), default=read)
    last = prefixes[marked[-1]].tokens
    return CacheUsage(
        InputUsage(total - last, last - hour, hour - read, read),
        tuple(prefixes[index].digest for index in sorted({*marked, hit}) if 0 <= index <= hit),
        tuple((prefix.digest, prefix.ttl) for prefix in created if prefix.ttl),
    )


def _find_longest(prefixes: Sequence[Prefix], marked: Sequence[int], is_alive: Callable[[bytes], bool]) -> int:
    """Find the longest prefix in the cache, looking back from each breakpoint; -1 for none."""
    for mark in reversed(marked):
        for index in range(mark, max(mark - LOOKBACK, -1), -1):
            if is_alive(prefixes[index].digest):
                return index
    return -1


def select_lookups(prefixes: Sequence[Prefix]) -> Iterator[bytes]:
    """Yield the digests of the prefixes that the request looks up in the cache."""
    marks = [index for index, prefix in enumerate(prefixes) if prefix.ttl]
    yield from (prefixes[index].digest for mark in marks for index in range(max(mark - LOOKBACK + 1, 0), mark + 1))


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


_HOLD_BLOCKS = ("content", "source")
_MAY_BE_CONTROLLED = frozenset({"cache_control", *_HOLD_BLOCKS})


def _parse_ttl(control: Any) -> Ttl | None:
    if not isinstance(control, dict):
        return None
    return "1h" if control.get("ttl") == "1h" else "5m"


def _find_marks(segments: Sequence[Segment], automatic: Ttl | None) -> list[Ttl | None]:
    """Return the time to live of each segment's breakpoint; `automatic` sets one on the last markable segment.

    If a request has more breakpoints than the API accepts, which is possible without validation, the last ones count.
    """
    marks = [_find_mark(segment.block) for segment in segments]
    if automatic:
        last = max((index for index, segment in enumerate(segments) if _is_markable(segment.block)), default=None)
        if last is not None:
            marks[last] = marks[last] or automatic
    for index in [index for index, mark in enumerate(marks) if mark][:-MOST_MARKS]:
        marks[index] = None
    return marks


def _find_mark(block: Block) -> Ttl | None:
    """Return the time to live of a breakpoint on a block or in its content, which cannot be cached on its own."""
    own = _parse_ttl(block.get("cache_control"))
    if own or not isinstance(block.get("content"), list):
        return own
    return next(filter(None, (_parse_ttl(nested.get("cache_control")) for nested in _iterate_nested(block))), None)


def _is_markable(block: Block) -> bool:
    kind = block.get("type")
    return kind not in ("thinking", "redacted_thinking") and not (kind == "text" and not block.get("text"))


def _iterate_nested(block: Block) -> Iterator[Block]:
    yield block
    nested = block.get("content")
    if isinstance(nested, list):
        yield from (item for item in nested if isinstance(item, dict))


def _accumulate(body: Body, segments: Sequence[Segment], marks: Sequence[Ttl | None]) -> Iterator[Prefix]:
    settings = _encode_settings(body, chain.from_iterable(_iterate_nested(segment.block) for segment in segments))
    state = blake2b(models.resolve(body["model"]).encode("utf-8", "surrogatepass"), digest_size=16)
    total, section = 0, "tools"
    ends = _select_lookup_ends(marks)
    for index, (segment, mark) in enumerate(zip(segments, marks, strict=True)):
        if segment.path[0] != section:
            section = str(segment.path[0])
            state.update(settings[section])
        state.update(_encode_content(body, segment))
        total += segment.tokens
        yield Prefix(state.digest() if index in ends else b"", total, mark)


def _select_lookup_ends(marks: Sequence[Ttl | None]) -> set[int]:
    marked = (index for index, mark in enumerate(marks) if mark)
    return set(chain.from_iterable(range(index, max(index - LOOKBACK, -1), -1) for index in marked))


def _encode_content(body: Body, segment: Segment) -> bytes:
    """Encode the role and block of a segment. The order of the block's own keys does not count; nested order does."""
    role = body["messages"][segment.path[1]]["role"] if segment.path[0] == "messages" else ""
    block = segment.block
    if block.get("type") == "text" and len(block) == 2 + ("cache_control" in block):
        return orjson.dumps([role, block.get("text")])
    return orjson.dumps([role, sorted(remove_cache_control(block).items())])


def _encode_settings(body: Body, blocks: Iterable[Block]) -> dict[str, bytes]:
    """Encode the settings of a request by the first section of the prompt that they change."""
    has_citations, images = False, False
    for block in blocks:
        has_citations = has_citations or _has_citations(block)
        images = images or block.get("type") == "image"
    system = [body.get("speed") or "standard", has_citations]
    thinking = body.get("thinking") or {}
    config = body.get("output_config") or {}
    messages = [
        body.get("tool_choice") or {"type": "auto"},
        thinking.get("type"),
        thinking.get("budget_tokens"),
        config.get("effort") or "high",
        config.get("format") or body.get("output_format"),
        images,
    ]
    return {"system": orjson.dumps(system), "messages": orjson.dumps([system, messages])}


def _has_citations(block: Block) -> bool:
    citations = block.get("citations")
    return isinstance(citations, dict) and bool(citations.get("enabled"))
