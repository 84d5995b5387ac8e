"""Stream a reply: its events in order, without times, and between them the incidents of the reply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import events, tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block, Event
from mockclaude.api.memo import remember
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.response import Piece, Run, run_of

PIECES = (4, 18, 27, 12, 31, 22, 9, 35, 24, 18)
"""Lengths in characters of the pieces that text is streamed in, again and again: 20 on average, with a short first one,
as in recordings."""


class CountedPiece(NamedTuple):
    """A piece of a stream, and the tokens that are generated before it is sent."""

    piece: Piece
    tokens: int = 0


Flow: TypeAlias = Iterator[CountedPiece | Pause | Disconnect | ApiError]


def stream_events(reply: Reply, *, whole: bool) -> Flow:
    """Yield the events of `reply`; `whole` gives each block as one piece, which is all that an instant reply needs.

    A block stays open until the next one begins, so that an error or a disconnect right after it finds it open.
    """
    index = -1
    for part in reply.parts:
        if not isinstance(part, dict):
            yield part
            continue
        yield CountedPiece(_before(reply, index))
        index += 1
        if whole:
            yield CountedPiece(block_run(index, part))
        else:
            yield from block_pieces(index, part)
    yield CountedPiece(run_of(_before(reply, index), events.message_delta(reply.message), events.MESSAGE_STOP))


def pieces(text: str, turn: int = 0) -> Iterator[str]:
    """Yield `text` cut into pieces to stream, after `turn` pieces of the same block. A character is never cut."""
    begin = 0
    while begin < len(text):
        end = begin + PIECES[turn % len(PIECES)]
        yield text[begin:end]
        begin, turn = end, turn + 1


def block_pieces(index: int, block: Block) -> tuple[CountedPiece, ...]:
    """Return the events of one block but its stop, a `ping` after the start of the first."""
    if block.keys() == {"type", "text"} and block["type"] == "text":
        return _text_pieces(index, block["text"])
    return tuple(_block_pieces(index, block))


def block_run(index: int, block: Block) -> Run:
    """Return the events of one block but its stop in one piece."""
    if block.keys() == {"type", "text"} and block["type"] == "text":
        return _text_run(index, block["text"])
    return run_of(*_block_events(index, block))


@remember(512, 10_000)
def _text_pieces(index: int, text: str) -> tuple[CountedPiece, ...]:
    return tuple(_block_pieces(index, {"type": "text", "text": text}))


@remember(512, 10_000)
def _text_run(index: int, text: str) -> Run:
    block = {"type": "text", "text": text}
    encoded = b"".join([event.encoded for event in _block_events(index, block)])
    return Run(encoded, _block_events, index, block)


def _block_pieces(index: int, block: Block) -> Iterator[CountedPiece]:
    start, *others = _block_events(index, block)
    if index == 0:
        yield CountedPiece(run_of(start, others.pop(0)))
    else:
        yield CountedPiece(start)
    yield from (CountedPiece(event, _generated(event.data["delta"])) for event in others)


def _block_events(index: int, block: Block) -> list[Event]:
    made = [events.content_block_start(index, block)]
    if index == 0:
        made.append(events.PING)
    deltas = events.deltas(block, tuple(pieces(events.streamed_text(block))))
    return made + [events.delta_event(index, delta) for delta in deltas]


_GENERATED = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def _generated(delta: dict[str, Any]) -> int:
    key = _GENERATED.get(delta["type"])
    return tokens.of_text(delta[key]) if key else 0


def _before(reply: Reply, index: int) -> Event:
    """Return what comes before the block after `index`: the beginning of the message, or the end of that block."""
    if index >= 0:
        return events.content_block_stop(index)
    return events.message_start(reply.message, first_tokens=1 if reply.message["content"] else 0)
