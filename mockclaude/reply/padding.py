"""Pad the events of a stream with the irregular spaces of recorded streams, which parsers ignore."""

from __future__ import annotations

from mockclaude.api.events import Event
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, Piece, Response, Run, TimedPiece

MAX_SPACES = 15
"""The maximum number of spaces before the last brace of an event, as in recordings."""

_NOT_PADDED = ("message_start", "ping")
_END = b"}\n\n"


def pad_events(response: Response, draws: Draws) -> Response:
    """Add up to `MAX_SPACES` spaces to most events, drawn from the whole request."""
    own = draws.with_scope("padding")
    body = [TimedPiece(at, _pad(piece, own, str(number))) for number, (at, piece) in enumerate(response.body)]
    return response._replace(body=body)


def _pad(piece: Piece, draws: Draws, label: str) -> Piece:
    if isinstance(piece, Run):
        parts = [_pad_event(part, draws, f"{label}.{at}") for at, part in enumerate(piece.take_apart())]
        return Run(b"".join([part.encoded for part in parts]), lambda: parts)
    return _pad_event(piece, draws, label)


def _pad_event(piece: Event | Data, draws: Draws, label: str) -> Event | Data:
    if not isinstance(piece, Event) or piece.name in _NOT_PADDED:
        return piece
    spaces = b" " * draws.integer(label, 0, MAX_SPACES)
    return piece._replace(encoded=piece.encoded.removesuffix(_END) + spaces + _END)
