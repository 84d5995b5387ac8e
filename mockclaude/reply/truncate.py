"""A reply gives way to the request: `max_tokens`, a full context window and `stop_sequences` end it before its own end.

In: the parts of a reply, a request body, the tokens that the context window has left. Out: the parts up to where the
request ends them, and how it does.
Knows nothing of how parts were made and of streaming.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple, TypeVar

from pydantic_core import from_json

from mockclaude.api import tokens
from mockclaude.api.body import Body
from mockclaude.api.events import Block, CutToolUse, streamed_text
from mockclaude.reply.stops import StopSequences

T = TypeVar("T")


class Obeyed(NamedTuple):
    """What is left of a reply. `reason` is None where it came to its own end, `sequence` what stopped it."""

    parts: list[Any]
    reason: str | None = None
    sequence: str | None = None


def obey(parts: Sequence[Any], body: Body, room: float = inf) -> Obeyed:
    """Return `parts` up to the token or the stop sequence that ends them. Parts that are no blocks cost nothing.

    `room` is how many tokens the context window of the model still has.
    """
    truncation = Truncation(body, room)
    kept: list[Any] = []
    for part in parts:
        if not isinstance(part, dict):
            kept.append(part)
            continue
        kept += truncation.take(part)
        if truncation.reason is not None:
            break
    return Obeyed(kept, truncation.reason, truncation.sequence)


class Truncation:
    """Cuts a reply block by block. `reason` and `sequence` are as in `Obeyed`; with a `reason` the reply has ended.

    `left` is how many tokens the reply may still have.
    """

    def __init__(self, body: Body, room: float = inf) -> None:
        self.left, self._limit = _limit(body.get("max_tokens"), room)
        self.stops = StopSequences(body.get("stop_sequences") or ())
        self.reason: str | None = None
        self.sequence: str | None = None

    def take(self, whole: Block) -> list[Block]:
        """Return what the request leaves of the next block: the block, a part of it, or nothing."""
        block, sequence = _stopped(whole, self.stops)
        spent = tokens.of_output(block)
        if spent > self.left:
            return self.spend_all(_cut(block, int(self.left)))
        if sequence is not None:
            self.stop(sequence)
            return [block] if block["text"] else []
        self.left -= spent
        return [block]

    def spend_all(self, last: T) -> T:
        """Return `last`, with which the reply ends because it has no token left."""
        self.reason, self.sequence = self._limit, None
        return last

    def stop(self, sequence: str) -> None:
        """End the reply at a stop sequence."""
        self.reason, self.sequence = "stop_sequence", sequence


def _limit(max_tokens: int | None, room: float) -> tuple[float, str]:
    """Return how many tokens a reply may have, and the `stop_reason` of one that has them all."""
    if max_tokens is not None and max_tokens <= room:
        return max_tokens, "max_tokens"
    return room, "model_context_window_exceeded"


def _stopped(block: Block, stops: StopSequences) -> tuple[Block, str | None]:
    """Return a text block up to the first stop sequence, and the sequence; any other block as it is."""
    place = stops.first(block["text"]) if block["type"] == "text" else None
    return (block, None) if place is None else ({**block, "text": block["text"][: place[0]]}, place[1])


_CUT_AS = {"text": "text", "thinking": "thinking"}
_TOOL_USES = ("tool_use", "server_tool_use", "mcp_tool_use")


def _cut(block: Block, left: int) -> list[Block]:
    """Return what fits of `block` into `left` tokens: a part of its text or of its JSON, or nothing."""
    kind = block["type"]
    if kind in _TOOL_USES:
        return _cut_tool_use(block, left - tokens.of_output(CutToolUse(block, "")))
    text = tokens.cut(streamed_text(block), left) if kind in _CUT_AS else ""
    if not text:
        return []
    cut = {**block, _CUT_AS[kind]: text}
    return [{**cut, "signature": ""} if kind == "thinking" else cut]


def _cut_tool_use(block: Block, left: int) -> list[Block]:
    """Return a tool use whose JSON ends where its tokens do; its `input` is what the SDKs make of such JSON."""
    if left < 0:
        return []
    partial = tokens.cut(streamed_text(block), left)
    made = from_json(partial, allow_partial=True) if partial else {}
    return [CutToolUse({**block, "input": made}, partial)]
