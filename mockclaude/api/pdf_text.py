"""The text of a page of a PDF, from its content stream.

Only operators that show text or move to another line are read, so that the work is linear in the length of the stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from mockclaude.api.pdf_fonts import Decode, decode_simple

KERN = -150
"""The greatest number between two strings that separates words. Pairs of letters have greater numbers, and the
narrowest space of a justified line has about -220.
"""

_TOKEN = re.compile(
    rb"\(((?:[^\\()]+|\\.|\((?:[^\\()]+|\\.)*\)?)*)\)?"  # a string, closed or not
    rb"|<([0-9A-Fa-f\s]*)>"
    rb"|(-\d{3,5})"
    rb"|(T[fdDmJj*]|BT|BDC|['\"])"
    rb"|I(?<![A-Za-z]I)D\s.*?(?:\sEI\b|\Z)",  # an image
    re.DOTALL,
)
MAX_TEXT = 20_000
"""The maximum number of characters of a text. A page full of text has 6,000."""

MAX_TOKENS = 6_000
"""The maximum number of tokens of a page. A page full of text has 2,000."""

_OPERANDS = 100
"""Bytes before an operator that hold its operands."""

_ESCAPED = re.compile(rb"\\([0-7]{1,3}|\r\n|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\n", b"t": b"\t", b"b": b"", b"f": b"", b"\n": b"", b"\r": b"", b"\r\n": b""}


def read_text(content: bytes, find_font: Callable[[str], Decode]) -> str:
    """Read the text of a content stream, with a line for each line on the page.

    The text has no repeated white space, and at most `MAX_TEXT` characters.

    Args:
        content: The unpacked stream.
        find_font: Returns the decoder of a font by its name.
    """
    page = _Page(find_font)
    for match in islice(_TOKEN.finditer(content), MAX_TOKENS):
        literal, code, kern, operator = match.groups()
        if literal is not None:
            page.shown.append(page.decode(_unescape(literal)))
        elif code is not None:
            page.shown.append(page.decode(bytes.fromhex(_even(code))))
        elif kern:
            page.shown.append(" " if int(kern) <= KERN else "")
        elif operator:
            start = match.start()
            page.operate(operator, content[max(0, start - _OPERANDS) : start])
    lines = (" ".join(line.split()) for line in "".join(page.texts).split("\n"))
    return "\n".join(line for line in lines if line)[:MAX_TEXT]


class _Page:
    """A page whose text is read.

    Attributes:
        decode: The decoder of the current font.
        shown: The strings since the last operator.
        texts: The texts up to that operator.
    """

    def __init__(self, find_font: Callable[[str], Decode]) -> None:
        self.decode: Decode = decode_simple
        self.shown: list[str] = []
        self.texts: list[str] = []
        self._find_font = find_font
        self._height = self._last_height = 0.0

    def operate(self, operator: bytes, before: bytes) -> None:
        """Execute an operator, with its operands at the end of `before`."""
        if operator in (b"'", b'"', b"T*"):
            self._height -= _LEADING
        if operator in (b"Tj", b"TJ", b"'", b'"'):
            if self._height != self._last_height:
                self.texts.append("\n")
            self._last_height = self._height
            self.texts += self.shown
        elif operator == b"Tf":
            self.decode = self._find_font(_find_name(before))
        elif operator == b"BT":
            self._height = 0.0
        elif operator in (b"Td", b"TD"):
            self._height = round(self._height + _last_number(before), 2)
        elif operator == b"Tm":
            self._height = _last_number(before)
        self.shown = []


_LEADING = 10.0
"""The height of a line, which only has to differ from 0."""


def _find_name(before: bytes) -> str:
    """Return the name before a size: `/F1 12`."""
    return before.rpartition(b"/")[2].split(b" ")[0].split(b"\n")[0].decode("latin-1").strip()


def _last_number(before: bytes) -> float:
    try:
        return round(float(before.rsplit(None, 1)[-1]), 2)
    except (IndexError, ValueError):
        return 0.0


def _unescape(literal: bytes) -> bytes:
    return _ESCAPED.sub(_replace, literal) if b"\\" in literal else literal


def _replace(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    return bytes((int(escaped, 8) & 255,)) if escaped[0] in b"01234567" else _ESCAPES.get(escaped, escaped)


def _even(code: bytes) -> str:
    digits = "".join(code.decode().split())
    return digits + "0" * (len(digits) % 2)
