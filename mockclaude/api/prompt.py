"""The prompt that the model reads, if it is not the messages of the body: thinking is dropped or content is cleared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mockclaude.api.body import Body


class Prompt(NamedTuple):
    """The edited messages of a request, and the report of the edits.

    Attributes:
        messages: The edited messages, which count as input tokens.
        original_tokens: The input tokens before the edits of `context_management`.
        applied_edits: The entries of `context_management.applied_edits` in the response.
        transformations: The entries of `input_transformations` in the response.
        header: The value of the header `anthropic-thinking-prefix-mismatch`; '' omits it.
    """

    messages: list[Body]
    original_tokens: int = 0
    applied_edits: Sequence[dict[str, Any]] = ()
    transformations: Sequence[dict[str, Any]] = ()
    header: str = ""
