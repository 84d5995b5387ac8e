"""All checks, in the order in which the API reports failures."""

from __future__ import annotations

from functools import lru_cache

from mockclaude.api.checks import (
    cache_checks,
    media_checks,
    message_checks,
    model_checks,
    output_checks,
    pairing_checks,
    size_checks,
    system_role_checks,
    thinking_checks,
    tool_checks,
)
from mockclaude.api.checks.check import Check, applicable_checks

CHECKS: tuple[Check, ...] = (
    *model_checks.CHECKS,
    *tool_checks.CHECKS,
    *output_checks.CHECKS,
    *cache_checks.CHECKS,
    *message_checks.CHECKS,
    *system_role_checks.CHECKS,
    *pairing_checks.CHECKS,
    *thinking_checks.CHECKS,
    *media_checks.CHECKS,
    *size_checks.CHECKS,
)
"""Checks of the model, then of tools and output, then of the messages, then of the size."""


_NEEDED = frozenset(check.needs for check in CHECKS)


def checks_for(traits: frozenset[str]) -> tuple[Check, ...]:
    """Return the checks that can fail for a request with these `traits`."""
    return _checks_for(traits & _NEEDED)


@lru_cache(maxsize=512)
def _checks_for(traits: frozenset[str]) -> tuple[Check, ...]:
    return applicable_checks(CHECKS, traits)
