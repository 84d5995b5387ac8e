"""The content blocks of Bedrock's Converse as those of the API."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from mockclaude.api.content_blocks import format_path
from mockclaude.api.errors import invalid
from mockclaude.api.events import Block
from mockclaude.engine.adapters.platform_body import write_object
from mockclaude.scenario.diagnostics import join_words, shorten

Path: TypeAlias = tuple[str | int, ...]
"""The place of a value in a body: `("messages", 0, "content")`."""

MESSAGE = (
    *("text", "image", "document", "toolUse", "toolResult", "reasoningContent", "cachePoint"),
    *("guardContent", "citationsContent", "searchResult"),
)
"""The members of the union of content blocks in a message."""

SYSTEM = ("text", "guardContent", "cachePoint")
"""The members of the union in `system`."""

_OF_RESULTS = ("text", "json", "image", "document", "searchResult")
_TEXT = ("text",)

_TEXT_FORMATS = ("csv", "html", "md", "txt")
"""The formats of documents that are texts."""

_DEFAULT_TTL = "5m"


def read_object(value: Any, path: Path) -> dict[str, Any]:
    """Return an object of a body; {} for a missing one.

    Raises:
        ApiError: 400; the value is of another type.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f"{format_path(path)}: Input should be a valid dictionary")
    return value


def read_list(value: Any, path: Path) -> list[Any]:
    """Return a list of a body; [] for a missing one.

    Raises:
        ApiError: 400; the value is of another type.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"{format_path(path)}: Input should be a valid list")
    return value


def rename(value: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of an object that are not null by their names in the API."""
    return {name: value[old] for old, name in names.items() if value.get(old) is not None}


def read_members(items: Any, path: Path, names: Collection[str]) -> Iterator[tuple[str, Any, Path]]:
    """Iterate over the members of unions: name, value and path.

    Raises:
        ApiError: 400; an item has none of the names, or several.
    """
    for index, item in enumerate(read_list(items, path)):
        yield read_member(item, (*path, index), names)


def read_member(item: Any, path: Path, names: Collection[str]) -> tuple[str, Any, Path]:
    """Return the member of a union: its name, its value and its path.

    Raises:
        ApiError: 400; the union has none of the names, or several.
    """
    if isinstance(item, dict) and len(item) == 1:  # most unions, with less work
        [(name, value)] = item.items()
        if name in names and value is not None:
            return name, value, (*path, name)
    members = [name for name, value in read_object(item, path).items() if name in names and value is not None]
    if len(members) != 1:
        raise invalid(f"{format_path(path)}: expected one of {join_words(names)}; got {_list_keys(members or item)}")
    return members[0], item[members[0]], (*path, members[0])


def _list_keys(keys: Iterable[str] | None) -> str:
    return shorten(", ".join(f"'{key}'" for key in keys or ())) or "{}"


def read_lone_text(items: Any) -> str:
    """Return the text of content with nothing else; '' for other content.

    Most messages are a text. The API accepts it without a block, which costs less.
    """
    if isinstance(items, list) and len(items) == 1:
        item = items[0]
        if isinstance(item, dict) and len(item) == 1:
            text = item.get("text")
            return text if isinstance(text, str) and text.strip() else ""
    return ""


def mark_last(items: list[Block], point: Any, path: Path) -> None:
    """Mark the last item as the end of the cached prefix; do nothing without one."""
    ttl = read_object(point, path).get("ttl")
    if items:
        items[-1]["cache_control"] = {"type": "ephemeral", **({"ttl": ttl} if ttl and ttl != _DEFAULT_TTL else {})}


def to_blocks(items: Any, path: Path, members: Collection[str] = MESSAGE) -> list[Block]:
    """Translate a list of content blocks.

    Args:
        items: The blocks.
        path: Their path in the body.
        members: The members of the union that may stand there.

    Raises:
        ApiError: 400; a block has no counterpart, or a field of a wrong type.
    """
    blocks: list[Block] = []
    for index, item in enumerate(read_list(items, path)):
        if isinstance(item, dict) and len(item) == 1 and "text" in item:
            blocks.append({"type": "text", "text": item["text"]})
            continue
        name, value, place = read_member(item, (*path, index), members)
        if name in ("text", "json"):
            blocks.append({"type": "text", "text": value if name == "text" else write_object(value).decode()})
        elif name == "cachePoint":
            mark_last(blocks, value, place)
        else:
            blocks.append(_TRANSLATORS[name](read_object(value, place), place))
    return blocks


def _to_image(value: dict[str, Any], path: Path) -> Block:
    source = {"type": "base64", "media_type": f"image/{value.get('format')}", "data": _read_bytes(value, path)}
    return {"type": "image", "source": source}


def _to_document(value: dict[str, Any], path: Path) -> Block:
    fields = rename(value, {"name": "title", "context": "context", "citations": "citations"})
    return {"type": "document", "source": _to_document_source(value, path), **fields}


def _to_document_source(value: dict[str, Any], path: Path) -> dict[str, Any]:
    source, kind = read_object(value.get("source"), (*path, "source")), value.get("format", "txt")
    if "content" in source:
        return {"type": "content", "content": to_blocks(source["content"], (*path, "source", "content"), _TEXT)}
    if kind == "pdf" and "text" not in source:
        return {"type": "base64", "media_type": "application/pdf", "data": _read_bytes(value, path)}
    if kind not in (*_TEXT_FORMATS, "pdf"):
        expected = join_words([*_TEXT_FORMATS, "pdf"])
        raise invalid(f"{format_path(path)}.format: mockclaude does not read '{kind}'; expected {expected}")
    text = source.get("text")
    data = _decode(_read_bytes(value, path), (*path, "source", "bytes")) if text is None else text
    return {"type": "text", "media_type": "text/plain", "data": data}


def _to_tool_use(value: dict[str, Any], _: Path) -> Block:
    return {"type": "tool_use", **rename(value, {"toolUseId": "id", "name": "name", "input": "input"})}


def _to_tool_result(value: dict[str, Any], path: Path) -> Block:
    content = to_blocks(value.get("content"), (*path, "content"), _OF_RESULTS)
    block = {"type": "tool_result", **rename(value, {"toolUseId": "tool_use_id"}), "content": content}
    return {**block, "is_error": True} if value.get("status") == "error" else block


def _to_thinking(value: dict[str, Any], path: Path) -> Block:
    redacted = value.get("redactedContent")
    if redacted is not None:
        return {"type": "redacted_thinking", "data": _decode(redacted, (*path, "redactedContent"))}
    text = read_object(value.get("reasoningText"), (*path, "reasoningText"))
    return {"type": "thinking", "signature": "", **rename(text, {"text": "thinking", "signature": "signature"})}


def _to_guarded(value: dict[str, Any], path: Path) -> Block:
    name, member, place = read_member(value, path, ("text", "image"))
    fields = read_object(member, place)
    return _to_image(fields, place) if name == "image" else {"type": "text", "text": fields.get("text")}


def _to_cited_text(value: dict[str, Any], path: Path) -> Block:
    texts = to_blocks(value.get("content"), (*path, "content"), _TEXT)
    return {"type": "text", "text": "".join(str(text["text"]) for text in texts)}


def _to_search_result(value: dict[str, Any], path: Path) -> Block:
    fields = rename(value, {"source": "source", "title": "title", "citations": "citations"})
    return {"type": "search_result", **fields, "content": to_blocks(value.get("content"), (*path, "content"), _TEXT)}


_TRANSLATORS: dict[str, Callable[[dict[str, Any], Path], Block]] = {
    "image": _to_image,
    "document": _to_document,
    "toolUse": _to_tool_use,
    "toolResult": _to_tool_result,
    "reasoningContent": _to_thinking,
    "guardContent": _to_guarded,
    "citationsContent": _to_cited_text,
    "searchResult": _to_search_result,
}
"""Member of the union of content blocks -> its translator, a function of its value and its path in the body."""


def _read_bytes(value: dict[str, Any], path: Path) -> str:
    """Return the bytes of a source in base64."""
    source = read_object(value.get("source"), (*path, "source"))
    data = source.get("bytes")
    if not isinstance(data, str):
        raise invalid(f"{format_path(path)}.source: expected `bytes` in base64; got {_list_keys(source)}")
    return data


def _decode(data: Any, path: Path) -> str:
    """Decode a text in base64."""
    try:
        return b64decode(data, validate=True).decode("utf-8", "replace")
    except (TypeError, ValueError):
        raise invalid(f"{format_path(path)}: expected text in base64") from None
