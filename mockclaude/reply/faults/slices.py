"""Slice the body of a response: by size, inside characters or blank lines, or at a rate. The bytes stay the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from mockclaude.reply.faults.resolve import bounded, cut
from mockclaude.reply.response import Response, Timed

GAP = 1_000
"""Microseconds between slices if none are given: enough for each to travel by itself."""

RATE_SLICE = 100_000
"""Microseconds between the slices of a body that is sent at a rate."""


def sliced(response: Response, by: int | str, gap: int | None) -> Response:
    """Return `response` in slices of `by` bytes, or cut inside each character (`utf8`) or blank line (`separator`)."""
    slices = bounded(_slices(response.body, lambda data: _cuts(data, by)))
    return _spaced(response, slices, [GAP if gap is None else gap] * len(slices))


def limited(response: Response, rate: float) -> Response:
    """Return `response` with its body at no more than `rate` bytes per second."""
    size = max(1, int(rate * RATE_SLICE / 1e6))
    slices = bounded(_slices(response.body, lambda data: range(size, len(data), size)))
    return _spaced(response, slices, [round(len(piece.encoded) / rate * 1e6) for _, piece in slices])


def _spaced(response: Response, slices: Iterable[Timed], gaps: Iterable[int]) -> Response:
    """Return `response` with `slices`, each at its time or, if later, its gap after the one before."""
    body: list[Timed] = []
    free = response.head_at
    for (at, piece), gap in zip(slices, gaps, strict=True):
        free = max(at, free + gap)
        body.append(Timed(free, piece))
    late = free - response.body[-1].at if response.body else 0
    return response._replace(body=body, end_at=response.end_at + late)


def _slices(body: Iterable[Timed], find_cuts: Callable[[bytes], Iterable[int]]) -> Iterator[Timed]:
    """Yield the pieces of `body`, each cut at the places that `find_cuts` returns."""
    for at, piece in body:
        size = len(piece.encoded)
        if places := [*find_cuts(piece.encoded)]:
            yield from (Timed(at, cut(piece, begin, end)) for begin, end in pairwise((0, *places, size)))
        else:
            yield Timed(at, piece)


def _cuts(data: bytes, by: int | str) -> Iterable[int]:
    if by == "utf8":
        return [at for at in range(1, len(data)) if data[at] & 0xC0 == 0x80 and data[at - 1] & 0xC0 == 0xC0]
    if by == "separator":
        return [at for at in range(1, len(data)) if data[at - 1 : at + 1] == b"\n\n"]
    return range(int(by), len(data), int(by))
