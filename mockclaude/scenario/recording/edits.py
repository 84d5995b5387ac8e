"""Edits of the bytes of a body: spans that a mark replaces, and the arrivals of the changed body."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from mockclaude.scenario.recording.exchange import Arrival
from mockclaude.scenario.recording.secret_search import Hit


class Edit(NamedTuple):
    """A span of a body that is replaced.

    Attributes:
        hit: The secret whose mark replaces the span; None if the mark is in an earlier delta.
        is_of_text: Whether the secret was found in the joined text of a block: the span is within a JSON string.
    """

    begin: int
    end: int
    hit: Hit | None
    is_of_text: bool = False


def merge_edits(of_texts: Iterable[Edit], of_bytes: Iterable[Edit]) -> list[Edit]:
    """Merge the edits of joined texts with the edits of bytes.

    Edits of one kind do not overlap. An edit of bytes that overlaps with another one is dropped: the search in the
    joined text knows the whole secret.
    """
    merged = sorted(of_texts, key=lambda edit: edit.begin)
    ends = [edit.end for edit in merged]
    for edit in of_bytes:
        number = bisect_right(ends, edit.begin)
        if number == len(ends) or merged[number].begin >= edit.end:
            merged.append(edit)
    return sorted(merged, key=lambda edit: edit.begin)


def apply_edits(data: bytes, edits: Sequence[Edit], mark: Callable[[Hit], bytes]) -> tuple[bytes, list[int]]:
    """Replace spans that do not overlap.

    Returns:
        The new bytes, and the number of bytes in place of each span.
    """
    pieces: list[bytes] = []
    at = 0
    for edit in edits:
        pieces += (data[at : edit.begin], _write(edit, mark))
        at = edit.end
    return b"".join((*pieces, data[at:])), [len(piece) for piece in pieces[1::2]]


def _write(edit: Edit, mark: Callable[[Hit], bytes]) -> bytes:
    if edit.hit is None:
        return b""
    quote = b"" if not edit.hit.is_number else b'\\"' if edit.is_of_text else b'"'
    return quote + mark(edit.hit) + quote


def move_arrivals(arrivals: Iterable[Arrival], edits: Sequence[Edit], sizes: Sequence[int]) -> Iterator[Arrival]:
    """Yield the arrivals of an edited body.

    A mark arrives with the first byte that it replaces.
    """
    moved = number = 0
    for arrival in arrivals:
        while number < len(edits) and edits[number].end <= arrival.end:
            moved += sizes[number] - (edits[number].end - edits[number].begin)
            number += 1
        end = arrival.end + moved
        if number < len(edits) and edits[number].begin < arrival.end:
            end = edits[number].begin + moved + sizes[number]
        yield arrival._replace(end=end)
