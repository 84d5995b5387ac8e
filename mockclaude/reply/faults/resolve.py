"""Resolve the events and positions of a fault in a response whose events are separate pieces."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from mockclaude.api.events import Event
from mockclaude.reply.response import Data, Piece, Response, TimedPiece
from mockclaude.scenario.format.positions import EventSelector, Position

MAX_PIECES, MAX_BYTES = 500_000, 64_000_000
"""The largest body that faults may build."""


class TooLargeError(Exception):
    """A fault enlarges a body beyond the maximum."""


class ResolvedPosition(NamedTuple):
    """A position as an offset in the body, and the time of that offset.

    Attributes:
        offset: The bytes of the body before the position; None before the headers.
    """

    offset: int | None
    at: int


def resolve(response: Response, position: Position) -> ResolvedPosition | None:
    """Resolve `position` in `response`; None if the response does not have it.

    In a JSON message, a position at an event is before the headers. An error has no such position.
    """
    unit, amount, selector = position
    if unit == "headers":
        return ResolvedPosition(None, response.head_at)
    if unit in ("before", "after", "events") and not response.is_stream:
        return ResolvedPosition(None, response.head_at) if response.status == 200 else None
    if unit == "time":
        return _resolve_time(response, int(amount))
    if unit == "end":
        return ResolvedPosition(response.size, response.end_at)
    if unit in ("before", "after"):
        return _resolve_event(response, selector, after=unit == "after")
    if unit == "events":
        return _resolve_pieces(response, int(amount)) if amount <= len(response.body) else None
    size = response.size
    offset = 0 if unit == "body" else int(amount if unit == "bytes" else amount * size)
    return ResolvedPosition(offset, _find_time(response, offset)) if offset <= size else None


def _resolve_event(response: Response, selector: EventSelector, *, after: bool) -> ResolvedPosition | None:
    indices = response.find_events(selector)
    if not indices:
        return None
    resolved = _resolve_pieces(response, indices[0] + after)
    return resolved if after else resolved._replace(at=response.body[indices[0]].at)


def _resolve_pieces(response: Response, count: int) -> ResolvedPosition:
    pieces = response.body[:count]
    size = sum([len(piece.encoded) for _, piece in pieces])
    return ResolvedPosition(size, pieces[-1].at if pieces else response.head_at)


def _resolve_time(response: Response, at: int) -> ResolvedPosition | None:
    if at > response.end_at:
        return None
    if at < response.head_at:
        return ResolvedPosition(None, at)
    return ResolvedPosition(sum([len(piece.encoded) for sent_at, piece in response.body if sent_at <= at]), at)


def _find_time(response: Response, offset: int) -> int:
    """Return the time of the byte before `offset`."""
    return next(
        (at for (at, _), end in zip(response.body, _list_ends(response), strict=True) if end >= offset > 0),
        response.head_at,
    )


def _list_ends(response: Response) -> Iterable[int]:
    return accumulate([len(piece.encoded) for _, piece in response.body])


def split(response: Response, offset: int) -> tuple[tuple[TimedPiece, ...], tuple[TimedPiece, ...]]:
    """Split the body at `offset`; the piece that contains `offset` is cut."""
    before: list[TimedPiece] = []
    for index, (at, piece) in enumerate(response.body):
        data = piece.encoded
        if len(data) > offset:
            if offset:
                before.append(TimedPiece(at, cut_piece(piece, 0, offset)))
                piece = cut_piece(piece, offset, len(data))
            return tuple(before), (TimedPiece(at, piece), *response.body[index + 1 :])
        before.append(response.body[index])
        offset -= len(data)
    return tuple(before), ()


def cut_piece(piece: Piece, begin: int, end: int) -> Piece:
    """Return bytes of `piece`.

    The beginning of an event with its name still counts as the event, but without JSON that could be edited.
    """
    data = piece.encoded[begin:end]
    if begin == 0 and isinstance(piece, Event) and end >= len("event: ") + len(piece.name):
        return piece._replace(data=None, encoded=data)
    return Data(data)


def replace_bytes(piece: Piece, data: bytes) -> Piece:
    """Return `piece` with other bytes.

    An event stays an event, but without JSON that could be edited.
    """
    return piece._replace(data=None, encoded=data) if isinstance(piece, Event) else Data(data)


def select_whole_pieces(response: Response, offset: int) -> tuple[TimedPiece, ...]:
    """Select the pieces that end within `offset` bytes: events are never split."""
    return tuple(timed for timed, end in zip(response.body, _list_ends(response), strict=True) if end <= offset)


def collect_pieces(pieces: Iterable[TimedPiece]) -> list[TimedPiece]:
    """Collect the pieces of a body.

    Raises:
        TooLargeError: The body exceeds the maximum.
    """
    body: list[TimedPiece] = []
    size = 0
    for timed in pieces:
        size += len(timed.piece.encoded)
        body.append(timed)
        check_size(len(body), size)
    return body


def check_size(pieces: int, size: int) -> None:
    """Check the number of pieces and bytes of a body.

    Raises:
        TooLargeError: The body exceeds the maximum.
    """
    if pieces > MAX_PIECES or size > MAX_BYTES:
        raise TooLargeError(f"makes more than {MAX_PIECES:,} pieces or {MAX_BYTES // 1_000_000} MB")
