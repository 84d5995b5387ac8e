"""Stop sequences: the first of them in a text, and in a text that comes in parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ahocorasick_rs import BytesAhoCorasick

MAX_COMPARED = 50_000_000
"""Pairs of a sequence and a character up to which sequences are searched for one by one. An index of them takes as long
to build.
"""
_OF_A_SEARCH = 100
"""Characters that are compared in the time that a search for one sequence takes at least."""

_FEW, _SHORT = 100, 1_000
"""Sequences, and characters in all of them, up to which the end of a text is compared with each sequence."""


class StopSequences:
    """The stop sequences of a request."""

    def __init__(self, sequences: Sequence[str]) -> None:
        self.sequences = sequences
        self._compared = 0

    def first(self, text: str) -> tuple[int, str] | None:
        """Return where the first sequence in `text` starts, and the sequence: of several, the one listed first."""
        if not self.sequences:
            return None
        self._compared += len(self.sequences) * (len(text) + _OF_A_SEARCH)
        place = self._one_by_one(text) if self._compared <= MAX_COMPARED else self._by_index(text)
        return place and (place[0], self.sequences[place[1]])

    def _one_by_one(self, text: str) -> tuple[int, int] | None:
        places = ((text.find(each), order) for order, each in enumerate(self.sequences) if each in text)
        return min(places, default=None)

    def _by_index(self, text: str) -> tuple[int, int] | None:
        matches = self._index.find_matches_as_indexes(_encode(text))
        places = [(0, self.sequences.index(""))] if "" in self.sequences else []
        if matches:
            order, start, _ = matches[0]
            places.append((len(_encode(text)[:start].decode("utf-8", "surrogatepass")), self._orders[order]))
        return min(places, default=None)

    @cached_property
    def _orders(self) -> list[int]:
        """The positions of the sequences that the index has: it takes no empty ones."""
        return [order for order, each in enumerate(self.sequences) if each]

    @cached_property
    def _index(self) -> BytesAhoCorasick:
        from ahocorasick_rs import BytesAhoCorasick, MatchKind

        return BytesAhoCorasick([_encode(self.sequences[order]) for order in self._orders], MatchKind.LeftmostFirst)


class StopSearch:
    """Finds the first stop sequence in a text that comes in parts."""

    def __init__(self, stops: StopSequences) -> None:
        self._stops = stops
        self._held: list[str] = []
        self._size = 0
        lengths = [len(each) for each in stops.sequences]
        self._longest = max(lengths, default=0)
        self._compares_ends = len(lengths) <= _FEW and sum(lengths) <= _SHORT

    def take(self, text: str, *, last: bool) -> tuple[str, str | None]:
        """Return what is certain not to belong to a stop sequence, and the sequence that ends the text, if one does.

        Many sequences are searched for once there is a text of twice their length, so that nothing is searched often.
        """
        if not self._stops.sequences:
            return text, None
        self._held.append(text)
        self._size += len(text)
        if not (last or self._compares_ends or self._size >= 2 * self._longest):
            return "", None
        text = "".join(self._held)
        certain = len(text) if last else len(text) - self._uncertain(text)
        place = self._stops.first(text)
        if place is not None and (last or place[0] < certain):
            return text[: place[0]], place[1]
        self._held = [text[certain:]]
        self._size = len(text) - certain
        return text[:certain], None

    def _uncertain(self, text: str) -> int:
        """Return how many characters at the end of `text` may be the beginning of a sequence."""
        if not self._compares_ends:
            return self._longest - 1
        return max(_begun(sequence, text) for sequence in self._stops.sequences)


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _begun(sequence: str, text: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `sequence`."""
    tail = text[-(len(sequence) - 1) :] if len(sequence) > 1 else ""
    at = tail.find(sequence[0]) if tail else -1
    while at >= 0:
        if sequence.startswith(tail[at:]):
            return len(tail) - at
        at = tail.find(sequence[0], at + 1)
    return 0
