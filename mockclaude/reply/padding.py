"""Pad the events of a stream with the irregular spaces of recorded streams, which parsers ignore."""

from __future__ import annotations

from mockclaude.api.events import Event
from mockclaude.reply.draws import Draws
from mockclaude.reply.response import Data, Piece, Response, Run, TimedPiece

MAX_SPACES = 15
"""The maximum number of spaces before the last brace of an event, as in recordings."""

_NOT_PADDED = ("message_start", "ping")
_END = b"}\n\n"


class Padding:
    """The spaces of one stream, drawn from the whole request."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws.with_scope("padding")
        self._count = 0

    def pad(self, response: Response) -> Response:
        """Add up to `MAX_SPACES` spaces to most events of the next batch."""
        return response._replace(body=[TimedPiece(at, self._pad(piece)) for at, piece in response.body])

    def _pad(self, piece: Piece) -> Piece:
        if isinstance(piece, Run):
            parts = [self._pad_event(part) for part in piece.take_apart()]
            return Run(b"".join([part.encoded for part in parts]), lambda: parts)
        return self._pad_event(piece)

    def _pad_event(self, piece: Event | Data) -> Event | Data:
        self._count += 1
        if not isinstance(piece, Event) or piece.name in _NOT_PADDED:
            return piece
        spaces = b" " * self._draws.integer(str(self._count), 0, MAX_SPACES)
        return piece._replace(encoded=piece.encoded.removesuffix(_END) + spaces + _END)
