"""Checks of the context window. A model that the catalogue does not list has no limit."""

from __future__ import annotations

from math import inf

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest

OVERFLOW_BETA = "model-context-window-exceeded-2025-08-26"
"""With this beta, models before Claude 4.5 too write until the context window is full (documented)."""


LONG_BETA = "context-1m-2025-08-07"
"""With this beta, Sonnet 4 and 4.5 have the window that the catalogue lists (documented)."""


def count_window_tokens(request: MessagesRequest) -> float:
    """Count the tokens of the model's context window."""
    model = request.model_info
    if model is None:
        return inf
    return model.max_input_tokens if LONG_BETA in request.api_headers.betas else request.constants.plain_window


def _too_long(request: MessagesRequest) -> Details | None:
    most = count_window_tokens(request)
    return None if request.input_tokens <= most else {"tokens": request.input_tokens, "most": most}


def _too_long_together(request: MessagesRequest) -> Details | None:
    model, max_tokens = request.model_info, request.body.get("max_tokens")
    if model is None or max_tokens is None or model.abilities.overflow or OVERFLOW_BETA in request.api_headers.betas:
        return None
    most = count_window_tokens(request)
    if request.input_tokens + max_tokens <= most:
        return None
    return {"tokens": request.input_tokens, "max_tokens": max_tokens, "most": most}


CHECKS: tuple[Check, ...] = (
    Check(
        "a prompt that is longer than the context window",
        "prompt is too long: {tokens} tokens > {most} maximum",
        "recorded",
        _too_long,
        "long",
        gateway=True,
        citation="crmne/ruby_llm, claude-haiku-4-5 handles context length exceeded errors",
    ),
    Check(
        "a prompt and an answer that are together longer than the context window",
        "input length and `max_tokens` exceed context limit: {tokens} + {max_tokens} > {most}, "
        "decrease input length or `max_tokens` and try again",
        "reported",
        _too_long_together,
        "long",
        gateway=True,
        citation="UKGovernmentBEIS/inspect_ai _providers/anthropic.py",
    ),
)
