"""Split the bytes of a stream of another server into events, whatever its line ends, padding and comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from mockclaude.api.events import Event, kind_of_delta, new_event
from mockclaude.api.lazy_pattern import compile_lazily

_END = compile_lazily(rb"(?:\r\n|\n|\r(?!\n)){2}")
"""The end of a line and an empty line."""

_LINE = compile_lazily(rb"\r\n|\n|\r")


def split_frames(data: bytes) -> list[Event]:
    """Split a stream into its events; joined, their bytes are those of the stream.

    An event without a name has the `type` of its data as its name. A comment, an event whose data is not JSON, and an
    unfinished event at the end have no data.
    """
    if b"\r" not in data:
        return list(_parse_lines(data))
    return [_parse(frame) for frame in _split(data)]


def _split(data: bytes) -> Iterator[bytes]:
    begin = 0
    for end in _END.finditer(data):
        yield data[begin : end.end()]
        begin = end.end()
    if begin < len(data):
        yield data[begin:]


def _parse_lines(data: bytes) -> Iterator[Event]:
    """Parse a stream whose lines end with line feeds, several times faster than with expressions."""
    *whole, rest = data.split(b"\n\n")
    for frame in whole:
        event, found, text = frame.partition(b"\ndata: ")
        if found and event.startswith(b"event: ") and b"\n" not in event and b"\n" not in text:
            yield _build(event[7:].decode("utf-8", "replace"), _load(text), frame + b"\n\n")
        else:
            yield _parse(frame + b"\n\n")
    if rest:
        yield _parse(rest)


def _parse(frame: bytes) -> Event:
    name, data = "", []
    for line in _LINE.split(frame):
        field, _, value = line.partition(b":")
        if field == b"event":
            name = value.removeprefix(b" ").decode("utf-8", "replace")
        elif field == b"data":
            data.append(value.removeprefix(b" "))
    return _build(name, _load(b"\n".join(data)) if data and _END.search(frame) else None, frame)


def _build(name: str, document: Any, frame: bytes) -> Event:
    if not name and isinstance(document, dict) and isinstance(document.get("type"), str):
        name = document["type"]
    return new_event((name if document is not None else "", document, kind_of_delta(name, document), frame))


def _load(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
