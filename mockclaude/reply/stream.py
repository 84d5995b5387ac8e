"""Stream a reply: its events and incidents in order, without times."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import events, tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block, Event
from mockclaude.api.memo import remember
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.response import Data, Piece, Run, to_run

PIECES = (4, 18, 27, 12, 31, 22, 9, 35, 24, 18)
"""Lengths of the pieces of a streamed text in characters, repeated: 20 on average and a short first piece, as in
recordings."""


class CountedPiece(NamedTuple):
    """A piece of a stream, and the tokens that are generated before the piece."""

    piece: Piece
    tokens: int = 0


Flow: TypeAlias = Iterator[CountedPiece | Pause | Disconnect | ApiError]


def stream_events(reply: Reply, *, whole: bool) -> Flow:
    """Yield the events of `reply`, with each block in one piece if `whole`.

    A block stays open until the next block begins, so that an incident after the block finds the block open.
    """
    index = -1
    for part in reply.parts:
        if not isinstance(part, dict):
            yield part
            continue
        yield CountedPiece(_build_boundary(reply, index))
        index += 1
        if whole:
            yield CountedPiece(build_block_run(index, part))
        else:
            yield from build_block_pieces(index, part)
    yield CountedPiece(to_run(_build_boundary(reply, index), events.message_delta(reply.message), events.MESSAGE_STOP))


def list_events(reply: Reply) -> list[Event | Data]:
    """List the events of a reply without incidents."""
    counted = [part.piece for part in stream_events(reply, whole=True) if isinstance(part, CountedPiece)]
    return [part for piece in counted for part in (piece.take_apart() if isinstance(piece, Run) else (piece,))]


def split_text(text: str, turn: int = 0) -> Iterator[str]:
    """Yield the pieces of a streamed text, which follows `turn` pieces of the block."""
    begin = 0
    while begin < len(text):
        end = begin + PIECES[turn % len(PIECES)]
        yield text[begin:end]
        begin, turn = end, turn + 1


def build_block_pieces(index: int, block: Block) -> tuple[CountedPiece, ...]:
    """Build the events of a block without its stop, with a `ping` in the first."""
    if block.keys() == {"type", "text"} and block["type"] == "text":
        return _build_text_pieces(index, block["text"])
    return tuple(_build_block_pieces(index, block))


def build_block_run(index: int, block: Block) -> Run:
    """Build the events of a block without its stop, in one piece."""
    if block.keys() == {"type", "text"} and block["type"] == "text":
        return _build_text_run(index, block["text"])
    return to_run(*_build_block_events(index, block))


@remember(512, 10_000)
def _build_text_pieces(index: int, text: str) -> tuple[CountedPiece, ...]:
    return tuple(_build_block_pieces(index, {"type": "text", "text": text}))


@remember(512, 10_000)
def _build_text_run(index: int, text: str) -> Run:
    block = {"type": "text", "text": text}
    encoded = b"".join([event.encoded for event in _build_block_events(index, block)])
    return Run(encoded, partial(_build_block_events, index, block))


def _build_block_pieces(index: int, block: Block) -> Iterator[CountedPiece]:
    start, *others = _build_block_events(index, block)
    if index == 0:
        yield CountedPiece(to_run(start, others.pop(0)))
    else:
        yield CountedPiece(start)
    yield from (CountedPiece(event, _count_tokens(event.data["delta"])) for event in others)


def _build_block_events(index: int, block: Block) -> list[Event]:
    block_events = [events.content_block_start(index, block)]
    if index == 0:
        block_events.append(events.PING)
    deltas = events.deltas(block, tuple(split_text(events.streamed_text(block))))
    return block_events + [events.delta_event(index, delta) for delta in deltas]


_GENERATED = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def _count_tokens(delta: dict[str, Any]) -> int:
    key = _GENERATED.get(delta["type"])
    return tokens.of_text(delta[key]) if key else 0


def _build_boundary(reply: Reply, index: int) -> Event:
    """Build the event between the block `index` and the next: the block's stop, or for -1 the message's start."""
    if index >= 0:
        return events.content_block_stop(index)
    return events.message_start(reply.message, first_tokens=1 if reply.message["content"] else 0)
