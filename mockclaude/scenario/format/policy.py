"""Whom a scenario answers, and how strictly.

In: the file's `validation`, `api_keys`, `models`, `betas`, `client_faults` and `unmatched`. Out: a `Policy`.
Knows nothing of requests.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from mockclaude.api.betas import MODES, AcceptedBetas
from mockclaude.api.errors import RETRIED, STATUS, ApiError, type_of
from mockclaude.api.mode import Mode
from mockclaude.scenario.diagnostics import did_you_mean, format_value

Models: TypeAlias = Literal["similar", "listed", "any"]
"""Which model names are known: those made like the SDKs' own, those of the catalogue, or all; those that a rule asks
for always are."""

UNMATCHED = 410
"""Status of the error for a request that no rule matches. SDKs and Claude Code do not retry it and show its message;
of a 404 Claude Code shows that the model may not exist, a 400 it retries with other betas.
"""


def _is_final(status: int) -> bool:
    return 400 <= status < 500 and status not in RETRIED


UNMATCHED_TYPES = tuple(kind for kind, status in STATUS.items() if _is_final(status))
"""Error types that an unmatched request may get."""


class Policy(NamedTuple):
    """How strictly requests are judged, which API keys are accepted (empty: any), which models are known, whether
    a client may ask for a fault, which betas are accepted, and the status of the error for an unmatched request.
    """

    validation: Mode = "anthropic"
    api_keys: frozenset[str] = frozenset()
    models: Models = "similar"
    client_faults: bool = True
    betas: AcceptedBetas = "known"
    unmatched: int = UNMATCHED

    def unmatched_error(self, message: str) -> ApiError:
        """Build the error for a request that no rule matches."""
        return ApiError(type_of(self.unmatched), message, self.unmatched)

    def overridden(self, **chosen: Any) -> Policy:
        """Return a copy with the values of `chosen` that are not None."""
        return self._replace(**{name: value for name, value in chosen.items() if value is not None})


def parse_accepted_betas(value: Any) -> AcceptedBetas:
    """Parse `known`, `strict`, `any`, or names: a list, or a text with commas between them. Raises `ValueError`."""
    for mode in MODES:
        if value == mode:
            return mode
    names = [name.strip() for name in value.split(",")] if isinstance(value, str) and "-" in value else value
    if isinstance(names, (list, tuple)) and names and all(isinstance(name, str) and name for name in names):
        return tuple(names)
    hint = did_you_mean(value, MODES) if isinstance(value, str) else ""
    raise ValueError(
        f"unknown betas, got {format_value(value)}; expected known, strict, any, or names, e.g. "
        f"[new-beta-2026-11-29]{hint}"
    )


def parse_unmatched_status(value: Any) -> int:
    """Parse a 4xx status that clients do not retry, or its error type. Raises `ValueError`."""
    status = STATUS.get(value) if isinstance(value, str) else value
    if type(status) is int and _is_final(status):
        return status
    hint = did_you_mean(value, UNMATCHED_TYPES) if isinstance(value, str) and value not in STATUS else ""
    raise ValueError(
        f"wrong error for unmatched requests, got {format_value(value)}; expected a status from 400 to 499 that "
        f"clients do not retry, or its type, e.g. not_found_error{hint}"
    )
