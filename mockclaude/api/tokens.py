"""How many tokens something has.

In: texts, content blocks, request bodies. Out: whole numbers; the same thing always counts the same.
Knows nothing of models. Two tokens to seven bytes of UTF-8 is what published counts come to on average over English,
code and other scripts; a picture or a document counts a flat figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from mockclaude.api.events import Block, streamed_text
from mockclaude.api.request import Body

MESSAGE_OVERHEAD = 4
TOOLS_OVERHEAD = 346
"""What the API's own system prompt for tools takes (its documentation names 346 for most models)."""

FLAT = {"image": 1_500, "document": 3_000}

_NOT_TEXT = {
    "type",
    "id",
    "tool_use_id",
    "signature",
    "cache_control",
    "encrypted_content",
    "encrypted_index",
    "data",
}


def of_text(text: str) -> int:
    """Return the tokens of `text`; none only for an empty one."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return -(-size * 2 // 7)


def cut(text: str, count: int) -> str:
    """Return as much of `text`, in whole characters, as `count` tokens hold."""
    size = max(0, count * 7 // 2)
    return text[:size] if text.isascii() else text.encode("utf-8", "surrogatepass")[:size].decode(errors="ignore")


def of_output(block: Block) -> int:
    """Return the output tokens of a content block; none for the result of a tool, which the model does not write."""
    if block["type"].endswith("_tool_result"):
        return 0
    if block["type"] == "tool_use":
        return of_text(str(block.get("name", ""))) + of_text(streamed_text(block)) + MESSAGE_OVERHEAD
    return of_text(streamed_text(block)) or _of_input(block)


class Segment(NamedTuple):
    """A part of a prompt: its tokens, where it is, and the block, or the tool, that it is. Text is a text block."""

    tokens: int
    path: tuple[str | int, ...]
    block: Block


def segments(body: Body) -> list[Segment]:
    """Return the parts of a prompt in the API's order, tools, system, messages; their tokens add up to `of_input`."""
    return list(_segments(body))


def _segments(body: Body) -> Iterator[Segment]:
    for index, tool in enumerate(body.get("tools") or ()):
        yield Segment(_of_tool(tool) + (0 if index else TOOLS_OVERHEAD), ("tools", index), tool)
    for index, block in enumerate(_blocks(body.get("system") or ())):
        yield Segment(_of_input(block), ("system", index), block)
    for number, message in enumerate(body["messages"]):
        blocks = _blocks(message["content"]) or [_text("")]
        for index, block in enumerate(blocks):
            overhead = 0 if index else MESSAGE_OVERHEAD
            yield Segment(_of_input(block) + overhead, ("messages", number, "content", index), block)


def _blocks(content: Any) -> Sequence[Block]:
    return [_text(content)] if isinstance(content, str) else content


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _of_tool(tool: Body) -> int:
    return of_text(orjson.dumps(tool).decode())


def of_input(body: Body) -> int:
    """Return the input tokens of a request: system, tools and messages."""
    count = _of_input(body.get("system") or "")
    for message in body["messages"]:
        count += MESSAGE_OVERHEAD + _of_input(message["content"])
    tools = body.get("tools")
    return count + TOOLS_OVERHEAD + sum(map(_of_tool, tools)) if tools else count


def _of_input(value: Any) -> int:
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, list):
        return sum(map(_of_input, value))
    if not isinstance(value, dict):
        return 0
    flat = FLAT.get(str(value.get("type")))
    return flat or sum(_of_input(item) for key, item in value.items() if key not in _NOT_TEXT)
