"""The counted parts of a prompt: texts, and what counts by another measure than its text.

Sources: recorded usage of the API. Thinking without a text, calls of server tools and unknown files are supposed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

from mockclaude.api.events import Block
from mockclaude.api.model_constants import Constants
from mockclaude.api.token_weights import Weights

if TYPE_CHECKING:
    from mockclaude.api.media import Pdf

IMAGE, DOCUMENT = 100_000, 1_600_000
"""Thousandths of tokens of an image or a document of unknown size: with a URL or a file id, or unreadable."""

PAGE = 1_575_000
"""Thousandths of tokens of a page of a PDF besides its text."""

UNREAD_TEXT = 250_000
"""Thousandths of tokens of the text of a page if no page of its PDF can be read; supposed."""

CITED = 70
"""Per cent of the text of a PDF that citations count besides; supposed, from two recordings."""

PATCH = 28
"""Pixels of the side of a patch, which is one token of an image."""

SIGNED = 250
"""Characters of a signature that do not stand for thinking."""

SETTINGS = frozenset({"tools", "mcp_servers", "system", "thinking", "output_config", "output_format"})
"""The fields besides the messages that count."""

THINKING = ("thinking", "redacted_thinking")

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


@dataclass
class PromptParts:
    """The parts of a prompt in the API's order.

    Attributes:
        constants: The constants of the model.
        fixed: The thousandths of tokens of everything but texts.
        first_kept: The number of the first message whose thinking counts; -1 until it is known.
        texts: The texts, which count together.
        ends: The number of texts, and `fixed`, up to the end of each tool and each block.
        has_citations: Whether citations are counted, which count once.
        sampled: The `SampledText` of the texts; None before it is counted, and for a short prompt.
    """

    constants: Constants
    fixed: int = 0
    first_kept: int = -1
    texts: list[str] = field(default_factory=list)
    ends: list[tuple[int, int]] = field(default_factory=list)
    has_citations: bool = False
    sampled: Any = None

    @property
    def weights(self) -> Weights:
        """The weights of the tokenizer."""
        return self.constants.weights


def add_block(parts: PromptParts, block: Any) -> None:
    """Add a content block, or any other object within one."""
    kind = block.get("type")
    if isinstance(kind, str) and kind in _BY_TYPE:
        _BY_TYPE[kind](parts, block)
        return
    for key, value in block.items():
        if key not in _NOT_TEXT:
            _add_value(parts, value)
    _add_citations(parts, block)


def _add_value(parts: PromptParts, value: Any) -> None:
    if isinstance(value, str):
        parts.texts.append(value)
    elif isinstance(value, dict):
        add_block(parts, value)
    elif isinstance(value, list):
        for item in value:
            _add_value(parts, item)


def _add_citations(parts: PromptParts, block: Block) -> bool:
    citations = block.get("citations")
    is_cited = isinstance(citations, dict) and bool(citations.get("enabled"))
    if is_cited and not parts.has_citations:
        parts.has_citations = True
        parts.fixed += parts.weights.citations
    return is_cited


def _add_text(parts: PromptParts, block: Block) -> None:
    _add_value(parts, block.get("text"))


def _add_result(parts: PromptParts, block: Block) -> None:
    _add_value(parts, block.get("content"))
    parts.fixed += parts.weights.call


def _add_call(parts: PromptParts, block: Block) -> None:
    parts.texts += list_call_texts(block)
    parts.fixed += parts.weights.call


def list_call_texts(block: Block) -> tuple[str, str]:
    """Return the name and the input of a tool call, which count as texts."""
    return str(block.get("name") or ""), orjson.dumps(block.get("input")).decode()


def _add_thinking(parts: PromptParts, block: Block) -> None:
    text = str(block.get("thinking") or "")
    signature = str(block.get("signature") or block.get("data") or "")
    parts.fixed += len(text) * 10_000 // 46 if text else max(0, len(signature) - SIGNED) * 350


def _add_image(parts: PromptParts, block: Block) -> None:
    from mockclaude.api import media

    source = _source_of(block)
    image = media.read_image(str(source.get("data", ""))) if source.get("type") == "base64" else None
    if image is None or image.width < 1 or image.height < 1:
        parts.fixed += IMAGE
    else:
        parts.fixed += 1_000 * count_patches(image.width, image.height, parts.weights) + parts.weights.image


def count_patches(width: int, height: int, weights: Weights) -> int:
    """Count the patches of an image that is scaled down to the limits."""
    long_edge = max(width, height)
    least, most = min(weights.long_edge, long_edge), weights.patches
    patches = -(-width * least // (long_edge * PATCH)) * -(-height * least // (long_edge * PATCH))
    if patches <= most:
        return patches
    columns = _fit(width, height, width * least // (long_edge * PATCH), most)
    rows = _fit(height, width, height * least // (long_edge * PATCH), most)
    if columns * height >= rows * width:
        return columns * -(-height * columns // width)
    return rows * -(-width * rows // height)


def _fit(side: int, other: int, longest: int, most: int) -> int:
    """Return the most whole patches of `side` with which the image has at most `most` patches."""
    return next((count for count in range(longest, 0, -1) if count * -(-other * count // side) <= most), 0)


def _add_document(parts: PromptParts, block: Block) -> None:
    from mockclaude.api import media

    source = _source_of(block)
    _add_value(parts, [block.get("title"), block.get("context")])
    is_cited = _add_citations(parts, block)
    if source.get("type") in ("text", "content"):
        _add_value(parts, [source.get("data"), source.get("content")])
        parts.fixed += parts.weights.document
    else:
        pdf = media.read_pdf(str(source.get("data", ""))) if source.get("type") == "base64" else None
        _add_pages(parts, pdf, is_cited=is_cited)


def _add_pages(parts: PromptParts, pdf: Pdf | None, *, is_cited: bool) -> None:
    """Add the pages of a PDF and their text. A page whose text is not read has the average length."""
    if pdf is None or not pdf.pages:
        parts.fixed += DOCUMENT
        return
    parts.texts += pdf.texts
    read = sum(map(len, pdf.texts)) * parts.weights.character
    unread = (read // len(pdf.texts) if pdf.texts else UNREAD_TEXT) * (pdf.pages - len(pdf.texts))
    parts.fixed += pdf.pages * PAGE + unread + ((read + unread) * CITED // 100 if is_cited else 0)


def _source_of(block: Block) -> dict[str, Any]:
    source = block.get("source")
    return source if isinstance(source, dict) else {}


_BY_TYPE: dict[str, Callable[[PromptParts, Block], None]] = {
    "text": _add_text,
    "tool_result": _add_result,
    "tool_use": _add_call,
    "server_tool_use": _add_call,
    "mcp_tool_use": _add_call,
    "thinking": _add_thinking,
    "redacted_thinking": _add_thinking,
    "image": _add_image,
    "document": _add_document,
}
