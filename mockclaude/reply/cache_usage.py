"""Compute the use of the prompt cache: the prefixes of a request, and its tokens by their effect on the cache.

Sources: Anthropic's documentation of prompt caching, and the SDKs' types. Behaviour that the documentation calls
model-specific is not imitated: a change of `thinking` or of the effort invalidates the messages only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import accumulate, chain
from operator import sub
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from mockclaude.api import models, tokens
from mockclaude.api.body import remove_cache_control
from mockclaude.api.events import Block
from mockclaude.api.request import MessagesRequest

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
        tokens: The cached tokens of the prefix; 0 if no breakpoint looks it up.
        ttl: The time to live that a breakpoint at its end sets; None without one.
    """

    digest: bytes
    tokens: int
    ttl: Ttl | None = None


_PASSED = Prefix(b"", 0)
"""A prefix that no breakpoint looks up."""


class CacheUsage(NamedTuple):
    """The use of the cache by a request, and the prefixes to renew and to write."""

    usage: InputUsage
    renewed: tuple[bytes, ...] = ()
    written: tuple[tuple[bytes, Ttl], ...] = ()


def find_minimum(model: str) -> int:
    """Return the tokens of the shortest prefix that is cached for a model or alias."""
    return MINIMUMS.get(models.resolve(model), MINIMUM)


def hash_prefixes(request: MessagesRequest) -> list[Prefix]:
    """Hash the prefixes of a request, shortest first; none without a breakpoint."""
    prompt = _flatten(request)
    marks = _find_marks(prompt.blocks, _parse_ttl(request.body.get("cache_control")))
    return _hash_prefixes(request, prompt, marks) if marks else []


def compute_usage(
    prefixes: Sequence[Prefix], total: int, minimum: int, is_alive: Callable[[bytes], bool]
) -> CacheUsage:
    """Compute the use of the cache by a request with these prefixes.

    The longest prefix in the cache is read. The rest up to the last breakpoint is written: up to the last breakpoint
    with a TTL of one hour for an hour, then for 5 minutes. The tokens after the last breakpoint are not cached.

    Args:
        prefixes: The prefixes of the request, at least one.
        total: The tokens of the request.
        minimum: The tokens of the shortest prefix that is cached.
        is_alive: Returns whether the cache has a digest.
    """
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


def _parse_ttl(control: Any) -> Ttl | None:
    if not isinstance(control, dict):
        return None
    return "1h" if control.get("ttl") == "1h" else "5m"


class _Prompt(NamedTuple):
    """The tools and blocks of a request in the API's order, their roles, and the index of the first of a message."""

    blocks: list[Block]
    roles: list[str]
    begin: int


def _flatten(request: MessagesRequest) -> _Prompt:
    blocks: list[Block] = [*(request.body.get("tools") or ()), *tokens.blocks_of(request.body.get("system") or ())]
    begin, roles = len(blocks), [""] * len(blocks)
    for message in request.messages if request.prompt is None else request.prompt.messages:
        content = message["content"] or ""
        if isinstance(content, str):
            content = tokens.blocks_of(content)
        blocks += content
        roles += [message["role"]] * len(content)
    return _Prompt(blocks, roles, begin)


def _find_marks(blocks: Sequence[Block], automatic: Ttl | None) -> dict[int, Ttl]:
    """Return the breakpoints by index, with their time to live; `automatic` sets one on the last markable block.

    If a request has more breakpoints than the API accepts, which is possible without validation, the last ones count.
    """
    may_have = [index for index, block in enumerate(blocks) if "cache_control" in block or "content" in block]
    marks = {index: ttl for index in may_have if (ttl := _find_mark(blocks[index]))}
    if automatic:
        last = next((index for index in reversed(range(len(blocks))) if _is_markable(blocks[index])), None)
        if last is not None:
            marks.setdefault(last, automatic)
    return {index: marks[index] for index in sorted(marks)[-MOST_MARKS:]}


def _find_mark(block: Block) -> Ttl | None:
    """Return the time to live of a breakpoint on a block or in its content, which cannot be cached on its own."""
    controls = (part.get("cache_control") for part in (block, *_inner_blocks(block)))
    return next(filter(None, map(_parse_ttl, controls)), None)


def _is_markable(block: Block) -> bool:
    kind = block.get("type")
    return kind not in ("thinking", "redacted_thinking") and not (kind == "text" and not block.get("text"))


def _inner_blocks(block: Block) -> list[Block]:
    inner = block.get("content")
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []


def _hash_prefixes(request: MessagesRequest, prompt: _Prompt, marks: dict[int, Ttl]) -> list[Prefix]:
    tools, ends = len(request.body.get("tools") or ()), _select_lookup_ends(marks)
    system, messages = _encode_settings(request, prompt.blocks)
    settings = {tools: system, prompt.begin: messages}
    counts = _count_prefixes(request, prompt, ends)
    prefixes = [_PASSED] * len(prompt.blocks)
    state = blake2b(models.resolve(request.model).encode("utf-8", "surrogatepass"), digest_size=16)
    begin = 0
    for end in sorted({tools, prompt.begin, *ends}):
        state.update(_encode_blocks(prompt.roles[begin:end], prompt.blocks[begin:end]))
        if end in ends:
            prefixes[end - 1] = Prefix(state.digest(), counts[end], marks.get(end - 1))
        state.update(settings.get(end, b""))
        begin = end
    return prefixes


def _count_prefixes(request: MessagesRequest, prompt: _Prompt, ends: Iterable[int]) -> dict[int, int]:
    """Count the tokens of prefixes by their ends, without the last tokens, which the API does not cache."""
    ascending = sorted(ends)
    counts = request.count_ends(ascending)
    is_automatic = "cache_control" in request.body
    tails = [_count_tail(request, prompt.blocks[end - 1], is_automatic=is_automatic) for end in ascending]
    return dict(zip(ascending, accumulate(map(sub, counts, tails), max), strict=True))


def _count_tail(request: MessagesRequest, block: Block, *, is_automatic: bool) -> int:
    """Return the tokens before a breakpoint that are not cached."""
    if block.get("type") != "tool_result":
        return request.constants.cached_tail
    return _TAIL_OF_AUTOMATIC if is_automatic else _TAIL_OF_RESULT


_TAIL_OF_RESULT, _TAIL_OF_AUTOMATIC = 1, 6
"""Tokens before a breakpoint on a tool result that are not cached (recorded)."""


def _select_lookup_ends(marks: Iterable[int]) -> set[int]:
    """Return the ends of the prefixes that the breakpoints look up."""
    return set(chain.from_iterable(range(index + 1, max(index + 1 - LOOKBACK, 0), -1) for index in marks))


def _encode_blocks(roles: Sequence[str], blocks: Sequence[Block]) -> bytes:
    """Encode roles and blocks; the codes of two parts in a row are the code of both.

    The order of a block's own keys does not count; nested order does.
    """
    parts: list[Any] = []
    for role, block in zip(roles, blocks, strict=True):
        is_text = block.get("type") == "text" and len(block) == 2 + ("cache_control" in block)
        parts += (role, block.get("text") if is_text else sorted(remove_cache_control(block).items()))
    return orjson.dumps(parts)[1:-1] + b"," if parts else b""


def _encode_settings(request: MessagesRequest, blocks: Sequence[Block]) -> tuple[bytes, bytes]:
    """Encode the settings that change the system prompt and messages, and those with the settings of messages."""
    body = request.body
    others = [block for block in blocks if "content" in block or "citations" in block or block.get("type") == "image"]
    nested = [*others, *chain.from_iterable(map(_inner_blocks, others))]
    images = any(block.get("type") == "image" for block in nested)
    system = [body.get("speed") or "standard", any(map(_has_citations, nested))]
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
    return orjson.dumps(system), orjson.dumps([system, messages])


def _has_citations(block: Block) -> bool:
    citations = block.get("citations")
    return isinstance(citations, dict) and bool(citations.get("enabled"))
