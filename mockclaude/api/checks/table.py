"""All checks, in the order in which the API reports failures."""

from __future__ import annotations

from mockclaude.api.checks import (
    cache_checks,
    context_checks,
    fallback_checks,
    feature_checks,
    media_checks,
    message_checks,
    model_checks,
    output_checks,
    pairing_checks,
    size_checks,
    strict_checks,
    system_role_checks,
    thinking_checks,
    tool_checks,
)
from mockclaude.api.checks.check import Check

CHECKS: tuple[Check, ...] = (
    *model_checks.CHECKS,
    *feature_checks.CHECKS,
    *fallback_checks.CHECKS,
    *tool_checks.CHECKS,
    *output_checks.CHECKS,
    *strict_checks.CHECKS,
    *context_checks.CHECKS,
    *cache_checks.CHECKS,
    *message_checks.CHECKS,
    *system_role_checks.CHECKS,
    *pairing_checks.CHECKS,
    *thinking_checks.CHECKS,
    *media_checks.CHECKS,
    *size_checks.CHECKS,
)
"""Checks of the model, then of tools, output and context, then of the messages, then of the size."""
