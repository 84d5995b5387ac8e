"""Report the checks that fail for a request."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, TypeAlias

from mockclaude.api.checks import size_checks
from mockclaude.api.checks.check import Check, build_failure
from mockclaude.api.checks.table import CHECKS
from mockclaude.api.mode import ValidationResult
from mockclaude.api.request import MessagesRequest

Part: TypeAlias = Literal["all", "body", "size"]
"""Which checks: all, those of the body, or those of the size, which depend on the edits of the prompt."""

_PARTS: dict[Part, tuple[Check, ...]] = {
    "all": CHECKS,
    "body": CHECKS[: -len(size_checks.CHECKS)],
    "size": size_checks.CHECKS,
}

_NEEDED = frozenset(check.needs for check in CHECKS)

_MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)
"""Exceptions of a check that reads a value of the wrong type."""


def report_failures(request: MessagesRequest, result: ValidationResult, part: Part = "all") -> None:
    """Report the failures of a request, in the order in which the API reports them.

    Only the mode `anthropic` guarantees a valid shape: elsewhere a check that cannot read the request does not fail.

    Raises:
        ApiError: The first failure that the mode does not tolerate.
    """
    misshapen = () if result.mode == "anthropic" else _MISSHAPEN
    for check in _checks_for(request.traits & _NEEDED, part):
        try:
            values = check.find(request)
        except misshapen:
            continue
        if values is not None:
            failure = build_failure(check, request, values)
            if not result.tolerates(gateway_accepts=check.gateway_accepts):
                raise failure.error
            request.warn(failure.message)


@lru_cache(maxsize=512)
def _checks_for(traits: frozenset[str], part: Part) -> tuple[Check, ...]:
    """Return the checks that can fail for a request with these `traits`."""
    return tuple(check for check in _PARTS[part] if not check.needs or check.needs in traits)
