"""Add the estimated tokens to the thinking of a stream, which the beta `thinking-token-count-2026-05-13` asks for.

Recorded: `estimated_tokens` is null for thinking with a text, and now and then a multiple of 50 for omitted thinking.
Supposed: the first delta of omitted thinking has null, and each later one 50.
"""

from __future__ import annotations

from collections.abc import Iterator

from mockclaude.api import events, tokens
from mockclaude.api.events import Event
from mockclaude.api.token_weights import Weights
from mockclaude.reply.response import Piece, Response, Run, TimedPiece

_COUNTED = (b'"thinking_delta"', b'"signature_delta"')

_STEP = 50
"""The tokens of one delta."""


class ThinkingCounts:
    """The estimates of one stream, from each batch of events to the next."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._has_delta = self._is_shown = False

    def add(self, response: Response) -> Response:
        """Return the batch with the estimates."""
        return response._replace(body=[TimedPiece(at, self._edit(piece)) for at, piece in response.body])

    def _edit(self, piece: Piece) -> Piece:
        if not any(kind in piece.encoded for kind in _COUNTED):
            return piece
        pieces = piece.take_apart() if isinstance(piece, Run) else (piece,)
        edited = [new for part in pieces for new in (self._count(part) if isinstance(part, Event) else (part,))]
        return edited[0] if len(edited) == 1 else Run(b"".join([part.encoded for part in edited]), lambda: edited)

    def _count(self, event: Event) -> Iterator[Event]:
        if event.delta == "thinking_delta":
            self._has_delta, text = True, event.data["delta"]["thinking"]
            self._is_shown = self._is_shown or text != ""
            yield _delta(event, text, None)
            return
        if event.delta == "signature_delta":
            if not self._is_shown:
                yield from self._count_omitted(event)
            self._has_delta = self._is_shown = False
        yield event

    def _count_omitted(self, event: Event) -> Iterator[Event]:
        """Yield the deltas before the signature of omitted thinking."""
        if not self._has_delta:
            yield _delta(event, "", None)
        block = {"type": "thinking", "thinking": "", "signature": event.data["delta"]["signature"]}
        for _ in range(tokens.of_block(block, self._weights) // _STEP):
            yield _delta(event, "", _STEP)


def _delta(event: Event, text: str, count: int | None) -> Event:
    """Build a delta of the block of `event`."""
    delta = {"type": "thinking_delta", "thinking": text, "estimated_tokens": count}
    return events.delta_event(event.data["index"], delta)
