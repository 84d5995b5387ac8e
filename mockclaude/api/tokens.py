"""Estimated token counts of texts, content blocks and requests.

Two tokens for seven bytes of UTF-8 is the average of published counts for English, code and other scripts. The counts
of images depend on pixels, those of PDFs on pages.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from mockclaude.api import media
from mockclaude.api.body import Body
from mockclaude.api.content_blocks import Blocks, Located, add_inner_blocks
from mockclaude.api.events import Block, streamed_text
from mockclaude.api.memo import remember
from mockclaude.api.token_weights import OLD, Weights

MESSAGE_OVERHEAD = 4
TOOLS_OVERHEAD = 346
"""Tokens of the API's own system prompt for tools (its documentation names 346 for most models)."""

IMAGE, DOCUMENT = 1_500, 3_000
"""Tokens of an image and of a document with a URL or a file id."""

BYTES = 3.5
"""Bytes of UTF-8 per token."""

PIXELS, LONG_EDGE, MAX_IMAGE = 750, 1_568, 1_600
"""Pixels per token. Images are first scaled down to this edge, and to this many tokens (documented)."""

PAGE = 2_250
"""Tokens of a page of a PDF: the middle of the documented range of 1,500 to 3,000."""

MAX_DOCUMENTS = 600
"""The maximum number of documents of a request, in every mode, because counting tokens opens each PDF."""

_WITH_DOCUMENTS = ("document", "tool_result")

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


def of_text(text: str, weights: Weights = OLD) -> int:  # noqa: ARG001
    """Count the tokens of a text; 0 only for an empty text."""
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return (size * 2 + 6) // 7


def cut(text: str, count: int, weights: Weights = OLD) -> str:  # noqa: ARG001
    """Return the longest beginning of `text` with at most `count` tokens."""
    size = max(0, count * 7 // 2)
    return text[:size] if text.isascii() else text.encode("utf-8", "surrogatepass")[:size].decode(errors="ignore")


def of_output(block: Block, weights: Weights = OLD) -> int:
    """Count the output tokens of a content block.

    A result of a server tool has none, because the model does not write it.
    """
    if block["type"].endswith("_tool_result"):
        return 0
    if block["type"] == "tool_use":
        name, text = of_text(str(block.get("name", "")), weights), of_text(streamed_text(block), weights)
        return name + text + MESSAGE_OVERHEAD
    return of_text(streamed_text(block), weights) or _of_input(block, weights)


class Segment(NamedTuple):
    """A part of a prompt: its tokens, its path, and its block or tool.

    A string is a text block.
    """

    tokens: int
    path: tuple[str | int, ...]
    block: Block


def segments(body: Body, weights: Weights = OLD) -> list[Segment]:
    """Return the parts of a prompt in the API's order: tools, system, messages.

    The sum of their tokens is `of_input`.
    """
    return [*_prompt_segments(body, weights), *_message_segments(body, weights)]


def _prompt_segments(body: Body, weights: Weights) -> Iterator[Segment]:
    for index, tool in enumerate(body.get("tools") or ()):
        yield Segment(_of_tool(tool, weights) + (0 if index else TOOLS_OVERHEAD), ("tools", index), tool)
    for index, block in enumerate(blocks_of(body.get("system") or ())):
        yield Segment(_of_input(block, weights), ("system", index), block)


def _message_segments(body: Body, weights: Weights) -> Iterator[Segment]:
    for number, message in enumerate(body["messages"]):
        overhead = MESSAGE_OVERHEAD
        for index, block in enumerate(blocks_of(message["content"] or "")):
            yield Segment(of_block(block, weights) + overhead, ("messages", number, "content", index), block)
            overhead = 0


def blocks_of(content: Any) -> Sequence[Block]:
    """Return the blocks of a content. A string is a text block."""
    return [_text(content)] if isinstance(content, str) else content


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _of_tool(tool: Body, weights: Weights) -> int:
    return of_text(orjson.dumps(tool).decode(), weights)


def of_input(body: Body, weights: Weights = OLD) -> int:
    """Count the input tokens of a request: system, tools and messages."""
    contents = [message["content"] for message in body["messages"]]
    return sum(prompt_ends(body, weights)[-1:]) + MESSAGE_OVERHEAD * len(contents) + _of_input(contents, weights)


def prompt_ends(body: Body, weights: Weights = OLD, tools: bytes = b"") -> list[int]:
    """Count the input tokens up to the end of each tool and system block.

    Args:
        body: The body.
        weights: The weights of its model.
        tools: Its tools as JSON; b"" if they are not encoded.
    """
    ends: list[int] = []
    if body.get("tools"):
        ends += _encoded_tool_ends(weights, tools) if tools else _tool_ends(body["tools"], weights)
    total = ends[-1] if ends else 0
    for block in blocks_of(body.get("system") or ()):
        total += of_block(block, weights)
        ends.append(total)
    return ends


def _tool_ends(tools: Iterable[Body], weights: Weights) -> Iterator[int]:
    total = TOOLS_OVERHEAD
    for tool in tools:
        total += _of_tool(tool, weights)
        yield total


@remember(16, 100_000)
def _encoded_tool_ends(weights: Weights, tools: bytes) -> tuple[int, ...]:
    """Return the `_tool_ends` of tools as JSON. Cached, since agents repeat tools."""
    return tuple(_tool_ends(orjson.loads(tools), weights))


def walk(messages: list[Body], ends: list[int], weights: Weights) -> tuple[Blocks, list[Located], bool]:
    """Walk the messages of a request once.

    Return the blocks by type, the blocks with `cache_control`, and whether a message has no text. Extend `ends`, the
    `token_ends`. Blocks with documents do not count after `MAX_DOCUMENTS`, which is an error.
    """
    blocks: defaultdict[str, list[Located]] = defaultdict(list)
    marked: list[Located] = []
    total, is_blank = ends[-1] if ends else 0, False
    for number, message in enumerate(messages):
        content = message["content"]
        total += MESSAGE_OVERHEAD
        if not content or isinstance(content, str):
            is_blank = is_blank or not content or content.isspace()
            total += of_text(content or "", weights)
            ends.append(total)
            continue
        for index, block in enumerate(content):
            located, kind = (("messages", number, "content", index), block), block.get("type", "")
            blocks[kind].append(located)
            if block.get("cache_control"):
                marked.append(located)
            text = block.get("text") if kind == "text" else block.get("content") if kind == "tool_result" else None
            if isinstance(text, str):
                total += of_text(text, weights)
            else:
                if kind == "tool_result":
                    marked += add_inner_blocks(blocks, located[0], text)
                if kind not in _WITH_DOCUMENTS or len(blocks.get("document", ())) <= MAX_DOCUMENTS:
                    total += of_block(block, weights)
            ends.append(total)
    return dict(blocks), marked, is_blank


def _of_input(value: Any, weights: Weights) -> int:
    if isinstance(value, str):
        return of_text(value, weights)
    if isinstance(value, dict):
        return of_block(value, weights)
    return sum([_of_input(item, weights) for item in value]) if isinstance(value, list) else 0


def of_block(block: dict[str, Any], weights: Weights) -> int:
    """Count the input tokens of a content block, or of another object."""
    kind = block.get("type")
    if kind is not None and isinstance(kind, str) and kind in _BY_TYPE:
        return _BY_TYPE[kind](block, weights)
    count = 0
    for key, value in block.items():
        if key not in _NOT_TEXT:
            if isinstance(value, str):
                count += (len(value) * 2 + 6) // 7 if value.isascii() else of_text(value, weights)
            elif isinstance(value, (dict, list)):
                count += (
                    of_block(value, weights)
                    if isinstance(value, dict)
                    else sum([_of_input(item, weights) for item in value])
                )
    return count


def _of_source(block: dict[str, Any], weights: Weights) -> int:
    source = block.get("source")
    source = source if isinstance(source, dict) else {}
    count = _of_image(source) if block["type"] == "image" else _of_document(source, weights)
    return count + _of_input(block.get("title"), weights) + _of_input(block.get("context"), weights)


def _of_image(source: dict[str, Any]) -> int:
    image = media.read_image(str(source.get("data", ""))) if source.get("type") == "base64" else None
    if image is None or image.width < 1 or image.height < 1:
        return IMAGE
    scale = min(1.0, LONG_EDGE / max(image.width, image.height))
    return min(MAX_IMAGE, math.ceil(image.width * scale * image.height * scale / PIXELS))


def _of_document(source: dict[str, Any], weights: Weights) -> int:
    kind = source.get("type")
    if kind in ("text", "content"):
        return _of_input([source.get("data"), source.get("content")], weights)
    pdf = media.read_pdf(str(source.get("data", ""))) if kind == "base64" else None
    return pdf.pages * PAGE if pdf and pdf.pages else DOCUMENT


_BY_TYPE: dict[str, Callable[[dict[str, Any], Weights], int]] = {
    "text": lambda block, weights: _of_input(block.get("text"), weights),
    "tool_result": lambda block, weights: _of_input(block.get("content"), weights),
    "image": _of_source,
    "document": _of_source,
}
