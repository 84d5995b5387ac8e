"""Conversations: tool calls and their results, blank texts, paths, and cache breakpoints."""

from __future__ import annotations

from tests.corpus.pair import Accepted, Pair, Refused
from tests.server.refusals.writing import (
    ANSWER,
    ANYWHERE,
    NO_PREFILL,
    QUESTION,
    SYSTEM,
    asked,
    assistant,
    beta,
    cached,
    result,
    said,
    server_result,
    server_use,
    text,
    tool,
    use,
    user,
)

ORPHAN = (
    "unexpected `tool_use_id` found in `tool_result` blocks: toolu_a. Each `tool_result` block must have a "
    "corresponding `tool_use` block in the previous message."
)
RUN_TOOLS = "recorded in the tests of anthropics/anthropic-sdk-python: TestSyncRunTools"
NON_WHITESPACE = "messages: text content blocks must contain non-whitespace text"

PAIRING = [
    Pair("a result without its call", RUN_TOOLS, asked(result()), Refused(f"messages.0.content.0: {ORPHAN}")),
    Pair(
        "a result without its call, after another message of the user",
        RUN_TOOLS,
        said(user(result())),
        Refused(f"messages.0.content.1: {ORPHAN}"),
    ),
    Pair(
        "a call without a result",
        "pydantic/pydantic-ai tests/models/test_anthropic_mid_conversation_system.py",
        said(assistant(use()), QUESTION),
        Refused(
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_a. "
            "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
        ),
    ),
    Pair(
        "two results of one call",
        "boldsoftware/shelley server/duplicate_tool_result_test.go",
        said(assistant(use()), user(result()), user(result())),
        Refused(
            "messages.2.content.1: each tool_use must have a single result. "
            "Found multiple `tool_result` blocks with id: toolu_a"
        ),
    ),
    Pair(
        "an id of two calls in one answer",
        "trycua/cua#524, HKUDS/nanobot#4442, anthropics/claude-code#28515",
        said(assistant(use(), use()), user(result())),
        Refused("messages.1.content.1: `tool_use` ids must be unique"),
    ),
    Pair(
        "an id of two calls in two turns",
        "recorded: pydantic/pydantic-ai test_cross_provider_capability_replay",
        said(assistant(use()), user(result()), assistant(use()), user(result())),
        Accepted(warning="messages.3.content.0: `tool_use` id of another turn; the API accepts it"),
    ),
]

TEXTS = [
    Pair(
        "a blank text before others in an answer",
        "recorded: simonw/llm-anthropic test_tools.yaml",
        said(assistant(text(" "), text(), use()), user(result()), tools=[tool()]),
        Accepted(warning="messages.1.content.0: blank text beside other blocks; the API accepts it"),
    ),
    Pair(
        "a blank text after others in an answer",
        "recorded: crmne/ruby_llm chat_web_search",
        said(assistant(text(), text(), text(), text("\n"), text()), QUESTION),
        Accepted(warning="messages.1.content.3: blank text beside other blocks; the API accepts it"),
    ),
    Pair(
        "a blank text beside another of the user",
        "anthropics/claude-code#23440",
        asked(text(" "), text()),
        Refused(NON_WHITESPACE),
    ),
    Pair(
        "a blank text alone in an answer",
        "supposed; anomalyco/opencode#31259",
        said(assistant(text(" ")), QUESTION),
        Refused(NON_WHITESPACE),
    ),
    Pair(
        "an empty text",
        "anthropics/claude-code#62150, 2026-05-25",
        asked(text("")),
        Refused("messages: text content blocks must be non-empty"),
    ),
    Pair(
        "a message without content",
        "recorded: Mirascope/mirascope handles-empty-string-content.har",
        {"messages": [{"role": "user", "content": ""}]},
        Refused("messages.0: all messages must have non-empty content except for the optional final assistant message"),
    ),
    Pair(
        "a prefilled answer",
        "recorded: activeagents/activeagent docs/actions/structured_output/anthropic_json.yml",
        said(ANSWER, model=NO_PREFILL),
        Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        ),
    ),
    Pair(
        "a prefilled answer that ends in a space",
        "crewAIInc/crewAI#4413",
        said(assistant(text("Say: ")), model="claude-haiku-4-5"),
        Refused("messages: final assistant content cannot end with trailing whitespace"),
    ),
]

SYSTEM_MESSAGES = [
    Pair(
        "a system message that comes first",
        "diegosouzapw/OmniRoute#10457",
        {"model": "claude-opus-5", "messages": [SYSTEM, QUESTION]},
        Refused(f"messages.0: use the top-level 'system' parameter for the initial system prompt{ANYWHERE}"),
    ),
    Pair(
        "a system message between two messages of the user",
        "anthropics/claude-code#73821",
        said(SYSTEM, QUESTION, model="claude-opus-5"),
        Refused(f"messages.1: role 'system' must precede an 'assistant' message or end the array{ANYWHERE}"),
    ),
    Pair(
        "a system message between a call and its result",
        "measured, 2026-09-26",
        said(assistant(use()), SYSTEM, user(result()), model="claude-opus-5"),
        Refused(
            "messages.2: role 'system' must follow a 'user' message or an 'assistant' message ending in a server tool "
            f"result{ANYWHERE}"
        ),
    ),
]

OTHERS = [
    Pair(
        "five breakpoints",
        "AnswerDotAI/lisette#34",
        asked(*[text(**cached())] * 5),
        Refused("A maximum of 4 blocks with cache_control may be provided. Found 5."),
    ),
    Pair(
        "a breakpoint on an empty text",
        "anthropics/claude-code#50484, 2026-04-18",
        asked(text(), text("", **cached())),
        Refused("messages.0.content.1.text: cache_control cannot be set for empty text blocks"),
    ),
    Pair(
        "a breakpoint of an hour after one of five minutes",
        "vellum-ai/vellum-assistant#22191, 2026-03-30",
        {"messages": [user(text(**cached())), user(text(**cached("1h")))]},
        Refused(
            "messages.0.content.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' "
            "cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
        ),
    ),
    Pair(
        "an automatic breakpoint of five minutes on one of an hour",
        "vellum-ai/vellum-assistant#23414, 2026-04-03",
        asked(text(**cached("1h")), **cached()),
        Refused("Top-level cache_control has ttl='5m' but the target block already has cache_control with ttl='1h'"),
    ),
    Pair(
        "an empty stop sequence",
        "MegaGrindStone/mcp-web-ui#5, 2025-04-08",
        {"stop_sequences": ["", "\n"]},
        Refused("stop_sequences: each stop sequence must be non-empty"),
    ),
    Pair(
        "a blank stop sequence",
        "BerriAI/litellm#3286, 2024-04-25",
        {"stop_sequences": ["\n"]},
        Refused("stop_sequences: each stop sequence must contain non-whitespace"),
    ),
    Pair(
        "forty stop sequences",
        "reported: no limit is known",
        {"stop_sequences": [f"stop {number}" for number in range(40)]},
        Accepted(),
    ),
    Pair(
        "a tool schema that is invalid",
        "anthropics/claude-code#86665, 2026-08-14",
        {"tools": [tool(input_schema={"type": "object", "required": "city"})]},
        Refused(
            "tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
            "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
            "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
        ),
    ),
    Pair(
        "a tool schema with alternatives at the top",
        "anthropics/claude-code#40075, 2026-03-28",
        {"tools": [tool(input_schema={"type": "object", "anyOf": [{"type": "object"}]})]},
        Refused("tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"),
    ),
    Pair(
        "two tools of one name",
        "anthropics/claude-code#10687",
        {"tools": [tool(), tool()]},
        Refused("tools: Tool names must be unique."),
    ),
]

UNKNOWN_TOOL = {"type": "tool_reference", "tool_name": "look_up"}
SEARCH = {"type": "tool_search_tool_search_result", "tool_references": [UNKNOWN_TOOL]}
FOR_ADVICE = beta("advisor-tool-2026-03-01")

SERVER_TOOLS = [
    Pair(
        "advice without its call",
        "anthropics/claude-code#64383, 2026-06-01; #95406, 2026-09-18",
        said(assistant(server_result("advisor_tool_result", {"type": "advisor_result", "text": "Go."}))),
        Refused(
            "messages.1.content.0: unexpected `tool_use_id` found in `advisor_tool_result` blocks: srvtoolu_a. "
            "Each `advisor_tool_result` block must have a corresponding `server_tool_use` block before it."
        ),
        FOR_ADVICE,
    ),
    Pair(
        "a search without its result",
        "gsd-build/gsd-2#2869, 2026-03-27",
        said(assistant(server_use(), text()), QUESTION),
        Refused(
            "messages.1: `web_search` tool use with id `srvtoolu_a` was found without a corresponding "
            "`web_search_tool_result` block"
        ),
    ),
    Pair(
        "a call from code that never ran",
        "UKGovernmentBEIS/inspect_ai tests/model/providers/test_anthropic_dynamic_filtering.py",
        said(assistant(use(caller={"type": "code_execution_20260120", "tool_id": "srvtoolu_x"})), user(result())),
        Refused("source tool `srvtoolu_x` not found for tool use block `toolu_a`"),
    ),
    Pair(
        "a reference to an unknown tool",
        "anthropics/claude-code#81863, 2026-07-28",
        said(assistant(use()), user(result(content=[UNKNOWN_TOOL])), tools=[tool()]),
        Refused("Tool reference 'look_up' not found in available tools"),
    ),
    Pair(
        "a reference of a search to an unknown tool",
        "anthropics/claude-code#81863, 2026-07-28",
        said(
            assistant(server_use("tool_search_tool_regex"), server_result("tool_search_tool_result", SEARCH), text()),
            QUESTION,
            tools=[tool()],
        ),
        Refused("Tool reference 'look_up' not found in available tools"),
    ),
    Pair(
        "a deferred tool with a breakpoint",
        "Wei-Shaw/sub2api#4990, router-for-me/CLIProxyAPI#4561",
        {"tools": [tool(), tool("look_up", defer_loading=True, **cached())]},
        Refused(
            "Tool 'look_up' cannot have both defer_loading=true and cache_control set. "
            "Tools with defer_loading cannot use prompt caching."
        ),
    ),
    Pair(
        "deferred tools only",
        "nearai/ironclaw#7274, 2026-08-17",
        {"tools": [tool(defer_loading=True)]},
        Refused("At least one tool must have defer_loading=false. All tools cannot be deferred."),
    ),
    Pair(
        "an MCP server without tools",
        "anthropics/anthropic-sdk-csharp#255",
        {"mcp_servers": [{"type": "url", "name": "docs", "url": "https://example.com/mcp"}]},
        Refused("MCP server 'docs' is defined but not referenced by any `mcp_toolset` in `tools`."),
        beta("mcp-client-2025-11-20"),
    ),
]

PAIRS: list[Pair] = [*PAIRING, *TEXTS, *SYSTEM_MESSAGES, *SERVER_TOOLS, *OTHERS]
