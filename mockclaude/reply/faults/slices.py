"""Slice the body of a response by size, inside characters or blank lines, or at a rate, without changing bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from mockclaude.reply.faults.resolve import check_size, cut_piece
from mockclaude.reply.response import Data, Piece, Response, TimedPiece

GAP = 1_000
"""Default gap between slices in microseconds: each slice is usually a TCP segment of its own."""

RATE_SLICE = 100_000
"""Microseconds between the slices of a body with a limited rate."""


def slice_body(response: Response, by: int | str, gap: int | None) -> Response:
    """Slice the body by size, inside characters or inside blank lines.

    Args:
        response: The response.
        by: The bytes of a slice, `utf8` (inside characters) or `separator` (inside blank lines).
        gap: Microseconds between slices; None for `GAP`.
    """
    between = GAP if gap is None else gap
    return _slice(response, lambda data: _find_cuts(data, by), lambda _: between)


def limit_rate(response: Response, rate: float) -> Response:
    """Slice the body so that it has at most `rate` bytes per second."""
    size = max(1, int(rate * RATE_SLICE / 1e6))
    return _slice(response, lambda data: range(size, len(data), size), lambda count: round(count / rate * 1e6))


def _slice(
    response: Response, find_cuts: Callable[[bytes], Sequence[int]], gap_before: Callable[[int], int]
) -> Response:
    """Slice the body. A slice has the time of its piece or, if later, a gap after the previous slice.

    Args:
        response: The response.
        find_cuts: Returns the offsets of the cuts in bytes.
        gap_before: Returns the gap before a slice of a number of bytes, in microseconds.
    """
    body: list[TimedPiece] = []
    size, free = 0, response.head_at
    for at, piece in response.body:
        cuts = find_cuts(piece.encoded)
        size += len(piece.encoded)
        check_size(len(body) + len(cuts) + 1, size)
        for part in _split_piece(piece, cuts):
            free = max(at, free + gap_before(len(part.encoded)))
            body.append(TimedPiece(free, part))
    late = free - response.body[-1].at if response.body else 0
    return response._replace(body=body, end_at=response.end_at + late)


def _split_piece(piece: Piece, cuts: Sequence[int]) -> Iterator[Piece]:
    """Yield the parts of `piece`; without cuts, an event stays an event."""
    if not cuts:
        yield piece
        return
    data = piece.encoded
    yield cut_piece(piece, 0, cuts[0])
    for begin, end in pairwise((*cuts, len(data))):
        yield Data(data[begin:end])


def _is_blank_line(data: bytes, at: int) -> bool:
    """Return whether a line ends before `at`, and an empty line at it."""
    pair = data[at - 1 : at + 1]
    return pair != b"\r\n" and pair.strip(b"\r\n") == b""


def _find_cuts(data: bytes, by: int | str) -> Sequence[int]:
    if by == "utf8":
        return [at for at in range(1, len(data)) if data[at] & 0xC0 == 0x80 and data[at - 1] & 0xC0 == 0xC0]
    if by == "separator":
        return [at for at in range(1, len(data)) if _is_blank_line(data, at)]
    return range(int(by), len(data), int(by))
