"""The prompt that the model reads, if it is not the messages of the body: thinking is dropped or content is cleared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mockclaude.api.body import Body

MISMATCH_HEADER = "anthropic-thinking-prefix-mismatch"
"""The response header with the first thinking block whose prefix differs."""


class Prompt(NamedTuple):
    """The edited messages of a request, and the report of the edits.

    Attributes:
        messages: The edited messages, which count as input tokens.
        original_tokens: The input tokens before the edits of `context_management`.
        applied_edits: The entries of `context_management.applied_edits` in the response.
        transformations: The entries of `input_transformations` in the response.
        header: The value of the `MISMATCH_HEADER`; '' omits it.
    """

    messages: list[Body]
    original_tokens: int = 0
    applied_edits: Sequence[dict[str, Any]] = ()
    transformations: Sequence[dict[str, Any]] = ()
    header: str = ""

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The headers of the response that report the edits."""
        return ((MISMATCH_HEADER, self.header),) if self.header else ()
