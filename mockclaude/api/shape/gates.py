"""What is open to a request: the parts of the schema that only one version of the API, or a beta, has.

In: a version, the betas of a request. Out: the names of the gates that they open.
Knows nothing of the schema. Source: the SDKs' types, which name the beta of each parameter.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain

GATES: dict[str, frozenset[str]] = {
    "advisor": frozenset({"advisor-tool-2026-03-01"}),
    "billing": frozenset({"user-profiles-billing-2026-10-01"}),
    "binding": frozenset({"thinking-binding-controls-2026-08-01"}),
    "clear_at": frozenset({"mid-conversation-system-clear-at-2026-08-21"}),
    "compaction": frozenset({"compact-2026-09-04", "compact-2026-01-12"}),
    "cache_scope": frozenset({"prompt-caching-scope-2026-01-05"}),
    "computer_2024": frozenset({"computer-use-2024-10-22"}),
    "computer_2025": frozenset({"computer-use-2025-01-24"}),
    "computer_use": frozenset({"computer-use-2025-11-24"}),
    "context_management": frozenset({"context-management-2025-06-27", "compact-2026-01-12"}),
    "display_updates": frozenset({"thinking-display-updates-2026-08-18"}),
    "fallback_credit": frozenset({"fallback-credit-2026-06-01", "fallback-credit-2026-07-01"}),
    "fallbacks": frozenset({"server-side-fallback-2026-06-01", "server-side-fallback-2026-07-01"}),
    "inline_tools": frozenset({"inline-tools-2026-09-15"}),
    "mcp": frozenset({"mcp-client-2025-04-04", "mcp-client-2025-11-20", "mcp-client-2026-09-15"}),
    "mid_output_config": frozenset({"mid-conversation-output-config-2026-07-01"}),
    "structured_outputs": frozenset({"structured-outputs-2025-11-13", "structured-outputs-2025-12-15"}),
    "task_budget": frozenset({"task-budgets-2026-03-13"}),
    "threads": frozenset({"message-threads-2026-08-12"}),
    "tool_changes": frozenset({"mid-conversation-tool-changes-2026-07-01", "inline-tools-2026-09-15"}),
}
"""Gate -> the betas of which each opens it. The versions of the API are gates too, which open themselves."""


_KEYS = frozenset(chain.from_iterable(GATES.values()))


def opened(version: str, betas: frozenset[str]) -> frozenset[str]:
    """Return the gates that `version` and `betas` open."""
    return _opened(version, betas & _KEYS)


@lru_cache(maxsize=256)
def _opened(version: str, betas: frozenset[str]) -> frozenset[str]:
    return frozenset({version, *(gate for gate, keys in GATES.items() if keys & betas)})
