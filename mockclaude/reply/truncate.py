"""Truncate a reply at `max_tokens`, at a full context window or at a stop sequence."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple, TypeVar

from mockclaude.api import growing_text, tokens
from mockclaude.api.body import Body
from mockclaude.api.checks.size_checks import count_window_tokens
from mockclaude.api.events import (
    Block,
    HiddenThinking,
    StreamedBlock,
    generated_text,
    list_sizes,
    replace_text,
    streamed_text,
)
from mockclaude.api.request import MessagesRequest
from mockclaude.api.token_weights import OLD, Weights
from mockclaude.api.tool_json import parse_tool_json
from mockclaude.reply.stops import StopSequences

T = TypeVar("T")


class TruncatedReply(NamedTuple):
    """The parts of a reply up to its truncation.

    Attributes:
        reason: The `stop_reason` of the truncation; None for a whole reply.
        sequence: The stop sequence that ended the reply.
    """

    parts: list[Any]
    reason: str | None = None
    sequence: str | None = None


def count_tokens_left(request: MessagesRequest) -> float:
    """Count the tokens that the model's context window has left for a reply."""
    return max(0, count_window_tokens(request) - request.input_tokens)


def truncate(parts: Sequence[Any], body: Body, window_tokens: float = inf, weights: Weights = OLD) -> TruncatedReply:
    """Truncate `parts` as the request body demands. Only blocks have tokens.

    Args:
        parts: Blocks and incidents, in order.
        body: The request body.
        window_tokens: The tokens that the model's context window has left.
        weights: The weights of the model.
    """
    truncation = Truncation(body, window_tokens, weights)
    remaining: list[Any] = []
    for part in parts:
        if not isinstance(part, dict):
            remaining.append(part)
            continue
        remaining += truncation.take(part)
        if truncation.reason is not None:
            break
    return TruncatedReply(remaining, truncation.reason, truncation.sequence)


class Truncation:
    """The state of a truncation, block by block. A reply with a `reason` has ended.

    Attributes:
        left: The tokens that the reply has left.
        weights: The weights of the model.
    """

    def __init__(self, body: Body, window_tokens: float = inf, weights: Weights = OLD) -> None:
        self.weights = weights
        self.left, self._limit = _limit(body.get("max_tokens"), window_tokens)
        self.stops = StopSequences(body.get("stop_sequences") or ())
        self.reason: str | None = None
        self.sequence: str | None = None

    def take(self, whole: Block) -> list[Block]:
        """Return the next block as a list: whole, cut, or empty if none of it is left."""
        block, sequence = _cut_at_stop(whole, self.stops)
        spent = tokens.of_output(block, self.weights)
        if spent > self.left:
            return self.spend_all(_cut_to_fit(block, int(self.left), self.weights))
        if sequence is not None:
            self.stop(sequence)
            return [block] if block["text"] else []
        self.left -= spent
        return [block]

    def spend_all(self, last: T) -> T:
        """End the reply for lack of tokens and return `last`."""
        self.reason, self.sequence = self._limit, None
        return last

    def stop(self, sequence: str) -> None:
        """End the reply at a stop sequence."""
        self.reason, self.sequence = "stop_sequence", sequence


def _limit(max_tokens: int | None, window_tokens: float) -> tuple[float, str]:
    """Return the maximum of tokens, and the `stop_reason` of a reply that reaches the maximum."""
    if max_tokens is not None and max_tokens <= window_tokens:
        return max_tokens, "max_tokens"
    return window_tokens, "model_context_window_exceeded"


def _cut_at_stop(block: Block, stops: StopSequences) -> tuple[Block, str | None]:
    place = stops.find_first(block["text"]) if block["type"] == "text" else None
    return (block, None) if place is None else (replace_text(block, {"text": block["text"][: place[0]]}), place[1])


_CUT_AS = {"text": "text", "thinking": "thinking"}
_TOOL_USES = ("tool_use", "server_tool_use", "mcp_tool_use")


def _cut_to_fit(block: Block, left: int, weights: Weights) -> list[Block]:
    kind = block["type"]
    if kind in _TOOL_USES:
        return _cut_tool_use(block, left - tokens.of_output(StreamedBlock(block, ""), weights), weights)
    text = growing_text.cut(generated_text(block), left, weights) if kind in _CUT_AS else ""
    if not text:
        return []
    if isinstance(block, HiddenThinking):
        return [HiddenThinking({**block, "signature": ""}, text)]
    unsigned = {"signature": ""} if kind == "thinking" else {}
    return [replace_text(block, {_CUT_AS[kind]: text, **unsigned})]


def _cut_tool_use(block: Block, left: int, weights: Weights) -> list[Block]:
    """Cut the JSON of a tool call."""
    if left < 0:
        return []
    text = growing_text.cut(streamed_text(block), left, weights)
    return [StreamedBlock({**block, "input": parse_tool_json(text)}, text, list_sizes(block))]
