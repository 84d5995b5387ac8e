"""Texts that are counted while they grow, or cut to a number of tokens."""

from __future__ import annotations

from bisect import bisect_right

from mockclaude.api.token_weights import OLD, Weights
from mockclaude.api.tokens import count_text


def cut(text: str, count: int, weights: Weights = OLD) -> str:
    """Return the longest beginning of `text` with at most `count` tokens."""
    return GrowingText(weights).fit(text, count)


class GrowingText:
    """A text that grows, without being counted again from its beginning.

    Attributes:
        count: The thousandths of tokens of the text.
    """

    def __init__(self, weights: Weights) -> None:
        self.count = 0
        self._scale = weights.text
        self._tail = ""

    def fit(self, text: str, tokens: float) -> str:
        """Add the beginning of `text` that fits if the whole text may have `tokens`."""
        if tokens < 1:
            return ""
        before = self.count - count_text(self._tail, self._scale)

        def count_with(size: int) -> int:
            return before + count_text(self._tail + text[:size], self._scale)

        most, size = tokens * 1_000 + 499, len(text)
        count = count_with(size)
        if count > most:
            size = max(0, bisect_right(range(size), most, key=count_with) - 1)
            count = count_with(size)
        if size:
            self.count, self._tail = count, _shorten_run(self._tail + text[:size])
        return text[:size]


_WHITE = " \t\r\f\v\n"


def _shorten_run(text: str) -> str:
    """Return the last run of a text, as short as the tokens of its continuation allow."""
    last = text[-1]
    if not last.isascii():
        return ""
    if last in _WHITE:
        run = text[len(text.rstrip(_WHITE)) :]
        return run[:2] + "\n" * ("\n" in run)
    if last.isdigit():
        length = len(text) - len(text.rstrip("0123456789"))
        return last * ((length - 1) % 3 + 1)
    return text[-7:] if last.isalpha() else ""
