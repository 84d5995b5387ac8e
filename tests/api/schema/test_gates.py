"""Gates are opened by the version of the API, and by any of their betas."""

from __future__ import annotations

import re

from mockclaude.api.api_headers import NEW_VERSION, VERSIONS
from mockclaude.api.betas import KNOWN
from mockclaude.api.schema.block_types import BLOCKS
from mockclaude.api.schema.body_fields import BODY
from mockclaude.api.schema.gates import GATES, open_gates
from mockclaude.api.schema.tool_types import TOOLS


def test_a_version_opens_its_own_gate_and_a_beta_all_of_its() -> None:
    betas = frozenset({"compact-2026-01-12", "files-api-2025-04-14"})

    assert open_gates(NEW_VERSION, betas) == {NEW_VERSION, "compact_edit", "compaction", "context_management"}


def test_every_beta_of_a_gate_is_known() -> None:
    assert frozenset().union(*GATES.values()) <= KNOWN


def test_every_gate_is_used_and_every_gate_that_is_used_is_there() -> None:
    used = set(re.findall(r"@([\w-]+)", BODY + BLOCKS + TOOLS))
    assert used == {*GATES, *VERSIONS}


def test_each_gate_has_its_betas() -> None:
    assert {gate: " ".join(sorted(names)) for gate, names in GATES.items()} == {
        "advisor": "advisor-tool-2026-03-01",
        "billing": "user-profiles-billing-2026-10-01",
        "binding": "thinking-binding-controls-2026-08-01",
        "cache_scope": "prompt-caching-scope-2026-01-05",
        "clear_at": "mid-conversation-system-clear-at-2026-08-21",
        "compact_edit": "compact-2026-01-12",
        "compaction": "compact-2026-01-12 compact-2026-09-04",
        "computer_2024": "computer-use-2024-10-22",
        "computer_2025": "computer-use-2025-01-24",
        "computer_use": "computer-use-2025-11-24",
        "context_management": "compact-2026-01-12 context-management-2025-06-27",
        "display_updates": "thinking-display-updates-2026-08-18",
        "fallback_credit": "fallback-credit-2026-06-01 fallback-credit-2026-07-01",
        "fallbacks": "server-side-fallback-2026-06-01 server-side-fallback-2026-07-01",
        "inline_tools": "inline-tools-2026-09-15",
        "mcp": "mcp-client-2025-04-04 mcp-client-2025-11-20 mcp-client-2026-09-15",
        "mid_output_config": "mid-conversation-effort-2026-08-01 mid-conversation-output-config-2026-07-01 "
        "per-turn-control-2026-07-01",
        "safeguards": "dangerous-tool-use-2026-09-03",
        "summarize": "compact-2026-09-04",
        "structured_outputs": "structured-outputs-2025-11-13 structured-outputs-2025-12-15",
        "task_budget": "task-budgets-2026-03-13",
        "threads": "message-threads-2026-08-12",
        "tool_changes": "inline-tools-2026-09-15 mid-conversation-tool-changes-2026-07-01",
    }
