"""Content blocks with their paths in a request, and the cache breakpoints among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeAlias

from mockclaude.api.body import Body

Located: TypeAlias = tuple[tuple[Any, ...], Body]
"""The path of a content block, and the block: `("messages", 0, "content", 2)`, in a tool result
`("messages", 0, "content", 2, "tool_result", "content", 0)`.
"""

Blocks: TypeAlias = dict[str, list[Located]]

HAS_BREAKPOINTS = frozenset({"tools", "system", "cache_control"})
"""The fields of a body with breakpoints outside the messages."""


def format_path(path: Iterable[str | int]) -> str:
    """Format a path as in the API's error messages."""
    return ".".join(map(str, path))


def find_breakpoints(body: Body, in_messages: Iterable[Located]) -> list[Located]:
    """Find the items with `cache_control`, in the API's order.

    Args:
        body: The body.
        in_messages: Those of the messages.
    """
    marked: list[Located] = []
    for field in ("tools", "system"):
        items = body.get(field)
        if isinstance(items, list):
            marked += [
                ((field, index), item)
                for index, item in enumerate(items)
                if isinstance(item, dict) and item.get("cache_control")
            ]
    marked += in_messages
    if body.get("cache_control"):
        marked.append(((), body))
    return marked


def add_inner_blocks(
    blocks: defaultdict[str, list[Located]], path: tuple[str | int, ...], content: Any
) -> list[Located]:
    """Add the blocks of a tool result to `blocks`; return those with `cache_control`.

    Only mode `anthropic` requires a type.
    """
    inner: list[Located] = [
        ((*path, "tool_result", "content", index), block)
        for index, block in enumerate(content if isinstance(content, list) else ())
    ]
    for located in inner:
        kind = located[1].get("type")
        blocks[kind if isinstance(kind, str) else ""].append(located)
    return [located for located in inner if located[1].get("cache_control")]
