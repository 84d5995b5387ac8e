"""Find the first stop sequence in a text, or in a text that arrives in parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

MAX_COMPARED = 50_000_000
"""Sequences times characters up to which each sequence is searched for alone: an index would take as long to build."""
_OF_A_SEARCH = 100
"""Characters that are compared in the least time of a search."""

_FEW, _SHORT = 100, 1_000
"""Number and total length of sequences up to which the end of a text is compared with each sequence."""


class StopSequences:
    """The stop sequences of a request."""

    def __init__(self, sequences: Sequence[str]) -> None:
        self.sequences = sequences
        self._compared = 0

    def find_first(self, text: str) -> tuple[int, str] | None:
        """Find the first sequence in `text` and its offset; a tie goes to list order."""
        if not self.sequences:
            return None
        self._compared += len(self.sequences) * (len(text) + _OF_A_SEARCH)
        place = self._search_each(text) if self._compared <= MAX_COMPARED else self._search_index(text)
        return place and (place[0], self.sequences[place[1]])

    def _search_each(self, text: str) -> tuple[int, int] | None:
        places = ((text.find(sequence), order) for order, sequence in enumerate(self.sequences) if sequence in text)
        return min(places, default=None)

    def _search_index(self, text: str) -> tuple[int, int] | None:
        matches = self._index.find_matches_as_indexes(_encode(text))
        places = [(0, self.sequences.index(""))] if "" in self.sequences else []
        if matches:
            order, start, _ = matches[0]
            places.append((len(_encode(text)[:start].decode("utf-8", "surrogatepass")), self._orders[order]))
        return min(places, default=None)

    @cached_property
    def _orders(self) -> list[int]:
        """The positions of the sequences in the index, which does not accept empty sequences."""
        return [order for order, sequence in enumerate(self.sequences) if sequence]

    @cached_property
    def _index(self) -> BytesAhoCorasick:
        from ahocorasick_rs import BytesAhoCorasick, MatchKind

        return BytesAhoCorasick([_encode(self.sequences[order]) for order in self._orders], MatchKind.LeftmostFirst)


class StopSearch:
    """A search for the first stop sequence in a text that arrives in parts."""

    def __init__(self, stops: StopSequences) -> None:
        self._stops = stops
        self._held: list[str] = []
        self._size = 0
        lengths = [len(sequence) for sequence in stops.sequences]
        self._longest = max(lengths, default=0)
        self._compares_ends = len(lengths) <= _FEW and sum(lengths) <= _SHORT

    def take(self, text: str, *, last: bool) -> tuple[str, str | None]:
        """Add text; return the text before any stop sequence, and the sequence if found.

        Text that may belong to a stop sequence is held back. If there are many sequences, the search waits for a text
        of twice the longest sequence, so that no text is searched often.
        """
        if not self._stops.sequences:
            return text, None
        self._held.append(text)
        self._size += len(text)
        if not (last or self._compares_ends or self._size >= 2 * self._longest):
            return "", None
        text = "".join(self._held)
        certain = len(text) if last else len(text) - self._count_uncertain(text)
        place = self._stops.find_first(text)
        if place is not None and (last or place[0] < certain):
            return text[: place[0]], place[1]
        self._held = [text[certain:]]
        self._size = len(text) - certain
        return text[:certain], None

    def _count_uncertain(self, text: str) -> int:
        if not self._compares_ends:
            return self._longest - 1
        return max(_count_overlap(sequence, text) for sequence in self._stops.sequences)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _count_overlap(sequence: str, text: str) -> int:
    """Count the characters at the end of `text` that may be the beginning of `sequence`."""
    tail = text[-(len(sequence) - 1) :] if len(sequence) > 1 else ""
    at = tail.find(sequence[0]) if tail else -1
    while at >= 0:
        if sequence.startswith(tail[at:]):
            return len(tail) - at
        at = tail.find(sequence[0], at + 1)
    return 0
