"""Slices: the same bytes in other pieces, each later than the one before."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.headers import Headers
from mockclaude.reply.faults.slices import GAP, limit_rate, slice_body
from mockclaude.reply.response import Data, Response, TimedPiece

bodies = st.lists(st.tuples(st.integers(0, 10**6), st.text(min_size=1)), max_size=5).map(
    lambda pieces: tuple(TimedPiece(at, Data(f"{text}\n\n".encode())) for at, text in sorted(pieces))
)
ways = st.integers(1, 50) | st.sampled_from(["utf8", "separator"])


def exchange(body: Sequence[TimedPiece]) -> Response:
    return Response(200, Headers(), "", body, end_at=body[-1].at if body else 0)


def data(pieces: Sequence[TimedPiece]) -> bytes:
    return b"".join(piece.encoded for _, piece in pieces)


@given(bodies, ways)
def test_slices_have_the_same_bytes_at_later_times(body: Sequence[TimedPiece], by: int | str) -> None:
    parts = slice_body(exchange(body), by, None)
    times = [piece.at for piece in parts.body]

    assert data(parts.body) == data(body)
    assert all(later - earlier >= GAP for earlier, later in itertools.pairwise(times))
    assert parts.end_at >= max(times, default=0)
    assert isinstance(by, str) or all(0 < len(piece.encoded) <= by for _, piece in parts.body)


@given(bodies, st.floats(10, 1e6))
def test_a_rate_is_never_exceeded(body: Sequence[TimedPiece], rate: float) -> None:
    parts = limit_rate(exchange(body), rate)
    sent = 0
    for at, piece in parts.body:
        sent += len(piece.encoded)
        assert at >= sent / rate * 1e6 - len(parts.body)

    assert data(parts.body) == data(body)


def test_characters_and_blank_lines_are_cut_in_their_middle() -> None:
    body = (TimedPiece(0, Data("aé中\n\n".encode())),)

    assert [piece.encoded for _, piece in slice_body(exchange(body), "utf8", 5).body] == [
        b"a\xc3",
        b"\xa9\xe4",
        b"\xb8\xad\n\n",
    ]
    assert [piece.encoded for _, piece in slice_body(exchange(body), "separator", 5).body] == ["aé中\n".encode(), b"\n"]
    assert [piece.at for piece in slice_body(exchange(body), "separator", 5).body] == [5, 10]
