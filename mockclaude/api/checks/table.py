"""All checks, in the order in which the API reports failures."""

from __future__ import annotations

from collections.abc import Iterator
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
from mockclaude.api.checks.check import Check, CheckFailure
from mockclaude.api.request import MessagesRequest

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


_MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)
"""Exceptions of a check that reads a value of the wrong type."""


def find_failures(request: MessagesRequest, *, has_valid_shape: bool = True) -> Iterator[CheckFailure]:
    """Yield the failures of a request, in the order in which the API reports them.

    Without a valid shape, a check that cannot read the request does not fail.
    """
    tolerated = () if has_valid_shape else _MISSHAPEN
    for check in _checks_for(request.traits & _NEEDED):
        try:
            details = check.find(request)
        except tolerated:
            continue
        if details is not None:
            yield CheckFailure(check, check.message.format(**details))


@lru_cache(maxsize=512)
def _checks_for(traits: frozenset[str]) -> tuple[Check, ...]:
    """Return the checks that can fail for a request with these `traits`."""
    return tuple(check for check in CHECKS if not check.needs or check.needs in traits)
