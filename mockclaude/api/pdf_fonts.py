"""The text of strings in a font of a PDF, by the table `ToUnicode` of the font."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import TypeAlias

Decode: TypeAlias = Callable[[bytes], str]
"""A function that decodes a string."""

MAX_CHARACTERS = 4
"""The maximum number of characters of a code, so that no text is much longer than its strings."""

_SECTION = re.compile(rb"beginbf(char|range)")
_HEX = rb"<([0-9A-Fa-f\s]*)>\s*"
_CHARACTER = re.compile(_HEX + _HEX)
_RANGE = re.compile(_HEX + _HEX + rb"(?:" + _HEX + rb"|\[([^\]]*))")
_ITEM = re.compile(_HEX)


class CodeMap(dict[int, str]):
    """The text of each code. A range is not expanded, but looked up."""

    def __init__(self, characters: dict[int, str], ranges: Iterable[tuple[int, int, int]]) -> None:
        super().__init__(characters)
        self._ranges = sorted(ranges)

    def __missing__(self, code: int) -> str:
        at = bisect_right(self._ranges, (code, _MAX_CODE, 0)) - 1
        first, last, target = self._ranges[at] if at >= 0 else (0, -1, 0)
        character = target + code - first
        text = self[code] = chr(character) if code <= last and character < _MAX_CODE else ""
        return text


_MAX_CODE = 0xD800
"""Codes and characters are below: the next ones are halves of a pair."""


def decode_simple(string: bytes) -> str:
    """Decode a string of a font with one byte for each code, and without a table."""
    return string.decode("cp1252", "replace")


def build_decoder(table: bytes, *, is_composite: bool) -> Decode:
    """Build the decoder of a font.

    Args:
        table: The table `ToUnicode`; empty for none.
        is_composite: Whether a code has two bytes.
    """
    if not table:
        return (lambda _: "") if is_composite else decode_simple
    codes = _read_table(table)
    if is_composite:
        return lambda string: string[: len(string) & ~1].decode("utf-16-be", "replace").translate(codes)
    return lambda string: string.decode("latin-1").translate(codes)


def _read_table(table: bytes) -> CodeMap:
    characters: dict[int, str] = {}
    ranges: list[tuple[int, int, int]] = []
    _, *sections = _SECTION.split(table)
    for kind, section in zip(sections[::2], sections[1::2], strict=True):
        if kind == b"char":
            characters.update((_to_code(code), _to_text(text)) for code, text in _CHARACTER.findall(section))
            continue
        for first, last, target, targets in _RANGE.findall(section):
            if targets:
                items = enumerate(_ITEM.findall(targets), _to_code(first))
                characters.update((code, _to_text(text)) for code, text in items)
            else:
                ranges.append((_to_code(first), _to_code(last), _to_code(target)))
    return CodeMap(characters, ranges)


def _to_code(digits: bytes) -> int:
    return int(b"".join(digits.split())[:_DIGITS] or b"0", 16)


_DIGITS = 4
"""Digits of a code."""


def _to_text(digits: bytes) -> str:
    joined = b"".join(digits.split())[: MAX_CHARACTERS * _DIGITS].decode()
    whole = joined[: len(joined) // _DIGITS * _DIGITS] if len(joined) > _DIGITS else joined and joined.zfill(_DIGITS)
    return bytes.fromhex(whole).decode("utf-16-be", "replace")
