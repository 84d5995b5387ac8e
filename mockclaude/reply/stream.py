"""Stream a reply: its events and incidents in order, without times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api import events, tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block, Event, StreamedBlock
from mockclaude.api.memo import remember
from mockclaude.reply.chunks import PIECES, count_tokens, split_text
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.response import Piece, Run, to_run


class CountedPiece(NamedTuple):
    """A piece of a stream, and the tokens that are generated before the piece."""

    piece: Piece
    tokens: float = 0


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
            yield CountedPiece(build_block_run(index, part, reply.chunk_size))
        else:
            yield from build_block_pieces(index, part, reply.chunk_size)
    yield CountedPiece(to_run(_build_boundary(reply, index), events.message_delta(reply.message), events.MESSAGE_STOP))


def build_block_pieces(index: int, block: Block, chunk_size: int | None = None) -> tuple[CountedPiece, ...]:
    """Build the events of a block without its stop, with a `ping` in the first."""
    if _is_cacheable(block, chunk_size):
        return _build_text_pieces(index, chunk_size, block["text"])
    return tuple(_build_block_pieces(index, chunk_size, block))


def build_block_run(index: int, block: Block, chunk_size: int | None = None) -> Run:
    """Build the events of a block without its stop, in one piece."""
    if _is_cacheable(block, chunk_size):
        return _build_text_run(index, chunk_size, block["text"])
    return to_run(*_build_block_events(index, chunk_size, block))


_MAX_CHUNKS = 500
"""Chunks of a text whose events are kept: as many as the longest text has without a chunk size."""


def _is_cacheable(block: Block, chunk_size: int | None) -> bool:
    if block.keys() != {"type", "text"} or block["type"] != "text" or isinstance(block, StreamedBlock):
        return False
    return chunk_size is None or len(block["text"]) <= chunk_size * _MAX_CHUNKS


@remember(512, 10_000)
def _build_text_pieces(index: int, chunk_size: int | None, text: str) -> tuple[CountedPiece, ...]:
    return tuple(_build_block_pieces(index, chunk_size, {"type": "text", "text": text}))


@remember(512, 10_000)
def _build_text_run(index: int, chunk_size: int | None, text: str) -> Run:
    block = {"type": "text", "text": text}
    opening, before, after = _frame_text(index)
    texts = (after + before).join(map(orjson.dumps, _split(block, chunk_size)))
    encoded = b"%b%b%b%b" % (opening, before, texts, after) if texts else opening
    return Run(encoded, partial(_build_block_events, index, chunk_size, block))


@lru_cache(maxsize=64)
def _frame_text(index: int) -> tuple[bytes, bytes, bytes]:
    """Return the bytes before the deltas of a text block, and before and after the text of a delta."""
    opening = b"".join([event.encoded for event in _build_block_events(index, None, {"type": "text", "text": ""})])
    before, _, after = events.delta_event(index, {"type": "text_delta", "text": ""}).encoded.partition(b'""')
    return opening, before, after


def _build_block_pieces(index: int, chunk_size: int | None, block: Block) -> Iterator[CountedPiece]:
    start, *others = _build_block_events(index, chunk_size, block)
    if index == 0:
        yield CountedPiece(to_run(start, others.pop(0)))
    else:
        yield CountedPiece(start)
    texts = [_read_generated(event.data["delta"]) for event in others]
    is_cut = chunk_size is not None or events.list_sizes(block)
    counts: Iterable[float] = count_tokens(texts) if is_cut else map(tokens.of_text, texts)
    yield from map(CountedPiece, others, counts)


def _build_block_events(index: int, chunk_size: int | None, block: Block) -> list[Event]:
    block_events = [events.content_block_start(index, block)]
    if index == 0:
        block_events.append(events.PING)
    deltas = events.deltas(block, tuple(_split(block, chunk_size)))
    return block_events + [events.delta_event(index, delta) for delta in deltas]


def _split(block: Block, chunk_size: int | None) -> Iterator[str]:
    sizes: Sequence[int] = events.list_sizes(block) or (PIECES if chunk_size is None else (chunk_size,))
    return split_text(events.streamed_text(block), sizes=sizes)


_GENERATED = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def _read_generated(delta: dict[str, Any]) -> str:
    """Return the text of a delta that the model generates."""
    key = _GENERATED.get(delta["type"])
    return delta[key] if key else ""


def _build_boundary(reply: Reply, index: int) -> Event:
    """Build the event between the block `index` and the next: the block's stop, or for -1 the message's start."""
    if index >= 0:
        return events.content_block_stop(index)
    return events.message_start(reply.message, first_tokens=1 if reply.message["content"] else 0)
