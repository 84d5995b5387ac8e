"""The table of what the API refuses though its shape is right.

In: the rows of every module here. Out: `CHECKS`, in the order in which the API tells them.
Knows nothing of what a row looks at.
"""

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
from mockclaude.api.checks.check import Check, that_apply

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
"""Rules of the model, then of the tools and the output, then of the conversation, then limits of size."""


_NEEDED = frozenset(check.needs for check in CHECKS)


def applying(traits: frozenset[str]) -> tuple[Check, ...]:
    """Return the rows that can find something in a request with these `traits`."""
    return _applying(traits & _NEEDED)


@lru_cache(maxsize=512)
def _applying(traits: frozenset[str]) -> tuple[Check, ...]:
    return that_apply(CHECKS, traits)
