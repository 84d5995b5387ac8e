"""Stream a reply: its events and incidents in order, without times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from mockclaude.api import events
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block, Event, StreamedBlock
from mockclaude.api.memo import remember
from mockclaude.api.model_constants import Constants
from mockclaude.reply.chunks import count_tokens, list_usual_sizes, split_text
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.response import Piece, Run, to_run


class CountedPieces(NamedTuple):
    """Successive pieces of a stream, and the tokens before each piece."""

    pieces: Sequence[Piece]
    tokens: Sequence[float] = (0,)


Flow: TypeAlias = Iterator[CountedPieces | Pause | Disconnect | ApiError]


def stream_events(reply: Reply, *, whole: bool) -> Flow:
    """Yield the events of `reply`, with each block in one piece if `whole`.

    A block stays open until the next block begins, so that an incident after the block finds the block open.
    """
    index = -1
    for part in reply.parts:
        if not isinstance(part, dict):
            yield part
            continue
        yield CountedPieces((_build_boundary(reply, index),))
        index += 1
        if whole:
            yield CountedPieces((build_block_run(index, part, reply.constants, reply.chunk_size),))
        else:
            yield build_block_pieces(index, part, reply.constants, reply.chunk_size)
    end = to_run(_build_boundary(reply, index), events.message_delta(reply.message), events.MESSAGE_STOP)
    yield CountedPieces((end,))


def build_block_pieces(index: int, block: Block, constants: Constants, chunk_size: int | None = None) -> CountedPieces:
    """Build the events of a block without its stop; a `ping` is with the first."""
    if _is_cacheable(block, chunk_size):
        return _build_text_pieces(index, constants, chunk_size, block["text"])
    return _build_block_pieces(index, constants, chunk_size, block)


def build_block_run(index: int, block: Block, constants: Constants, chunk_size: int | None = None) -> Run:
    """Build the events of a block without its stop, in one piece."""
    if _is_cacheable(block, chunk_size):
        return _build_text_run(index, constants, chunk_size, block["text"])
    return to_run(*_build_block_events(index, constants, chunk_size, block))


_MAX_CHUNKS = 1_000
"""Chunks of a text whose events are kept: as many as the longest text has without a chunk size."""


def _is_cacheable(block: Block, chunk_size: int | None) -> bool:
    if block.keys() != {"type", "text"} or block["type"] != "text" or isinstance(block, StreamedBlock):
        return False
    return chunk_size is None or len(block["text"]) <= chunk_size * _MAX_CHUNKS


@remember(512, 10_000)
def _build_text_pieces(index: int, constants: Constants, chunk_size: int | None, text: str) -> CountedPieces:
    return _build_block_pieces(index, constants, chunk_size, {"type": "text", "text": text})


@remember(512, 10_000)
def _build_text_run(index: int, constants: Constants, chunk_size: int | None, text: str) -> Run:
    block = {"type": "text", "text": text}
    opening = [event.encoded for event in _build_opening(index, block)]
    deltas = events.encode_text_deltas(index, "text_delta", "text", _split_block(block, constants, chunk_size))
    return Run(b"".join(opening + deltas), partial(_build_block_events, index, constants, chunk_size, block))


def _build_block_pieces(index: int, constants: Constants, chunk_size: int | None, block: Block) -> CountedPieces:
    start, *deltas = _build_block_events(index, constants, chunk_size, block)
    first: Piece = to_run(start, deltas.pop(0)) if deltas[:1] == [events.PING] else start
    texts = [event.data["delta"].get(_GENERATED.get(event.delta), "") for event in deltas]
    return CountedPieces((first, *deltas), (0, *count_tokens(texts, constants.weights)))


def _build_block_events(index: int, constants: Constants, chunk_size: int | None, block: Block) -> list[Event]:
    pieces = _split_block(block, constants, chunk_size)
    return _build_opening(index, block) + events.delta_events(index, block, pieces)


_WITHOUT_PING = ("tool_use", "server_tool_use")
"""Kinds of a first block without a `ping`, as in 27 recorded streams."""


def _build_opening(index: int, block: Block) -> list[Event]:
    start = events.content_block_start(index, block)
    return [start] if index or block["type"] in _WITHOUT_PING else [start, events.PING]


def _split_block(block: Block, constants: Constants, chunk_size: int | None) -> list[str]:
    kind, text = block["type"], events.streamed_text(block)
    if kind == "thinking" and not text and constants.empty_thinking_delta:
        return [""]
    usual = list_usual_sizes(kind, constants) if chunk_size is None else (chunk_size,)
    return list(split_text(text, sizes=events.list_sizes(block) or usual))


_GENERATED = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""The keys of the texts that the model generates, by type of delta."""


def _build_boundary(reply: Reply, index: int) -> Event:
    """Build the event between the block `index` and the next: the block's stop, or for -1 the message's start."""
    if index >= 0:
        return events.content_block_stop(index)
    first_tokens = 1 if reply.message["content"] else 0
    return events.message_start(reply.message, {**reply.first_usage, "output_tokens": first_tokens})
