"""Cut the streamed text of a block into chunks, the texts of its deltas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mockclaude.api import tokens
from mockclaude.api.model_constants import Constants
from mockclaude.api.token_weights import Weights

SHORT_TEXT = (4, 18, 10, 6, 10, 35, 9, 14, 4, 10)
LONG_TEXT = (4, 18, 80, 64, 97, 80, 122, 53, 80, 110, 89)
THINKING = (4, 18, 16, 12, 16, 40, 9, 16, 28, 14)
TOOL_JSON = (4, 12, 5, 3, 5, 7, 2, 5, 11, 5)
"""Lengths of the pieces of a streamed text in characters, repeated. The medians are recorded: 10, 80, 16 and 5."""


def list_usual_sizes(kind: str, constants: Constants) -> tuple[int, ...]:
    """List the lengths of the pieces of a block of this kind, repeated."""
    if kind == "text":
        return LONG_TEXT if constants.delta == 80 else SHORT_TEXT
    return THINKING if kind == "thinking" else TOOL_JSON


def measure_chunks(chunks: int | Sequence[str], text: str) -> Sequence[int]:
    """Return the lengths of the chunks of `text`.

    Args:
        chunks: The number of chunks of equal length, at most one for each character; or the chunks themselves.
        text: The text, which can lack the beginning of the chunks: the client's prefill.
    """
    if isinstance(chunks, int):
        count = min(chunks, len(text))
        return [end - begin for begin, end in pairwise([len(text) * number // count for number in range(count + 1)])]
    sizes = [len(chunk) for chunk in chunks]
    missing, first = sum(sizes) - len(text), 0
    while missing > 0:
        missing -= sizes[first]
        first += 1
    return [-missing, *sizes[first:]] if missing else sizes[first:]


def split_text(text: str, turn: int = 0, sizes: Sequence[int] = SHORT_TEXT) -> Iterator[str]:
    """Yield the pieces of a streamed text, which follows `turn` pieces of the block."""
    begin = 0
    while begin < len(text):
        end = begin + sizes[turn % len(sizes)]
        yield text[begin:end]
        begin, turn = end, turn + 1
    while turn < len(sizes) and not sizes[turn]:
        yield ""
        turn += 1


def count_tokens(pieces: Sequence[str], weights: Weights) -> Iterator[float]:
    """Spread the tokens of a text over its pieces by length.

    The sum does not depend on the cuts.
    """
    size = sum(map(len, pieces))
    total = tokens.of_text("".join(pieces), weights)
    return (total * len(piece) / size if size else 0.0 for piece in pieces)
