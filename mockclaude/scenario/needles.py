"""Needles: texts without which a rule cannot match. All of them are searched for in one pass over a text."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import TYPE_CHECKING

from mockclaude.scenario.regex import encode

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

_FEW = 200
"""Up to this number, needles are searched for one after the other: each search ends where its needle is found, and the
index finds every occurrence.
"""

_SHORT = 3
"""Shorter needles occur too often for the index, which finds every occurrence; each is searched for by itself."""


class NeedleIndex:
    """An index of `needles` that finds those that a text contains."""

    def __init__(self, needles: Iterable[str]) -> None:
        distinct = set(needles)
        self._short = {needle for needle in distinct if len(needle) < _SHORT}
        self._long = sorted(distinct - self._short)
        self._automaton = _build_automaton(self._long) if len(self._long) > _FEW else None

    def find(self, text: str) -> Container[str]:
        """Return a container of needles; one of the index is in it if `text` contains the needle."""
        if self._automaton is None:
            return text
        matches = self._automaton.find_matches_as_indexes(encode(text), overlapping=True)
        return {needle for needle in self._short if needle in text}.union([self._long[index] for index, *_ in matches])


def _build_automaton(needles: list[str]) -> BytesAhoCorasick:
    from ahocorasick_rs import BytesAhoCorasick

    return BytesAhoCorasick(map(encode.__wrapped__, needles))
