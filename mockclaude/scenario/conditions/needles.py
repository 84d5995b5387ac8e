"""Needles: texts without which a condition does not match. All needles of many rules are searched for in one pass."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from mockclaude.scenario.conditions.regex_set import TextSet

_LONGEST = 100
"""Characters of a needle that are searched for."""

_SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of pairs, which no pattern of RE2 can contain."""


class Needle(NamedTuple):
    """A text that a condition requires, in any case if `folded`. Every text contains the empty needle."""

    text: str
    folded: bool = False


class NeedleIndex:
    """An index of `needles`, which finds those that a text contains in time linear in the text."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._needles = sorted(set(needles))
        self._set = TextSet((_longest_part(needle.text), needle.folded) for needle in self._needles)

    def find(self, text: str) -> Collection[Needle]:
        """Return the needles that `text` contains, and perhaps others that are not whole.

        If memory does not suffice for one pass, each is searched for by itself.
        """
        found = self._set.find(text)
        if found is None:
            return [needle for needle in self._needles if needle.folded or needle.text in text]
        return [self._needles[index] for index in found]


def is_whole(text: str) -> bool:
    """Return whether a needle of `text` is found exactly where the text is; of other texts a part is searched for."""
    return _longest_part(text) == text


def _longest_part(text: str) -> str:
    return max(_SURROGATES.split(text), key=len)[:_LONGEST]
