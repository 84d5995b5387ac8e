"""Search for many texts or regular expressions in one pass, with RE2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.conditions.regex import encode
from mockclaude.scenario.conditions.regex_syntax import LETTERS_I

_MEMORY = (32 << 20, 256 << 20)
"""Bytes for a set and the states of a search. A set that exceeds the first limit gets the second."""

_LETTER_I = compile_lazily(f"[{LETTERS_I}]")

_ALWAYS = rb"\z"
"""A pattern that every text matches, at its end. RE2 does not report a lack of memory; then this pattern is missing."""


class RegexSet:
    """Regular expressions of RE2 to search for in one pass.

    A set that exceeds one of the `sizes` in bytes gets the next.
    """

    def __init__(self, patterns: Iterable[bytes], sizes: Iterable[int]) -> None:
        self._compiled = _compile([_ALWAYS, *patterns], sizes)

    def find(self, text: str) -> list[int] | None:
        """Return the indexes of the matches in `text`, or None without enough memory."""
        found = self._compiled.Match(encode(text)) if self._compiled else []
        return [index - 1 for index in found if index] if 0 in found else None


class TextSet(RegexSet):
    """Texts to search for, each with a flag that ignores case.

    None may contain surrogates.
    """

    def __init__(self, texts: Iterable[tuple[str, bool]]) -> None:
        super().__init__((_to_pattern(text, folded) for text, folded in texts), _MEMORY)


def _compile(patterns: list[bytes], sizes: Iterable[int]) -> Any:
    """Compile a set of patterns. Return None if it is too large."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    for options.max_mem in sizes:
        compiled = re2.Set.SearchSet(options)
        try:
            for pattern in patterns:
                compiled.Add(pattern)
            compiled.Compile()
        except re2.error:
            continue
        return compiled
    return None


def _to_pattern(text: str, folded: bool) -> bytes:
    import re2

    escaped: str = re2.escape(text)
    return (f"(?i:{_LETTER_I.sub(f'[{LETTERS_I}]', escaped)})" if folded else escaped).encode()
