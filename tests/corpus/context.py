"""Context editing and compaction."""

from __future__ import annotations

from typing import Any

from tests.corpus.pair import COUNT_TOKENS, Accepted, Pair

EDITS = {"anthropic-beta": "context-management-2025-06-27"}
DOCUMENTED = "documented: context editing"
PROBED = "probe of 26 Sep 2026: tdavison784/context-runtime"
TOOL_USES, THINKING = "clear_tool_uses_20250919", "clear_thinking_20251015"
READ = {"name": "read", "input_schema": {"type": "object"}}


def amount(kind: str, value: int) -> dict[str, Any]:
    return {"type": kind, "value": value}


def edited(*edits: dict[str, Any]) -> dict[str, Any]:
    return {"edits": list(edits)}


def read_pages(count: int) -> dict[str, Any]:
    """Return a request in which so many files were read."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Read them all."}]
    for index in range(count):
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": "read", "input": {"page": index}}
        page = {"type": "tool_result", "tool_use_id": f"toolu_{index}", "content": "a line of a page\n" * 100}
        messages += [{"role": "assistant", "content": [call]}, {"role": "user", "content": [page]}]
    return {"messages": messages, "tools": [READ], "model": "claude-sonnet-4-6"}


CLEAR = {"type": TOOL_USES, "trigger": amount("tool_uses", 2), "keep": amount("tool_uses", 1)}
APPLIED = "context_management.applied_edits"

PAIRS: list[Pair] = [
    Pair(
        "the beta of context editing adds its field to every message",
        "recorded 8 times, e.g. in pydantic/pydantic-ai",
        {},
        Accepted({"context_management": {"applied_edits": []}}),
        EDITS,
    ),
    Pair("without the beta there is no such field", "recorded", {}, Accepted({"context_management": ...})),
    Pair(
        "all results but the last are cleared",
        DOCUMENTED,
        {**read_pages(4), "context_management": edited(CLEAR)},
        Accepted(
            {f"{APPLIED}.0.cleared_tool_uses": 3},
            keys={f"{APPLIED}.0": ["type", "cleared_tool_uses", "cleared_input_tokens"]},
        ),
        EDITS,
    ),
    Pair(
        "the stream reports the same edits at its end",
        DOCUMENTED,
        {**read_pages(4), "context_management": edited(CLEAR), "stream": True},
        Accepted({f"-2.{APPLIED}.0.cleared_tool_uses": 3, "0.message.stop_reason": None}),
        EDITS,
    ),
    Pair(
        "a trigger fires above its value",
        f'{DOCUMENTED}, "exceeds"',
        {**read_pages(2), "context_management": edited(CLEAR)},
        Accepted({APPLIED: []}),
        EDITS,
    ),
    Pair(
        "the default trigger of 100,000 tokens is not reached",
        DOCUMENTED,
        {**read_pages(9), "context_management": edited({"type": TOOL_USES})},
        Accepted({APPLIED: []}),
        EDITS,
    ),
    Pair(
        "an edit that frees too few tokens is not applied",
        DOCUMENTED,
        {
            **read_pages(4),
            "context_management": edited({**CLEAR, "clear_at_least": amount("input_tokens", 50_000)}),
        },
        Accepted({APPLIED: []}),
        EDITS,
    ),
    Pair(
        "the results of an excluded tool stay",
        DOCUMENTED,
        {**read_pages(4), "context_management": edited({**CLEAR, "exclude_tools": ["read"]})},
        Accepted({APPLIED: []}),
        EDITS,
    ),
    Pair(
        "the edits of Claude Code clear no thinking",
        "recorded 6 times: Claude Code 2.1.332",
        {"context_management": edited({"type": THINKING, "keep": "all"})},
        Accepted({APPLIED: []}),
        EDITS,
    ),
    Pair(
        "the beta of compaction opens the other edits too",
        PROBED,
        {**read_pages(4), "context_management": edited(CLEAR)},
        Accepted({f"{APPLIED}.0.cleared_tool_uses": 3}),
        {"anthropic-beta": "compact-2026-01-12"},
    ),
    Pair(
        "count_tokens reports both counts",
        PROBED,
        {**read_pages(4), "context_management": edited(CLEAR)},
        Accepted(keys={"": ["input_tokens", "context_management"], "context_management": ["original_input_tokens"]}),
        EDITS,
        COUNT_TOKENS,
    ),
    Pair(
        "count_tokens has one count without the field",
        PROBED,
        read_pages(1),
        Accepted(keys={"": ["input_tokens"]}),
        EDITS,
        COUNT_TOKENS,
    ),
]
