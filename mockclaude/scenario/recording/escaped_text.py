"""Texts in texts: a text as it is, and decoded again and again, with the place of each byte in the original.

A secret may be escaped as in JSON, also several times, percent-encoded, or written with HTML's character references.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from mockclaude.api.lazy_pattern import compile_lazily

_MOST_LEVELS = 24
"""The maximum number of decoded texts. Seven times nested JSON has eight; each takes linear time."""

_JSON = compile_lazily(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}"
    rb"|U[0-9a-fA-F]{8}|\r?\n[ \t]*|[\"'\\/bfnrt])"
)
"""The escapes of JSON, of YAML, and of programs."""

_PERCENT = compile_lazily(rb"%[0-9a-fA-F]{2}")
_REFERENCE = compile_lazily(rb"&(?:#[xX][0-9a-fA-F]{1,6}|#[0-9]{1,7}|amp|lt|gt|quot|apos);")

_SHORT = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"\n": b"", b"\r": b""}
_FREQUENT = ((b'\\"', b'"'), (b"\\n", b"\n"), (b"\\t", b"\t"), (b"\\r", b"\r"), (b"\\/", b"/"))
_BACKSLASH = b"\xff\x00\xff"
"""An escaped backslash while a text is decoded: no text in UTF-8 has these bytes."""

_SPARSE = 64
"""Bytes for each escape above which one pass with calls is faster than a pass for each frequent escape."""

_NAMES = {b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'", b"amp": b"&"}
_LAST_CHARACTER = 0x10FFFF

Span: TypeAlias = tuple[int, int]
"""The begin and the end of a part of a text."""


class Decoded(NamedTuple):
    """A text whose escapes have been decoded.

    Attributes:
        text: The decoded text.
        begins: The begin of each decoded escape in `text`, and `ends` its end.
        source_begins: The begin of each escape in the source, and `source_ends` its end.
    """

    text: bytes
    begins: list[int]
    ends: list[int]
    source_begins: list[int]
    source_ends: list[int]

    def to_source(self, begin: int, end: int) -> Span:
        """Return the span in the source of a span of the text that is not empty."""
        return self._find(begin, self.source_begins, 0), self._find(end - 1, self.source_ends, 1)

    def _find(self, offset: int, of_escape: list[int], after: int) -> int:
        index = bisect_right(self.begins, offset) - 1
        if index < 0:
            return offset + after
        past = offset - self.ends[index]
        return of_escape[index] if past < 0 else self.source_ends[index] + past + after

    def widen(self, begin: int, end: int) -> Span:
        """Return a span of the source, with whole escapes at begin and end."""
        first, last = bisect_right(self.source_begins, begin) - 1, bisect_left(self.source_begins, end) - 1
        if first >= 0 and begin < self.source_ends[first]:
            begin = self.source_begins[first]
        return begin, max(end, self.source_ends[last]) if last >= 0 else end


class _Escapes(NamedTuple):
    """A kind of escapes.

    Attributes:
        sign: The first byte of each escape.
        decode: Decodes one escape.
    """

    sign: bytes
    pattern: re.Pattern[bytes]
    decode: Callable[[bytes], bytes]

    def decode_text(self, data: bytes) -> bytes:
        """Decode a text, without places: most texts have no secret."""
        if self.sign not in data:
            return data
        if self.sign == b"\\":
            return _unescape_text(data)
        if self.sign == b"&":
            return _decode_references(data)
        return self.substitute(data)

    def substitute(self, data: bytes) -> bytes:
        """Decode each escape with a call."""
        return self.pattern.sub(lambda escape: self.decode(escape[0]), data)

    def decode_with_places(self, data: bytes) -> Decoded:
        """Decode a text, with the place of each escape."""
        decoded = Decoded(data, [], [], [], [])
        pieces: list[bytes] = []
        at = size = 0
        for escape in self.pattern.finditer(data):
            begin, end = escape.span()
            value = self.decode(escape[0])
            pieces += (data[at:begin], value)
            size += begin - at
            decoded.begins.append(size)
            size += len(value)
            decoded.ends.append(size)
            decoded.source_begins.append(begin)
            decoded.source_ends.append(end)
            at = end
        return decoded._replace(text=b"".join((*pieces, data[at:]))) if pieces else decoded


def unescape(data: bytes) -> Decoded:
    """Decode the escapes of the strings of JSON and YAML in a text."""
    return _ESCAPES[0].decode_with_places(data) if b"\\" in data else Decoded(data, [], [], [], [])


def _unescape_text(data: bytes) -> bytes:
    if _BACKSLASH in data:
        return unescape(data).text
    if data.count(b"\\") * _SPARSE < len(data):
        return _ESCAPES[0].substitute(data)
    data = data.replace(b"\\\\", _BACKSLASH)
    for escape, character in _FREQUENT:
        data = data.replace(escape, character)
    if b"\\" in data:
        data = _ESCAPES[0].substitute(data)
    return data.replace(_BACKSLASH, b"\\")


def _unescape(escape: bytes) -> bytes:
    if len(escape) == 2:
        return _SHORT.get(escape[1:], escape[1:])
    if escape[1:2] in b"\r\n":
        return b""
    if len(escape) == 12:
        return bytes.fromhex(f"{escape[2:6].decode()}{escape[8:].decode()}").decode("utf-16-be").encode()
    return _encode(int(escape[2:], 16), escape)


def _decode_percent(escape: bytes) -> bytes:
    return bytes.fromhex(escape[1:].decode())


def _decode_reference(escape: bytes) -> bytes:
    name = escape[1:-1]
    if not name.startswith(b"#"):
        return _NAMES[name]
    return _encode(int(name[2:], 16) if name[1:2] in b"xX" else int(name[1:]), escape)


def _decode_references(data: bytes) -> bytes:
    if b"&#" in data:
        return _ESCAPES[2].substitute(data)
    for name, character in _NAMES.items():
        data = data.replace(b"&%b;" % name, character)
    return data


def _encode(character: int, escape: bytes) -> bytes:
    return chr(character).encode("utf-8", "surrogatepass") if character <= _LAST_CHARACTER else escape


_ESCAPES = (
    _Escapes(b"\\", _JSON, _unescape),
    _Escapes(b"%", _PERCENT, _decode_percent),
    _Escapes(b"&", _REFERENCE, _decode_reference),
)


class Level:
    """A text in a text, decoded from it in one or several steps.

    Attributes:
        text: The text.
        is_escaped: Whether the text has the backslashes of the original.
    """

    def __init__(self, text: bytes, source: Level | None = None, escapes: _Escapes = _ESCAPES[0]) -> None:
        self.text = text
        self._source = source
        self._escapes = escapes
        self.is_escaped: bool = source is None or (source.is_escaped and escapes is not _ESCAPES[0])
        self._places: dict[bytes, Decoded] = {}

    def to_source(self, begin: int, end: int, *, is_json: bool) -> Span:
        """Return the span in the original of a span of the text.

        In JSON, the span has no halves of escapes.
        """
        if is_json and self.is_escaped:
            begin, end = self._with_places(_ESCAPES[0]).widen(begin, end)
        level = self
        while level._source:
            begin, end = level._source._with_places(level._escapes).to_source(begin, end)
            level = level._source
        return begin, end

    def decode(self) -> Iterator[Level]:
        """Yield the texts that one further step decodes."""
        for escapes in _ESCAPES:
            decoded = escapes.decode_text(self.text)
            if decoded != self.text:
                yield Level(decoded, self, escapes)

    def blank(self, spans: Iterable[Span]) -> None:
        """Replace spans of the text with zeros.

        The texts that are decoded from it lack them.
        """
        pieces: list[bytes] = []
        at = 0
        for begin, end in spans:
            if begin >= at:
                pieces += (self.text[at:begin], bytes(end - begin))
                at = end
        self.text = b"".join((*pieces, self.text[at:])) if pieces else self.text
        self._places.clear()

    def _with_places(self, escapes: _Escapes) -> Decoded:
        if escapes.sign not in self._places:
            self._places[escapes.sign] = escapes.decode_with_places(self.text)
        return self._places[escapes.sign]


def decode_levels(data: bytes) -> Iterator[Level]:
    """Yield a text, then each different text that results from decoding it."""
    pending, seen = deque([Level(data)]), {data}
    while pending:
        level = pending.popleft()
        yield level
        for decoded in level.decode():
            if decoded.text not in seen and len(seen) < _MOST_LEVELS:
                seen.add(decoded.text)
                pending.append(decoded)
