"""Content blocks with their paths in a request, and the cache breakpoints among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from mockclaude.api.body import Body

Located: TypeAlias = tuple[tuple[Any, ...], Body]
"""The path of a content block, and the block: `("messages", 0, "content", 2)`, in a tool result
`("messages", 0, "content", 2, "tool_result", "content", 0)`.
"""

Blocks: TypeAlias = dict[str, list[Located]]


def format_path(path: Iterable[str | int]) -> str:
    """Format a path as in the API's error messages."""
    return ".".join(map(str, path))


def find_breakpoints(body: Body, blocks: Blocks) -> list[Located]:
    """Find the items with `cache_control`: tools, system, messages, last the body itse"""
    marked: list[Located] = []
    for field in ("tools", "system"):
        items = body.get(field)
        if isinstance(items, list):
            located = [((field, index), item) for index, item in enumerate(items) if isinstance(item, dict)]
            marked += [item for item in located if item[1].get("cache_control")]
    if blocks:
        inside = [located for of_kind in blocks.values() for located in of_kind if located[1].get("cache_control")]
        marked += sorted(inside, key=_position)
    if body.get("cache_control"):
        marked.append(((), body))
    return marked


def _position(located: Located) -> tuple[int, ...]:
    return tuple(part for part in located[0] if isinstance(part, int))
