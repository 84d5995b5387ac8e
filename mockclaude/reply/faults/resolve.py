"""Find the events and positions that a fault names in a response whose events are pieces of their own."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from mockclaude.api.events import Event
from mockclaude.reply.response import Data, Piece, Response, Timed
from mockclaude.scenario.format.positions import EventSelector, Position

MAX_PIECES, MAX_BYTES = 500_000, 64_000_000
"""Pieces and bytes that a body may have once faults have made more of it."""


class TooLargeError(Exception):
    """A fault makes more of a body than a response may have."""


class ResolvedPosition(NamedTuple):
    """The place of a position in a body: after `offset` bytes, sent `at` this time; None for before the headers."""

    offset: int | None
    at: int


def resolve(response: Response, position: Position) -> ResolvedPosition | None:
    """Return where `position` is in `response`; None if it is not in it.

    In a JSON message, a position at an event is before the headers. An error has no such position.
    """
    unit, amount, selector = position
    if unit == "headers":
        return ResolvedPosition(None, response.head_at)
    if unit in ("before", "after", "events") and not response.is_stream:
        return ResolvedPosition(None, response.head_at) if response.status == 200 else None
    if unit == "time":
        return _at_time(response, int(amount))
    if unit == "end":
        return ResolvedPosition(response.size, response.end_at)
    if unit in ("before", "after"):
        return _at_event(response, selector, after=unit == "after")
    if unit == "events":
        return _after_pieces(response, int(amount)) if amount <= len(response.body) else None
    size = response.size
    offset = 0 if unit == "body" else int(amount if unit == "bytes" else amount * size)
    return ResolvedPosition(offset, _time_of(response, offset)) if offset <= size else None


def _at_event(response: Response, selector: EventSelector, *, after: bool) -> ResolvedPosition | None:
    found = response.find_events(selector)
    if not found:
        return None
    resolved = _after_pieces(response, found[0] + after)
    return resolved if after else resolved._replace(at=response.body[found[0]].at)


def _after_pieces(response: Response, count: int) -> ResolvedPosition:
    sent = response.body[:count]
    size = sum([len(piece.encoded) for _, piece in sent])
    return ResolvedPosition(size, sent[-1].at if sent else response.head_at)


def _at_time(response: Response, at: int) -> ResolvedPosition | None:
    if at > response.end_at:
        return None
    if at < response.head_at:
        return ResolvedPosition(None, at)
    return ResolvedPosition(sum([len(piece.encoded) for sent_at, piece in response.body if sent_at <= at]), at)


def _time_of(response: Response, offset: int) -> int:
    """Return when the byte before `offset` is sent."""
    return next(
        (at for (at, _), end in zip(response.body, _ends(response), strict=True) if end >= offset > 0),
        response.head_at,
    )


def _ends(response: Response) -> Iterable[int]:
    return accumulate([len(piece.encoded) for _, piece in response.body])


def split(response: Response, offset: int) -> tuple[tuple[Timed, ...], tuple[Timed, ...]]:
    """Return the body's pieces up to `offset` bytes and the others; the piece that contains it is cut."""
    before: list[Timed] = []
    for index, (at, piece) in enumerate(response.body):
        data = piece.encoded
        if len(data) > offset:
            if offset:
                before.append(Timed(at, cut(piece, 0, offset)))
                piece = cut(piece, offset, len(data))
            return tuple(before), (Timed(at, piece), *response.body[index + 1 :])
        before.append(response.body[index])
        offset -= len(data)
    return tuple(before), ()


def cut(piece: Piece, begin: int, end: int) -> Piece:
    """Return bytes of `piece`. The beginning of an event counts as that event, but has no data to be edited."""
    data = piece.encoded[begin:end]
    if begin == 0 and isinstance(piece, Event) and end >= len("event: ") + len(piece.name):
        return piece._replace(data=None, encoded=data)
    return Data(data)


def whole_pieces(response: Response, offset: int) -> tuple[Timed, ...]:
    """Return the pieces of the body that end within `offset` bytes, so that an insertion comes between events."""
    return tuple(timed for timed, end in zip(response.body, _ends(response), strict=True) if end <= offset)


def bounded(pieces: Iterable[Timed]) -> list[Timed]:
    """Return the pieces of a body. Raises `TooLargeError` once there are too many of them."""
    body: list[Timed] = []
    size = 0
    for timed in pieces:
        size += len(timed.piece.encoded)
        body.append(timed)
        check_size(len(body), size)
    return body


def check_size(pieces: int, size: int) -> None:
    """Raise `TooLargeError` if a body of this many pieces and bytes is too large."""
    if pieces > MAX_PIECES or size > MAX_BYTES:
        raise TooLargeError(f"makes more than {MAX_PIECES:,} pieces or {MAX_BYTES // 1_000_000} MB")
