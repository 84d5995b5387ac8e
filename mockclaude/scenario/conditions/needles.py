"""Needles: texts without which a condition does not match. All needles of many rules are searched in one pass."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.conditions.regex_set import TextSet

_LONGEST = 100
"""The maximum length of a needle, in characters."""

_SURROGATES = compile_lazily("[\ud800-\udfff]")
"""Surrogates, which no pattern of RE2 can contain."""


class Needle(NamedTuple):
    """A text that a condition requires; if `folded`, in any case.

    Every text contains the empty needle.
    """

    text: str
    folded: bool = False


class NeedleIndex:
    """An index of needles that finds those in a text, in time linear in the text."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._needles = sorted(set(needles))
        self._set = TextSet((_longest_part(needle.text), needle.folded) for needle in self._needles)

    def find(self, text: str) -> Collection[Needle]:
        """Return the needles that `text` contains, and perhaps others.

        Of a needle that is not whole, only a part is searched. Without enough memory for one pass, each needle is
        searched separately.
        """
        found = self._set.find(text)
        if found is None:
            return [needle for needle in self._needles if needle.folded or needle.text in text]
        return [self._needles[index] for index in found]


def is_whole(text: str) -> bool:
    """Return whether the whole of `text` is searched.

    Of a long text or one with surrogates a part is searched.
    """
    return _longest_part(text) == text


def _longest_part(text: str) -> str:
    return max(_SURROGATES.split(text), key=len)[:_LONGEST]
