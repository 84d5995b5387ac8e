"""Context editing and compaction."""

from __future__ import annotations

from typing import Any

from mockclaude.api.summary_signature import sign_summary
from tests.corpus.pair import COUNT_TOKENS, Accepted, Pair, Refused

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

RECORDED = "recorded: pydantic/pydantic-ai, tests of compaction"
COMPACTS, SUMMARIZES = ({"anthropic-beta": name} for name in ("compact-2026-01-12", "compact-2026-09-04"))
COMPACT = {"type": "compact_20260112", "trigger": amount("input_tokens", 50_000)}
LONG = [{"role": "user", "content": "count words " * 30_000}]
SUMMARY = "Summary of the conversation so far. Messages: 1."
COUNTS = [
    *("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
    *("cache_creation", "type"),
]


def summarized(**more: str) -> list[dict[str, Any]]:
    """Return messages after a summary."""
    summary = {"type": "compaction", "content": "They read a page.", **more}
    return [{"role": "assistant", "content": [summary]}, {"role": "user", "content": "On."}]


SUMMARIZED = summarized()

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
    Pair(
        "a conversation at the threshold is summarized first",
        RECORDED,
        {"messages": LONG, "context_management": edited(COMPACT)},
        Accepted(
            {
                "content.0": {"type": "compaction", "content": SUMMARY},
                "content.1.text": "Sunny.",
                "stop_reason": "end_turn",
                "usage.iterations.0.type": "compaction",
                "usage.iterations.1.type": "message",
                APPLIED: [],
            },
            keys={"usage.iterations.0": COUNTS, "usage.iterations.1": COUNTS},
        ),
        COMPACTS,
    ),
    Pair(
        "a paused message ends with its summary",
        PROBED,
        {"messages": LONG, "context_management": edited({**COMPACT, "pause_after_compaction": True})},
        Accepted(
            {
                "content": [{"type": "compaction", "content": SUMMARY}],
                "stop_reason": "compaction",
                "usage.input_tokens": 0,
                "usage.output_tokens": 0,
                "usage.iterations.0.type": "compaction",
            }
        ),
        COMPACTS,
    ),
    Pair(
        "the stream of a summary has one delta",
        f"{RECORDED}; null in message_start: {PROBED}",
        {"messages": LONG, "context_management": edited(COMPACT), "stream": True},
        Accepted(
            {
                "0.message.context_management": None,
                "1.content_block": {"type": "compaction", "content": None},
                "3.delta": {"type": "compaction_delta", "content": SUMMARY},
                "4.type": "content_block_stop",
                "-2.usage.iterations.1.type": "message",
                f"-2.{APPLIED}": [],
            }
        ),
        COMPACTS,
    ),
    Pair(
        "below the threshold there is one iteration",
        RECORDED,
        {"context_management": edited(COMPACT)},
        Accepted({"usage.iterations.0.type": "message", "content.0.text": "Sunny."}),
        COMPACTS,
    ),
    Pair(
        "instructions for a summary of more than 16,384 characters",
        "documented: API reference; measured by a client",
        {"compaction": {"type": "summarize", "instructions": "a" * 16_385}},
        Refused("compaction.instructions: String should have at most 16384 characters"),
        SUMMARIZES,
    ),
    Pair(
        "a summary on demand is signed",
        PROBED,
        {"compaction": {"type": "summarize"}},
        Accepted(
            {"stop_reason": "compaction", "usage.input_tokens": 0, "usage.iterations.0.type": "compaction"},
            keys={"content.0": ["type", "content", "signature"]},
        ),
        SUMMARIZES,
    ),
    Pair(
        "count_tokens makes no summary",
        "documented: compaction",
        {"compaction": {"type": "summarize"}},
        Accepted(keys={"": ["input_tokens"]}),
        SUMMARIZES,
        COUNT_TOKENS,
    ),
    Pair(
        "a summary comes back unsigned with its edit",
        PROBED,
        {"messages": SUMMARIZED, "context_management": edited(COMPACT)},
        Accepted({"content.0.text": "Sunny."}),
        COMPACTS,
    ),
    Pair(
        "a summary cannot come back without its edit",
        PROBED,
        {"messages": SUMMARIZED},
        Refused("`compaction` blocks require a `compact_20260112` strategy in `context_management.edits`."),
        COMPACTS,
    ),
    Pair(
        "a summary on demand cannot come back unsigned",
        PROBED,
        {"messages": SUMMARIZED},
        Refused("a `compaction` block with `content` requires its `signature`"),
        SUMMARIZES,
    ),
    Pair(
        "a signed summary cannot be edited",
        PROBED,
        {"messages": summarized(signature=sign_summary("They read two pages."))},
        Refused(
            "`compaction` block `content` does not match its `signature`",
            details={"error_code": "compaction_content_mismatch"},
        ),
        SUMMARIZES,
    ),
    Pair(
        "a compaction has a least trigger",
        PROBED,
        {"context_management": edited({**COMPACT, "trigger": amount("input_tokens", 49_999)})},
        Refused("context_management.edits.0.compact_20260112: trigger.value must be at least 50000"),
        COMPACTS,
    ),
    Pair(
        "the beta of the other edits does not open a compaction",
        PROBED,
        {"context_management": edited(COMPACT)},
        Refused(
            "context_management.edits.0: Input tag 'compact_20260112' found using 'type' does not match any of the "
            "expected tags: 'clear_thinking_20251015', 'clear_tool_uses_20250919'"
        ),
        EDITS,
    ),
    Pair(
        "thinking is cleared before anything else",
        PROBED,
        {"context_management": edited(CLEAR, {"type": THINKING})},
        Refused(
            "context_management: `clear_thinking_20251015` must be the first strategy in `context_management.edits` "
            "when provided"
        ),
        EDITS,
    ),
    Pair(
        "thinking is not cleared where the model does not think",
        "router-for-me/CLIProxyAPI#4957 (request id), #4784",
        {
            "model": "claude-opus-4-6",
            "thinking": {"type": "disabled"},
            "context_management": edited({"type": THINKING}),
        },
        Refused("`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive"),
        EDITS,
    ),
]
