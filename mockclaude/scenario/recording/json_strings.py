"""The strings in the bytes of JSON, which may be cut, with their places and keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.recording.escaped_text import Decoded, unescape

_STRING = compile_lazily(rb'"([^"\\]*(?:\\.[^"\\]*)*+)(?:"|\\?\Z)', re.DOTALL)
_COLON = compile_lazily(rb"[ \t\r\n]*:[ \t\r\n]*")


class JsonString(NamedTuple):
    """A string in JSON.

    Attributes:
        key: The decoded key if the string is the value of a member; '' for a key and an item of a list.
        begin: The begin of its content, without the quote.
        decoded: Its decoded content.
        is_key: Whether the string is a key.
    """

    key: bytes
    begin: int
    decoded: Decoded
    is_key: bool

    def to_source(self, begin: int, end: int) -> tuple[int, int]:
        """Return the span in the JSON of a span of the decoded content."""
        begin, end = self.decoded.to_source(begin, end)
        return self.begin + begin, self.begin + end


def iterate_strings(data: bytes, begin: int = 0) -> Iterator[JsonString]:
    """Yield the strings of the JSON that begins at `begin`."""
    key, value_begin = b"", -1
    for literal in _STRING.finditer(data, begin):
        decoded = unescape(literal[1])
        colon = _COLON.match(data, literal.end())
        of_member = key if literal.start() == value_begin else b""
        yield JsonString(of_member, literal.start(1), decoded, colon is not None)
        if colon:
            key, value_begin = decoded.text, colon.end()


def find_outside_strings(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the spans of JSON between the contents of its strings, with the quotes."""
    at = 0
    for literal in _STRING.finditer(data):
        yield at, literal.start(1)
        at = literal.end(1)
    yield at, len(data)


def is_opaque(key: bytes) -> bool:
    """Return whether the value of a key is unreadable.

    That is a signature, an image or an encrypted text.
    """
    return key in (b"signature", b"data") or key.startswith(b"encrypted_")
