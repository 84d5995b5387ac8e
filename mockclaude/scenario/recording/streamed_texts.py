"""The texts that a stream cuts into deltas, joined again, with the place of each byte in the stream."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
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

    Args:
        field: The field of the deltas.
        deltas: The number of the frame and the text of each delta.

    Attributes:
        is_json: Whether the text is JSON: the input of a tool call.
        text: The joined text in UTF-8.
    """

    def __init__(self, field: str, deltas: Sequence[tuple[int, str]]) -> None:
        self.is_json = field == "partial_json"
        self.text = "".join([text for _, text in deltas]).encode()
        self._field = field
        self._deltas = deltas

    @cached_property
    def _parts(self) -> list[bytes]:
        return [text.encode() for _, text in self._deltas]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(map(len, self._parts)))

    def find_parts(self, begin: int, end: int) -> Iterator[TextPart]:
        """Yield the parts of a span that is not empty."""
        for number in range(bisect_right(self._ends, begin), bisect_left(self._ends, end) + 1):
            text = self._parts[number]
            offset = self._ends[number] - len(text)
            if text:
                frame = self._deltas[number][0]
                yield TextPart(frame, self._field, text, max(begin - offset, 0), min(end - offset, len(text)))


def join_texts(events: Sequence[Event]) -> list[StreamedText]:
    """Join the texts of each block of a stream, in the order of their first deltas."""
    texts: dict[tuple[int, str, str], list[tuple[int, str]]] = {}
    message = 0
    for frame, event in enumerate(events):
        message += event.name == "message_start"
        for field, text in _read_texts(event):
            place = (message, repr(event.data.get("index")), field)
            texts.setdefault(place, []).append((frame, text))
    return [StreamedText(field, deltas) for (_, _, field), deltas in texts.items()]


def list_cut_fields(event: Event) -> list[bytes]:
    """List the fields of a delta whose texts are parts of longer ones."""
    return [field.encode() for field, _ in _read_texts(event)] if event.delta else []


def _read_texts(event: Event) -> Sequence[tuple[str, str]]:
    """List the fields of a block or a delta that may have a part of a longer text."""
    name = _CONTAINERS.get(event.name)
    fields = event.data.get(name) if name and isinstance(event.data, dict) else None
    if not isinstance(fields, dict):
        return ()
    is_kept = _is_cut if name == "delta" else _TEXTS.__contains__
    return [(field, text) for field, text in fields.items() if isinstance(text, str) and is_kept(field)]


@lru_cache(256)
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
