"""Build the events of a live reply with their times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockclaude.api import events
from mockclaude.api.events import Block, Event
from mockclaude.api.model_constants import Constants
from mockclaude.reply.chunks import count_tokens, list_usual_sizes, split_text
from mockclaude.reply.live.live_draft import Addition, MoreText, Signature
from mockclaude.reply.pace_clock import PaceClock
from mockclaude.reply.response import Piece, TimedPiece, to_run, to_timed_pieces
from mockclaude.reply.stream import build_block_pieces


class LiveStream:
    """The events of one message. A block stays open until the next block begins."""

    def __init__(self, clock: PaceClock, constants: Constants, chunk_size: int | None = None) -> None:
        self.clock = clock
        self._constants = constants
        self._chunk_size = chunk_size
        self._index = -1
        self._turn = 0

    @property
    def has_begun(self) -> bool:
        """Whether the message has an event."""
        return self._index >= 0

    def begin(self, message: dict[str, Any]) -> TimedPiece:
        """Build `message_start`."""
        return TimedPiece(self.clock.generate(0, first=True), events.message_start(message, {"output_tokens": 1}))

    def add(self, addition: Addition) -> Iterator[TimedPiece]:
        """Yield the events of an addition. A pause only advances the clock."""
        if isinstance(addition, dict):
            yield from self._block(addition)
        elif isinstance(addition, MoreText):
            for piece, count in self._split(addition):
                delta = {"type": f"{addition.kind}_delta", addition.kind: piece}
                yield self._delta(delta, count)
        elif isinstance(addition, Signature):
            yield self._delta({"type": "signature_delta", "signature": addition.signature}, 0)
        else:
            self.clock.wait(addition.microseconds or 0)

    def end(self, message: dict[str, Any]) -> TimedPiece:
        """Build the end of the message."""
        return self._send(to_run(self._stop(), events.message_delta(message), events.MESSAGE_STOP), 0)

    def _split(self, addition: MoreText) -> Iterator[tuple[str, float]]:
        """Yield the pieces of a text and their tokens."""
        usual = list_usual_sizes(addition.kind, self._constants)
        sizes = usual if self._chunk_size is None else (self._chunk_size,)
        pieces = list(split_text(addition.text, self._turn, sizes))
        self._turn += len(pieces)
        return zip(pieces, count_tokens(pieces, self._constants.weights), strict=True)

    def _block(self, block: Block) -> Iterator[TimedPiece]:
        if self._index >= 0:
            yield self._send(self._stop(), 0)
        self._index += 1
        self._turn = 0
        pieces, counts = build_block_pieces(self._index, block, self._constants, self._chunk_size)
        yield from to_timed_pieces(self.clock.generate_all(counts, first=False), pieces)

    def _stop(self) -> Event:
        return events.content_block_stop(self._index)

    def _delta(self, delta: dict[str, Any], count: float) -> TimedPiece:
        return self._send(events.delta_event(self._index, delta), count)

    def _send(self, piece: Piece, count: float) -> TimedPiece:
        return TimedPiece(self.clock.generate(count, first=False), piece)
