"""The texts that a stream cuts into deltas, joined again, with the place of each byte in the stream."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from mockclaude.api.events import Event
from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.recording.json_strings import JsonString, is_opaque, iterate_strings

_DATA = compile_lazily(rb"(?:\A|[\r\n])data:")

_CONTAINERS = {"content_block_start": "content_block", "content_block_delta": "delta"}
_TEXTS = ("text", "thinking")
"""Fields of a block at its begin to which the deltas are added."""


class TextPart(NamedTuple):
    """A part of a joined text, in one frame.

    Attributes:
        frame: The number of the frame, from 0.
        field: The field of the delta.
        text: The text of the delta.
        begin: The begin of the part in `text`, and `end` its end.
    """

    frame: int
    field: str
    text: bytes
    begin: int
    end: int


class StreamedText:
    """A text of one block, from all its deltas.

    Attributes:
        is_json: Whether the text is JSON: the input of a tool call.
        text: The joined text in UTF-8.
    """

    def __init__(self, deltas: Sequence[TextPart], *, is_json: bool) -> None:
        self.is_json = is_json
        self.text = b"".join(delta.text for delta in deltas)
        self._deltas = deltas
        self._ends = list(accumulate(delta.end for delta in deltas))

    def find_parts(self, begin: int, end: int) -> Iterator[TextPart]:
        """Yield the parts of a span that is not empty."""
        for number in range(bisect_right(self._ends, begin), bisect_left(self._ends, end) + 1):
            whole = self._deltas[number]
            offset = self._ends[number] - whole.end
            if whole.end:
                yield whole._replace(begin=max(begin - offset, 0), end=min(end - offset, whole.end))


def join_texts(events: Sequence[Event]) -> list[StreamedText]:
    """Join the texts of each block of a stream, in the order of their first deltas."""
    texts: dict[tuple[int, str, str], list[TextPart]] = {}
    message = 0
    for frame, event in enumerate(events):
        message += event.name == "message_start"
        for field, text in _read_texts(event):
            data = text.encode("utf-8", "surrogatepass")
            place = (message, repr(event.data.get("index")), field)
            texts.setdefault(place, []).append(TextPart(frame, field, data, 0, len(data)))
    return [StreamedText(deltas, is_json=field == "partial_json") for (_, _, field), deltas in texts.items()]


def list_cut_fields(event: Event) -> list[bytes]:
    """List the fields of a delta whose texts are parts of longer ones."""
    return [field.encode() for field, _ in _read_texts(event)] if event.delta else []


def _read_texts(event: Event) -> Iterator[tuple[str, str]]:
    """Yield the fields of a block or a delta that may have a part of a longer text."""
    name = _CONTAINERS.get(event.name)
    fields = event.data.get(name) if name and isinstance(event.data, dict) else None
    for field, text in fields.items() if isinstance(fields, dict) else ():
        if isinstance(text, str) and (field in _TEXTS if name == "content_block" else _is_cut(field)):
            yield field, text


def _is_cut(field: str) -> bool:
    return field != "type" and not is_opaque(field.encode())


def find_data(frame: bytes) -> int:
    """Return the place where the data of a frame begins; its end if it has none."""
    data = _DATA.search(frame)
    return data.end() if data else len(frame)


def find_strings(frame: bytes, field: str, text: bytes) -> Iterator[JsonString]:
    """Yield the strings of a frame that are the value `text` of `field`."""
    for string in iterate_strings(frame, find_data(frame)):
        if string.key == field.encode() and string.decoded.text == text:
            yield string
