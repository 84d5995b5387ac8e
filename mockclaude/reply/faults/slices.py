"""Slice the body of a response: by size, inside characters or blank lines, or at a rate. The bytes stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from mockclaude.reply.faults.resolve import check_size, cut
from mockclaude.reply.response import Data, Piece, Response, Timed

GAP = 1_000
"""Microseconds between slices if none are given: enough for each to travel by itself."""

RATE_SLICE = 100_000
"""Microseconds between the slices of a body that is sent at a rate."""


def slice_body(response: Response, by: int | str, gap: int | None) -> Response:
    """Return `response` in slices of `by` bytes, or cut inside each character (`utf8`) or blank line (`separator`)."""
    between = GAP if gap is None else gap
    return _slice(response, lambda data: _cuts(data, by), lambda _: between)


def limit_rate(response: Response, rate: float) -> Response:
    """Return `response` with its body at no more than `rate` bytes per second."""
    size = max(1, int(rate * RATE_SLICE / 1e6))
    return _slice(response, lambda data: range(size, len(data), size), lambda count: round(count / rate * 1e6))


def _slice(
    response: Response, find_cuts: Callable[[bytes], Sequence[int]], gap_before: Callable[[int], int]
) -> Response:
    """Return `response` in slices, each at its time or, if later, a gap after the one before.

    `find_cuts` returns the places at which bytes are cut, `gap_before` the gap before a slice of this size.
    """
    body: list[Timed] = []
    size, free = 0, response.head_at
    for at, piece in response.body:
        cuts = find_cuts(piece.encoded)
        size += len(piece.encoded)
        check_size(len(body) + len(cuts) + 1, size)
        for part in _parts(piece, cuts):
            free = max(at, free + gap_before(len(part.encoded)))
            body.append(Timed(free, part))
    late = free - response.body[-1].at if response.body else 0
    return response._replace(body=body, end_at=response.end_at + late)


def _parts(piece: Piece, cuts: Sequence[int]) -> Iterator[Piece]:
    """Yield `piece` cut at these places; without any it stays the event that it is."""
    if not cuts:
        yield piece
        return
    data = piece.encoded
    yield cut(piece, 0, cuts[0])
    for begin, end in pairwise((*cuts, len(data))):
        yield Data(data[begin:end])


def _cuts(data: bytes, by: int | str) -> Sequence[int]:
    if by == "utf8":
        return [at for at in range(1, len(data)) if data[at] & 0xC0 == 0x80 and data[at - 1] & 0xC0 == 0xC0]
    if by == "separator":
        return [at for at in range(1, len(data)) if data[at - 1 : at + 1] == b"\n\n"]
    return range(int(by), len(data), int(by))
