"""The prompt cache."""

from __future__ import annotations

from typing import NamedTuple


class InputUsage(NamedTuple):
    """The input tokens of a request, by what the prompt cache makes of them."""

    input_tokens: int
    created_5m: int = 0
    created_1h: int = 0
    read: int = 0
