"""The content of a response, parsed from its bytes: faults may have changed any of them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any

import orjson

_SHOWN = 200
"""Characters of a text or an input."""

_BLOCKS = 3
"""Content blocks that are described."""

_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Type of a delta -> its text field."""


def describe_response(response: bytes) -> Iterator[str]:
    """Yield lines for the first content blocks of a response and for its error."""
    data = list(_data(_body(response)))
    blocks = [line for line in map(_describe_block, _blocks(data)) if line]
    yield from blocks[:_BLOCKS]
    if len(blocks) > _BLOCKS:
        yield f"and {len(blocks) - _BLOCKS} more content blocks"
    for item in data:
        if isinstance(error := item.get("error"), Mapping):
            yield f"error: {error.get('type')}: {str(error.get('message'))[:_SHOWN]}"


class _Bytes:
    """The part of a socket that `HTTPResponse` uses."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._received)


def _body(response: bytes) -> bytes:
    received = HTTPResponse(_Bytes(response))  # type: ignore[arg-type]
    try:
        received.begin()
        return received.read()
    except IncompleteRead as error:
        return error.partial
    except (HTTPException, ValueError):
        return b""


def _data(body: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON object of a body, or the JSON object of each event."""
    texts = [body] if body.startswith(b"{") else [line[5:] for line in body.splitlines() if line.startswith(b"data:")]
    for text in texts:
        try:
            data = orjson.loads(text)
        except ValueError:
            continue
        if isinstance(data, Mapping):
            yield data


def _blocks(data: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    """Return the content blocks of a message, merged from its events if it was streamed."""
    blocks: dict[Any, dict[str, Any]] = {}
    for item in data:
        blocks.update(enumerate(item.get("content") or ()))
        if isinstance(block := item.get("content_block"), Mapping):
            blocks[item.get("index")] = dict(block)
        if isinstance(delta := item.get("delta"), Mapping) and item.get("index") in blocks:
            field = _DELTAS.get(str(delta.get("type")), "")
            block = blocks[item.get("index")]
            block[field] = f"{block.get(field) or ''}{delta.get(field) or ''}"
    return blocks.values()


def _describe_block(block: Mapping[str, Any]) -> str:
    kind = block.get("type")
    if kind == "text":
        return f"text {str(block.get('text'))[:_SHOWN]!r}"
    if kind == "thinking":
        return f"thinking {str(block.get('thinking'))[:_SHOWN]!r}"
    if "input" in block:
        arguments = block.get("partial_json") or orjson.dumps(block["input"]).decode()
        return f"{kind} {block.get('name')} {arguments[:_SHOWN]}"
    return str(kind)
