"""How many tokens something has.

In: texts, content blocks, request bodies. Out: whole numbers; the same thing always counts the same.
Knows nothing of models. Two tokens to seven bytes of UTF-8 is what published counts come to on average over English,
code and other scripts; a picture or a document counts a flat figure.
"""

from __future__ import annotations

from typing import Any

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


def of_output(block: Block) -> int:
    """Return the output tokens of a content block."""
    if block["type"] == "tool_use":
        return of_text(str(block.get("name", ""))) + of_text(streamed_text(block)) + MESSAGE_OVERHEAD
    return of_text(streamed_text(block)) or _of_input(block)


def of_input(body: Body) -> int:
    """Return the input tokens of a request: system, tools and messages."""
    count = _of_input(body.get("system") or "")
    for message in body["messages"]:
        count += MESSAGE_OVERHEAD + _of_input(message["content"])
    tools = body.get("tools")
    return count + TOOLS_OVERHEAD + of_text(orjson.dumps(tools).decode()) if tools else count


def _of_input(value: Any) -> int:
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, list):
        return sum(map(_of_input, value))
    if not isinstance(value, dict):
        return 0
    flat = FLAT.get(str(value.get("type")))
    return flat or sum(_of_input(item) for key, item in value.items() if key not in _NOT_TEXT)
