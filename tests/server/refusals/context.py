"""Context editing and compaction: their order, what excludes them, and compactions in the messages."""

from __future__ import annotations

from typing import Any

from mockclaude.api.summary_signature import sign_summary
from tests.server.refusals.writing import (
    ADAPTIVE,
    AGENT,
    CLOSED,
    DISABLED,
    OLDER,
    QUESTION,
    Refusal,
    Sent,
    assistant,
    beta,
    formatted,
    row,
    said,
    text,
    use,
)

EDITS, THRESHOLD, SUMMARY = "context-management-2025-06-27", "compact-2026-01-12", "compact-2026-09-04"
THINKING, TOOL_USES = {"type": "clear_thinking_20251015"}, {"type": "clear_tool_uses_20250919"}


def edited(*edits: dict[str, Any]) -> dict[str, Any]:
    return {"context_management": {"edits": [*edits]}}


def compact(tokens: int | None = None) -> dict[str, Any]:
    trigger = {} if tokens is None else {"trigger": {"type": "input_tokens", "value": tokens}}
    return {"type": "compact_20260112", **trigger}


def compacted(**more: Any) -> dict[str, Any]:
    return said(assistant({"type": "compaction", "content": "So far.", **more}), QUESTION)


BUDGET, TOTAL = "task-budgets-2026-03-13", {"type": "tokens", "total": 20_000}
THINKS: dict[str, Any] = {"model": "claude-sonnet-5"}
SUMMARIZE = {"compaction": {"type": "summarize"}}
SIGNED = {"signature": sign_summary("So far.")}

CONTEXT: list[Refusal] = [
    row(
        "context_management: `clear_thinking_20251015` must be the first strategy in `context_management.edits` when "
        "provided",
        {**edited(TOOL_USES, THINKING), **THINKS},
        {**edited(THINKING, TOOL_USES), **THINKS},
        beta(EDITS),
    ),
    *(
        row(
            "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive",
            {**edited(THINKING), "model": model, **thinking},
            {**edited(THINKING), "model": model, "thinking": ADAPTIVE},
            beta(EDITS),
        )
        for model, thinking in (("claude-opus-4-8", {}), ("claude-sonnet-5", {"thinking": DISABLED}))
    ),
    row(
        "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive",
        {**edited(THINKING), "model": "claude-sonnet-5", "thinking": DISABLED},
        {**edited(THINKING), "model": "claude-sonnet-5"},
        beta(EDITS),
    ),
    Refusal(
        "context_management.edits.1: Input tag 'compact_20260112' found using 'type' does not match any of the "
        "expected tags: 'clear_thinking_20251015', 'clear_tool_uses_20250919'",
        Sent(edited(TOOL_USES, compact()), beta(EDITS)),
        Sent(edited(TOOL_USES, compact()), beta(THRESHOLD)),
    ),
    Refusal(
        "compaction: Extra inputs are not permitted", Sent(SUMMARIZE, beta(THRESHOLD)), Sent(SUMMARIZE, beta(SUMMARY))
    ),
    *(
        row(
            f"context_management.edits.0.clear_tool_uses_20250919.trigger.{kind}.value: "
            "Input should be greater than or equal to 1",
            edited({**TOOL_USES, "trigger": {"type": kind, "value": 0}}),
            edited({**TOOL_USES, "trigger": {"type": kind, "value": 1}}),
            beta(EDITS),
        )
        for kind in ("input_tokens", "tool_uses")
    ),
    row(
        "context_management.edits.1.compact_20260112: trigger.value must be at least 50000",
        edited(TOOL_USES, compact(49_999)),
        edited(TOOL_USES, compact(50_000)),
        beta(THRESHOLD),
    ),
    row(
        "`compaction` blocks require a `compact_20260112` strategy in `context_management.edits`.",
        compacted(),
        {**compacted(), **edited(compact())},
        beta(THRESHOLD),
    ),
    row(
        "a `compaction` block with `content` requires its `signature`", compacted(), compacted(**SIGNED), beta(SUMMARY)
    ),
    Refusal(
        "messages.1.content.0: `signature` requires anthropic-beta: compact-2026-09-04",
        Sent({**compacted(**SIGNED), **edited(compact())}, beta(THRESHOLD)),
        Sent({**compacted(**SIGNED), **edited(compact())}, beta(THRESHOLD, SUMMARY)),
    ),
    *(
        row(
            "`compaction` block `content` does not match its `signature`",
            compacted(signature=sign_summary("Before.")),
            compacted(signature=signature),
            beta(SUMMARY),
        )
        for signature in (sign_summary("So far."), "another", "b64=")
    ),
    *(
        row(
            f"`compaction` cannot be combined with `{field}`.", {**wrong, **SUMMARIZE}, SUMMARIZE, beta(SUMMARY, BUDGET)
        )
        for field, wrong in (
            ("stop_sequences", {"stop_sequences": ["END"]}),
            ("output_config.format", formatted(**CLOSED)),
            ("output_config.task_budget.remaining", {"output_config": {"task_budget": {**TOTAL, "remaining": 1}}}),
            ("tool_choice", {**AGENT, "tool_choice": {"type": "any"}}),
        )
    ),
    row(
        "`compaction` cannot follow a `tool_use` block without its `tool_result`.",
        {**said(assistant(text(), use())), **AGENT, **SUMMARIZE, "model": OLDER},
        {**said(assistant(text())), **AGENT, **SUMMARIZE, "model": OLDER},
        beta(SUMMARY),
    ),
]
