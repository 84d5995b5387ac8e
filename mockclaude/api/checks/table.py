"""The table of what the API refuses though its shape is right.

In: the rows of every module here. Out: `CHECKS`, in the order in which the API tells them.
Knows nothing of what a row looks at.
"""

from __future__ import annotations

from functools import lru_cache

from mockclaude.api.checks import (
    caching,
    limits,
    media,
    messages,
    models,
    output,
    pairing,
    system_role,
    thinking,
    tools,
)
from mockclaude.api.checks.check import Check, that_apply

CHECKS: tuple[Check, ...] = (
    *models.CHECKS,
    *tools.CHECKS,
    *output.CHECKS,
    *caching.CHECKS,
    *messages.CHECKS,
    *system_role.CHECKS,
    *pairing.CHECKS,
    *thinking.CHECKS,
    *media.CHECKS,
    *limits.CHECKS,
)
"""Rules of the model, then of the tools and the output, then of the conversation, then limits of size."""


_NEEDED = frozenset(check.needs for check in CHECKS)


def applying(traits: frozenset[str]) -> tuple[Check, ...]:
    """Return the rows that can find something in a request with these `traits`."""
    return _applying(traits & _NEEDED)


@lru_cache(maxsize=512)
def _applying(traits: frozenset[str]) -> tuple[Check, ...]:
    return that_apply(CHECKS, traits)
