"""The content of chat messages as content blocks: texts, images, documents and tool results."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.api.events import Block

_PDF, _TEXT = "application/pdf", "text/plain"


def to_text(content: Any, path: str) -> str:
    """Return a content without images as one text.

    Raises:
        ApiError: 400; the content is not a text, or has other parts.
    """
    if isinstance(content, str):
        return content
    blocks = to_blocks(content, path, ("text",))
    return "\n".join([block["text"] for block in blocks])


def to_blocks(content: Any, path: str, accepted: Sequence[str]) -> list[Block]:
    """Return the content blocks of a content.

    Args:
        content: A text or a list of parts.
        path: The path of the content in the body.
        accepted: The types of its parts.

    Raises:
        ApiError: 400; the content or a part of it is invalid.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if content is None:
        raise invalid(f"{path}: Field required")
    if not isinstance(content, list):
        raise invalid(f"{path}: Input should be a valid string or list")
    blocks = (_to_block(part, f"{path}.{index}", accepted) for index, part in enumerate(content))
    return [block for block in blocks if block is not None]


def _to_block(part: Any, path: str, accepted: Sequence[str]) -> Block | None:
    kind = read_object(part, path).get("type")
    if kind not in accepted:
        raise invalid(f"{path}.type: Input should be {' or '.join(map(repr, accepted))}")
    if kind in ("text", "refusal"):
        return {"type": "text", "text": read_text(part.get(kind), f"{path}.{kind}")}
    if kind == "image_url":
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        return to_image(read_text(url, f"{path}.image_url.url"), f"{path}.image_url.url")
    if kind == "file":
        return to_document(read_object(part.get("file"), f"{path}.file"), f"{path}.file")
    return None  # audio, which the API ignores


def to_image(url: str, path: str) -> Block:
    """Return the image of a URL, which may hold its bytes.

    Raises:
        ApiError: 400; the URL has data that are not in base64.
    """
    if not url.startswith("data:"):
        return {"type": "image", "source": {"type": "url", "url": url}}
    media_type, data = _split_data_url(url, path)
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def to_document(file: dict[str, Any], path: str) -> Block:
    """Return the document of a file whose bytes are in the request.

    Raises:
        ApiError: 400; the file has an id only, or its data are not in base64.
    """
    if file.get("file_data") is None:
        raise invalid(f"{path}.file_data: Field required; a file by its id is not supported")
    written = read_text(file["file_data"], f"{path}.file_data")
    media_type, data = _split_data_url(written, f"{path}.file_data") if written[:5] == "data:" else (_PDF, written)
    if media_type == _TEXT:
        data = _decode(data, f"{path}.file_data")
    kind = "text" if media_type == _TEXT else "base64"
    return {"type": "document", "source": {"type": kind, "media_type": media_type, "data": data}}


def read_object(value: Any, path: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ApiError: 400; the value is not an object.
    """
    if not isinstance(value, dict):
        raise invalid(f"{path}: Input should be an object" if value is not None else f"{path}: Field required")
    return value


def read_text(value: Any, path: str) -> str:
    """Return a text.

    Raises:
        ApiError: 400; the value is not a text.
    """
    if not isinstance(value, str):
        raise invalid(f"{path}: Input should be a valid string" if value is not None else f"{path}: Field required")
    return value


def read_list(value: Any, path: str) -> list[Any]:
    """Return a list.

    Raises:
        ApiError: 400; the value is not a list.
    """
    if not isinstance(value, list):
        raise invalid(f"{path}: Input should be a valid list")
    return value


def _split_data_url(url: str, path: str) -> tuple[str, str]:
    """Return the media type and the base64 text of a `data:` URL."""
    head, comma, data = url.removeprefix("data:").partition(",")
    media_type, *parameters = head.split(";")
    if not comma or "base64" not in parameters:
        raise invalid(f"{path}: Input should be a URL or `data:<media type>;base64,<data>`")
    return media_type, data


def _decode(data: str, path: str) -> str:
    try:
        return b64decode(data, validate=True).decode()
    except ValueError:
        raise invalid(f"{path}: Input should be base64 of a text in UTF-8") from None
