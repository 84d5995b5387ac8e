"""Requests of real clients, in their form and with invented content."""

from __future__ import annotations

from typing import Any

from tests.corpus.pair import Accepted, Pair, Refused

SOURCE = "captured: Claude Code 2.1.332, in `-p`"
EPHEMERAL = {"type": "ephemeral"}
BETAS = {
    "anthropic-beta": (
        "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,per-turn-control-2026-07-01,"
        "mid-conversation-tool-changes-2026-07-01,thinking-token-count-2026-05-13,advanced-tool-use-2025-11-20,"
        "effort-2025-11-24"
    ),
    "anthropic-version": "2023-06-01",
    "x-app": "cli",
}
READ: dict[str, Any] = {
    "name": "Read",
    "description": "Read a file.",
    "input_schema": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"file_path": {"type": "string"}},
        "required": ["file_path"],
        "additionalProperties": False,
    },
}
DEFERRED = {
    "name": "DeferredToolPlaceholder",
    "description": "Later.",
    "input_schema": {"type": "object", "properties": {}},
    "defer_loading": True,
}
QUESTION = {
    "role": "user",
    "content": [
        {"type": "text", "text": "<system-reminder>\nBe kind.\n</system-reminder>"},
        {"type": "text", "text": "Read my notes"},
    ],
}
ENVIRONMENT = {"role": "system", "content": "# Environment\nA tidy folder.", "output_config": {"effort": "medium"}}
CALL = {
    "type": "tool_use",
    "id": "toolu_01",
    "name": "Read",
    "input": {"file_path": "/notes.txt"},
    "caller": {"type": "direct"},
}
RESULT = {"tool_use_id": "toolu_01", "type": "tool_result", "content": "1\tBuy milk.", "cache_control": EPHEMERAL}
BEGIN = [QUESTION, ENVIRONMENT]
LOOP = [*BEGIN, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [RESULT]}]
CODE: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.332"},
        {"type": "text", "text": "You help with files.", "cache_control": EPHEMERAL},
    ],
    "tools": [READ, DEFERRED],
    "metadata": {"user_id": '{"device_id":"1"}'},
    "max_tokens": 128_000,
    "thinking": {"type": "adaptive", "display": "omitted"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "output_config": {"effort": "medium"},
    "stream": True,
}

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
RUNNER = "captured: anthropic 2.14.0, beta.messages.tool_runner"
RUNNER_HEADERS = {
    "anthropic-beta": "message-threads-2026-08-12",
    "x-stainless-helper": "BetaToolRunner, message-thread",
}
TOOLS = [{"name": "get_weather", "description": "Get the weather.", "input_schema": WEATHER}]
DANGLING = "vicentereig/dspy.rb, spec/vcr_cassettes: a tool with a definition that is missing"


def dangling(**schema: Any) -> dict[str, Any]:
    """Return a tool whose schema has a reference without a target."""
    return {"name": "grow", "input_schema": {"type": "object", "properties": schema}}


PAIRS: list[Pair] = [
    Pair("Claude Code begins a session", SOURCE, {**CODE, "messages": BEGIN}, Accepted(), BETAS),
    Pair("Claude Code returns the result of a tool", SOURCE, {**CODE, "messages": LOOP}, Accepted(), BETAS),
    Pair(
        "Claude Code controls the effort of a turn by a beta",
        "reported: router-for-me/CLIProxyAPI#5563",
        {**CODE, "messages": LOOP},
        Refused("messages.1.output_config: Extra inputs are not permitted"),
        {**BETAS, "anthropic-beta": BETAS["anthropic-beta"].replace("per-turn-control-2026-07-01,", "")},
    ),
    Pair(
        "a tool runner creates a thread",
        RUNNER,
        {"tools": TOOLS, "thread": {"type": "create"}},
        Accepted(),
        RUNNER_HEADERS,
    ),
    Pair(
        "a reference without a target in a tool",
        DANGLING,
        {"tools": [dangling(tree={"type": "array", "items": {"$ref": "#/$defs/Tree"}})]},
        Accepted(warning="tools.0.custom.input_schema: `$ref` '#/$defs/Tree' has no target; the API accepts it"),
    ),
    Pair(
        "a reference to missing definitions of an old draft",
        DANGLING,
        {"tools": [dangling(tree={"$ref": "#/definitions/Tree"})]},
        Accepted(warning="`$ref` '#/definitions/Tree' has no target"),
    ),
    Pair(
        "the final answer of pydantic-ai is a tool call",
        "captured: pydantic-ai 2.68.0 with ToolOutput",
        {
            "tools": [{"name": "final_result", "description": "The last answer.", "input_schema": WEATHER}],
            "tool_choice": {"type": "auto"},
        },
        Accepted({"stop_reason": "tool_use", "content.-1.name": "final_result"}),
        scenario="rules: [reply: {generate: auto}]",
    ),
    Pair(
        "a model that thinks by default thinks first",
        "recorded for Sonnet 5: 29 blocks without a text",
        {},
        Accepted({"content.0.type": "thinking", "content.0.thinking": "", "content.1.type": "text"}),
        scenario="rules: [reply: {generate: auto}]",
    ),
    Pair(
        "a forced tool is called without thinking",
        "documented: extended thinking",
        {"tools": TOOLS, "tool_choice": {"type": "any"}},
        Accepted({"content.0.type": "tool_use", "stop_reason": "tool_use"}),
        scenario="rules: [reply: {generate: auto}]",
    ),
]
