"""The prompt cache: which beginnings of a request are kept, and what that makes of its input tokens.

In: a request body, and which prefixes are alive. Out: its prefixes; the tokens read, created and neither; what to keep.
Knows nothing of time and of whose request it is. Sources: Anthropic's documentation of prompt caching, the SDKs' types.
Left out is what it calls model-specific: a change of `thinking` or of the effort invalidates the messages only.
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
"""Breakpoints that the API takes in a request (documented)."""

LOOKBACK = 20
"""Blocks, a breakpoint's own among them, at whose ends a kept prefix is looked for."""

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
MINIMUMS = {model: least for least, group in _IN_GROUPS.items() for model in group.split()}
"""Model -> tokens below which no prefix is cached, as documented; for Fable 5.2 and Mythos 5.2 as for 5.1."""

MINIMUM = 1024
"""The same for every other model."""


class InputUsage(NamedTuple):
    """The input tokens of a request, by what the prompt cache makes of them."""

    input_tokens: int
    created_5m: int = 0
    created_1h: int = 0
    read: int = 0


class Prefix(NamedTuple):
    """A request up to the end of a block: a hash of it, its tokens, and for how long a breakpoint there keeps it."""

    digest: bytes
    tokens: int
    ttl: Ttl | None = None


class Use(NamedTuple):
    """What a request makes of the cache: its usage, and the prefixes whose time begins anew or begins."""

    usage: InputUsage
    renewed: tuple[bytes, ...] = ()
    written: tuple[tuple[bytes, Ttl], ...] = ()


def minimum(model: str) -> int:
    """Return how many tokens a prefix needs to be cached for `model`, by whichever of its names."""
    return MINIMUMS.get(models.resolve(model), MINIMUM)


def prefixes(body: Body) -> list[Prefix]:
    """Return the prefixes of a request, shortest first, the last one whole; none if it has no breakpoint."""
    segments = tokens.segments(body)
    marks = _marks(segments, _ttl(body.get("cache_control")))
    return list(_accumulated(body, segments, marks)) if any(marks) else []


def use(found: Sequence[Prefix], least: int, alive: Callable[[bytes], bool]) -> Use:
    """Return what a request with these prefixes, at least one, makes of the cache, if `least` tokens are cached.

    The longest prefix that is alive is read; the rest up to the last breakpoint is created, up to the last breakpoint
    of an hour among it for an hour; the tokens after the last breakpoint are input.
    """
    total = found[-1].tokens
    marked = [index for index, prefix in enumerate(found) if prefix.ttl and prefix.tokens >= least]
    if not marked:
        return Use(InputUsage(total))
    hit = _longest(found, marked, alive)
    read = found[hit].tokens if hit >= 0 else 0
    created = [found[index] for index in marked if index > hit]
    hour = max((prefix.tokens for prefix in created if prefix.ttl == "1h"), default=read)
    last = found[marked[-1]].tokens
    return Use(
        InputUsage(total - last, last - hour, hour - read, read),
        tuple(found[index].digest for index in sorted({*marked, hit}) if 0 <= index <= hit),
        tuple((prefix.digest, prefix.ttl) for prefix in created if prefix.ttl),
    )


def _longest(found: Sequence[Prefix], marked: Sequence[int], alive: Callable[[bytes], bool]) -> int:
    """Return the index of the longest prefix that is alive, looking back from each breakpoint; -1 if none is."""
    for mark in reversed(marked):
        for index in range(mark, max(mark - LOOKBACK, -1), -1):
            if alive(found[index].digest):
                return index
    return -1


def lookups(found: Sequence[Prefix]) -> Iterator[bytes]:
    """Yield the digests of the prefixes that may be read from the cache."""
    marks = [index for index, prefix in enumerate(found) if prefix.ttl]
    yield from (found[index].digest for mark in marks for index in range(max(mark - LOOKBACK + 1, 0), mark + 1))


def without_cache_control(value: Any) -> Any:
    """Return a copy of blocks, messages or tools in which nothing that holds a prompt has a `cache_control`."""
    if isinstance(value, list):
        return [without_cache_control(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without_cache_control(item) if key in _HOLD_BLOCKS else item
        for key, item in value.items()
        if key != "cache_control"
    }


_HOLD_BLOCKS = ("content", "source")


def _ttl(control: Any) -> Ttl | None:
    if not isinstance(control, dict):
        return None
    return "1h" if control.get("ttl") == "1h" else "5m"


def _marks(segments: Sequence[Segment], automatic: Ttl | None) -> list[Ttl | None]:
    """Return for how long each segment is marked to be kept; `automatic` marks the last one that can be.

    Of more marks than the API takes, which only pass without validation, the last ones count.
    """
    marks = [_mark(segment.block) for segment in segments]
    if automatic:
        last = max((index for index, segment in enumerate(segments) if _can_be_marked(segment.block)), default=None)
        if last is not None:
            marks[last] = marks[last] or automatic
    for index in [index for index, mark in enumerate(marks) if mark][:-MOST_MARKS]:
        marks[index] = None
    return marks


def _mark(block: Block) -> Ttl | None:
    """Return how a block is marked, or else something in it, as nothing within a block is cached alone."""
    own = _ttl(block.get("cache_control"))
    if own or not isinstance(block.get("content"), list):
        return own
    return next(filter(None, (_ttl(each.get("cache_control")) for each in _with_nested(block))), None)


def _can_be_marked(block: Block) -> bool:
    kind = block.get("type")
    return kind not in ("thinking", "redacted_thinking") and not (kind == "text" and not block.get("text"))


def _with_nested(block: Block) -> Iterator[Block]:
    yield block
    nested = block.get("content")
    if isinstance(nested, list):
        yield from (each for each in nested if isinstance(each, dict))


def _accumulated(body: Body, segments: Sequence[Segment], marks: Sequence[Ttl | None]) -> Iterator[Prefix]:
    settings = _settings(body, chain.from_iterable(_with_nested(segment.block) for segment in segments))
    state = blake2b(models.resolve(body["model"]).encode("utf-8", "surrogatepass"), digest_size=16)
    total, section = 0, "tools"
    ends = _looked_up(marks)
    for index, (segment, mark) in enumerate(zip(segments, marks, strict=True)):
        if segment.path[0] != section:
            section = str(segment.path[0])
            state.update(settings[section])
        state.update(_content(body, segment))
        total += segment.tokens
        yield Prefix(state.digest() if index in ends else b"", total, mark)


def _looked_up(marks: Sequence[Ttl | None]) -> set[int]:
    """Return the ends of the prefixes that are looked for in the cache."""
    marked = (index for index, mark in enumerate(marks) if mark)
    return set(chain.from_iterable(range(index, max(index - LOOKBACK, -1), -1) for index in marked))


def _content(body: Body, segment: Segment) -> bytes:
    """Return what a segment is, with its role: keys in any order, but below them in theirs, as it is in the prompt."""
    role = body["messages"][segment.path[1]]["role"] if segment.path[0] == "messages" else ""
    block = segment.block
    if block.get("type") == "text" and len(block) == 2 + ("cache_control" in block):
        return orjson.dumps([role, block.get("text")])
    return orjson.dumps([role, sorted(without_cache_control(block).items())])


def _settings(body: Body, blocks: Iterable[Block]) -> dict[str, bytes]:
    """Return what a request says beside its blocks, by the first section of the prompt that it changes."""
    cites, pictures = False, False
    for block in blocks:
        cites = cites or _cites(block)
        pictures = pictures or block.get("type") == "image"
    system = [body.get("speed") or "standard", cites]
    thinking = body.get("thinking") or {}
    config = body.get("output_config") or {}
    messages = [
        body.get("tool_choice") or {"type": "auto"},
        thinking.get("type"),
        thinking.get("budget_tokens"),
        config.get("effort") or "high",
        config.get("format") or body.get("output_format"),
        pictures,
    ]
    return {"system": orjson.dumps(system), "messages": orjson.dumps([system, messages])}


def _cites(block: Block) -> bool:
    citations = block.get("citations")
    return isinstance(citations, dict) and bool(citations.get("enabled"))
