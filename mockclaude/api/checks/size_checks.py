"""Checks of the context window. A model that the catalogue does not list has no limit."""

from __future__ import annotations

from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest

OVERFLOW_BETA = "model-context-window-exceeded-2025-08-26"
"""With this beta, models before Claude 4.5 too write until the context window is full (documented)."""


def _too_long(request: MessagesRequest) -> Details | None:
    if request.model_info is None or request.input_tokens <= request.model_info.max_input_tokens:
        return None
    return {"tokens": request.input_tokens, "most": request.model_info.max_input_tokens}


def _too_long_together(request: MessagesRequest) -> Details | None:
    model, max_tokens = request.model_info, request.body.get("max_tokens")
    if model is None or max_tokens is None or model.abilities.overflow or OVERFLOW_BETA in request.api_headers.betas:
        return None
    if request.input_tokens + max_tokens <= model.max_input_tokens:
        return None
    return {"tokens": request.input_tokens, "max_tokens": max_tokens, "most": model.max_input_tokens}


CHECKS: tuple[Check, ...] = (
    Check(
        "a prompt that is longer than the context window",
        "prompt is too long: {tokens} tokens > {most} maximum",
        "recorded",
        _too_long,
        gateway=True,
    ),
    Check(
        "a prompt and an answer that are together longer than the context window",
        "input length and `max_tokens` exceed context limit: {tokens} + {max_tokens} > {most}, "
        "decrease input length or `max_tokens` and try again",
        "reported",
        _too_long_together,
        gateway=True,
    ),
)
