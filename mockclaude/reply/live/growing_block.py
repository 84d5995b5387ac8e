"""Grow the last block of a live reply.

Text is released as soon as possible. An end that may be the beginning of a stop sequence, or of the client's prefill,
is held back until the text continues or the block ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockclaude.api import tokens
from mockclaude.api.events import Block, HiddenThinking
from mockclaude.api.growing_text import GrowingText
from mockclaude.api.request import MessagesRequest
from mockclaude.api.token_weights import OLD
from mockclaude.reply.signatures import sign
from mockclaude.reply.stops import StopSearch, StopSequences
from mockclaude.reply.truncate import Truncation

_FIRST_CHARACTER = 4
"""Tokens that may be too few for the first character of a text: the block may stay empty."""


class GrowingBlock:
    """A `text` or `thinking` block under construction.

    Without a `truncation`, all text is released immediately.

    Attributes:
        block: The block; empty until `assemble` or `close`.
        has_begun: Whether text was released, or the block certainly stays in the reply.
    """

    def __init__(self, block: Block, truncation: Truncation | None, prefill: str = "") -> None:
        self.block = block
        self.kind: str = block["type"]
        self._truncation = truncation
        self._prefill = _Prefill(prefill)
        stops = truncation.stops if truncation and self.kind == "text" else StopSequences(())
        self._stop = StopSearch(stops)
        self.has_begun = truncation is None or (not stops.sequences and truncation.left > _FIRST_CHARACTER)
        self._counted = GrowingText(truncation.weights if truncation else OLD)
        self._texts: list[str] = []
        self._released: list[str] = []

    def add(self, text: str) -> str:
        """Add text; return the text that is released. Hidden thinking releases nothing."""
        self._texts.append(text)
        return self._show(self._release(text, last=False))

    def close(self) -> str:
        """Complete the block and count its tokens; return the text that was held back."""
        rest = self._show(self._release("", last=True))
        self.has_begun = self.has_begun or not self._is_cut
        self.assemble()
        if self._truncation is not None:
            self._truncation.left -= tokens.of_output(self.block, self._truncation.weights)
        return rest

    def assemble(self) -> None:
        """Write the released text into `block`."""
        text = "".join(self._released)
        if isinstance(self.block, HiddenThinking):
            self.block.text = text
        else:
            self.block[self.kind] = text

    def sign(self, seed: int, request: MessagesRequest, content: Sequence[Block]) -> str:
        """Write the signature into a closed `thinking` block; '' for a cut block.

        Args:
            seed: The seed of the scenario.
            request: The request.
            content: The blocks before this one.
        """
        if not self._is_cut:
            text, shown_text = "".join(self._texts), self.block["thinking"]
            self.block["signature"] = sign(seed, request, content, text, shown_text)
        return str(self.block["signature"])

    @property
    def _is_cut(self) -> bool:
        return self._truncation is not None and self._truncation.reason is not None

    def _show(self, text: str) -> str:
        return "" if isinstance(self.block, HiddenThinking) else text

    def _release(self, text: str, *, last: bool) -> str:
        if self._is_cut:
            return ""
        if self._truncation is not None:
            text = self._truncate(self._truncation, self._prefill.take(text, last=last), last=last)
        self._released.append(text)
        self.has_begun = self.has_begun or text != ""
        return text

    def _truncate(self, truncation: Truncation, text: str, *, last: bool) -> str:
        """Return the text that may be released, up to a stop sequence or to the last token."""
        certain, sequence = self._stop.take(text, last=last)
        if sequence is not None:
            truncation.stop(sequence)
        fitting = self._counted.fit(certain, truncation.left)
        return certain if len(fitting) == len(certain) else truncation.spend_all(fitting)


class _Prefill:
    """Removes the client's prefill from the beginning of a text that arrives in parts."""

    def __init__(self, expected: str) -> None:
        self._expected = expected
        self._seen = ""

    def take(self, text: str, *, last: bool) -> str:
        if not self._expected:
            return text
        seen = self._seen + text
        if not last and len(seen) < len(self._expected) and self._expected.startswith(seen):
            self._seen = seen
            return ""
        rest = seen.removeprefix(self._expected)
        self._expected = ""
        return rest
