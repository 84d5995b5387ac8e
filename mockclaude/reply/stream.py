"""From a reply to the events that stream it, in order and without times.

In: a reply. Out: beats, each the bytes of one event or several, with the incidents of the reply between them.
Knows nothing of time or of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import events, tokens
from mockclaude.api.errors import ApiError
from mockclaude.api.events import Block
from mockclaude.api.memo import remember
from mockclaude.reply.compose import Disconnect, Pause, Reply

PIECES = (4, 18, 27, 12, 31, 22, 9, 35, 24, 18)
"""Lengths in characters of the pieces that text is streamed in, again and again: 20 on average, with a short first one,
as in recordings."""


class Beat(NamedTuple):
    """Bytes of a stream, and the tokens that are generated before they are sent."""

    data: bytes
    tokens: int = 0


Flow: TypeAlias = Iterator[Beat | Pause | Disconnect | ApiError]


def flow(reply: Reply, *, whole: bool) -> Flow:
    """Yield the events of `reply`; `whole` gives each block as one beat, which is all that a reply without pace needs.

    A block stays open until the next one begins, so that an error or a disconnect right after it finds it open.
    """
    index = -1
    for part in reply.parts:
        if not isinstance(part, dict):
            yield part
            continue
        yield Beat(_before(reply, index))
        index += 1
        if whole:
            yield Beat(block_bytes(index, part))
        else:
            yield from block_beats(index, part)
    ending = events.message_delta(reply.message) + events.MESSAGE_STOP
    yield Beat(_before(reply, index) + ending)


def pieces(text: str, turn: int = 0) -> Iterator[str]:
    """Yield `text` cut into pieces to stream, after `turn` pieces of the same block. A character is never cut."""
    begin = 0
    while begin < len(text):
        end = begin + PIECES[turn % len(PIECES)]
        yield text[begin:end]
        begin, turn = end, turn + 1


def block_beats(index: int, block: Block) -> tuple[Beat, ...]:
    """Return the beats of one block but its stop, a `ping` after the start of the first."""
    if block.keys() == {"type", "text"} and block["type"] == "text":
        return _text_beats(index, block["text"])
    return tuple(_beats(index, block))


def block_bytes(index: int, block: Block) -> bytes:
    """Return the beats of one block in one piece."""
    if block.keys() == {"type", "text"} and block["type"] == "text":
        return _text_bytes(index, block["text"])
    return b"".join(beat.data for beat in _beats(index, block))


@remember(512, 10_000)
def _text_beats(index: int, text: str) -> tuple[Beat, ...]:
    return tuple(_beats(index, {"type": "text", "text": text}))


@remember(512, 10_000)
def _text_bytes(index: int, text: str) -> bytes:
    return b"".join(beat.data for beat in _text_beats(index, text))


def _beats(index: int, block: Block) -> Iterator[Beat]:
    start = events.content_block_start(index, block)
    yield Beat(start + events.PING if index == 0 else start)
    for delta in events.deltas(block, tuple(pieces(events.streamed_text(block)))):
        yield Beat(events.delta_event(index, delta), _generated(delta))


_GENERATED = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def _generated(delta: dict[str, Any]) -> int:
    key = _GENERATED.get(delta["type"])
    return tokens.of_text(delta[key]) if key else 0


def _before(reply: Reply, index: int) -> bytes:
    """Return what comes before the block after `index`: the beginning of the message, or the end of that block."""
    if index >= 0:
        return events.content_block_stop(index)
    return events.message_start(reply.message, first_tokens=1 if reply.message["content"] else 0)
