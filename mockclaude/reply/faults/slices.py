"""The body of a response in slices: of a size, inside characters or blank lines, or at a rate.

In: an exchange. Out: the exchange with more and later pieces, which hold the same bytes.
Knows nothing of why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockclaude.reply.exchange import Exchange, bounded
from mockclaude.reply.script import Send

GAP = 1_000
"""Microseconds between slices where nobody says: enough for each to travel by itself."""

RATE_SLICE = 100_000
"""Microseconds between the slices of a body that is sent at a rate."""


def sliced(exchange: Exchange, by: int | str, gap: int | None) -> Exchange:
    """Return `exchange` in slices of `by` bytes, or cut inside each character (`utf8`) or blank line (`separator`)."""
    slices = bounded(Send(at, part) for at, data in exchange.body for part in _parts(data, _cuts(data, by)))
    return _spaced(exchange, slices, [GAP if gap is None else gap] * len(slices))


def limited(exchange: Exchange, rate: float) -> Exchange:
    """Return `exchange` with its body at no more than `rate` bytes per second."""
    size = max(1, int(rate * RATE_SLICE / 1e6))
    slices = bounded(
        Send(at, part) for at, data in exchange.body for part in _parts(data, range(size, len(data), size))
    )
    return _spaced(exchange, slices, [round(len(part.data) / rate * 1e6) for part in slices])


def _spaced(exchange: Exchange, slices: Iterable[Send], gaps: Iterable[int]) -> Exchange:
    """Return `exchange` with `slices`, each at its time or, if later, its gap after the one before."""
    body: list[Send] = []
    free = exchange.head_at
    for (at, data), gap in zip(slices, gaps, strict=True):
        free = max(at, free + gap)
        body.append(Send(free, data))
    late = free - exchange.body[-1].at if exchange.body else 0
    return exchange._replace(body=tuple(body), end_at=exchange.end_at + late)


def _parts(data: bytes, cuts: Iterable[int]) -> Iterator[bytes]:
    begin = 0
    for cut in (*cuts, len(data)):
        yield data[begin:cut]
        begin = cut


def _cuts(data: bytes, by: int | str) -> Iterable[int]:
    if by == "utf8":
        return [at for at in range(1, len(data)) if data[at] & 0xC0 == 0x80 and data[at - 1] & 0xC0 == 0xC0]
    if by == "separator":
        return [at for at in range(1, len(data)) if data[at - 1 : at + 1] == b"\n\n"]
    return range(int(by), len(data), int(by))
