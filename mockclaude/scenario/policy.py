"""Whom a scenario answers, and how strictly.

In: the file's `validation`, `api_keys`, `models` and `client_faults`. Out: a `Policy`.
Knows nothing of requests.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from mockclaude.api.validation import Mode

Models: TypeAlias = Literal["similar", "listed", "any"]
"""Which model names are known: those made like the SDKs' own, those of the catalogue, or all; those that a rule asks
for always are."""


class Policy(NamedTuple):
    """How strictly requests are judged, which API keys are accepted (empty: any), which models are known, and whether
    a client may ask for a fault.
    """

    validation: Mode = "anthropic"
    api_keys: frozenset[str] = frozenset()
    models: Models = "similar"
    client_faults: bool = True
