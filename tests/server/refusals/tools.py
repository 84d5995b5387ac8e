"""What the API refuses of tools, and of the form of an answer."""

from __future__ import annotations

from typing import Any

from tests.server.refusals.writing import (
    AGENT,
    CLOSED,
    QUESTION,
    asked,
    assistant,
    beta,
    cached,
    formatted,
    found,
    result,
    row,
    said,
    searched,
    server_result,
    server_use,
    text,
    tool,
    use,
    user,
)

CHOICE = {"type": "tool", "name": "get_weather"}
MCP = {"type": "url", "name": "docs", "url": "https://example.com/mcp"}
MCP_TOOLS = {"type": "mcp_toolset", "mcp_server_name": "docs"}
CITED = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "Hi"},
    "citations": {"enabled": True},
}


def reference(name: str) -> dict[str, Any]:
    return result(content=[{"type": "tool_reference", "tool_name": name}])


def tools_found(name: str) -> dict[str, Any]:
    references = [{"type": "tool_reference", "tool_name": name}]
    return server_result(
        "tool_search_tool_result", {"type": "tool_search_tool_search_result", "tool_references": references}
    )


TOOLS = [
    row(
        "tool_choice may only be specified while providing tools.",
        {"tool_choice": {"type": "auto"}},
        {"tool_choice": {"type": "auto"}, **AGENT},
    ),
    row(
        "messages.0: more than 10000 deferred tools are available after this message",
        {"tools": [*AGENT["tools"], *[tool(f"later_{number}", defer_loading=True) for number in range(10_001)]]},
        {"tools": [*AGENT["tools"], *[tool(f"later_{number}", defer_loading=True) for number in range(10_000)]]},
    ),
    row(
        "Tool 'web_search' not found in provided tools",
        {"tool_choice": {"type": "tool", "name": "web_search"}, **AGENT},
        {"tool_choice": CHOICE, **AGENT},
    ),
    row("tools: Tool names must be unique.", {"tools": [tool(), tool()]}, {"tools": [tool(), tool("get_time")]}),
    row(
        "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
        {"tools": [tool(input_schema={"type": "object", "oneOf": [{}]})]},
        {"tools": [tool(input_schema={"type": "object", "properties": {"a": {"oneOf": [{}]}}})]},
    ),
    row(
        "tools.1.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
        "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
        "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview.",
        {"tools": [tool("a"), tool("b", input_schema={"type": "object", "required": "city"})]},
        {"tools": [tool("a"), tool("b", input_schema={"type": "object", "required": ["city"]})]},
    ),
    row(
        "tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false",
        {"tools": [tool(strict=True)]},
        {"tools": [tool(strict=True, input_schema={"type": "object", **CLOSED})]},
    ),
    row(
        "At least one tool must have defer_loading=false. All tools cannot be deferred.",
        {"tools": [tool(defer_loading=True)]},
        {"tools": [tool(defer_loading=True), tool("b")]},
    ),
    row(
        "Tool 'get_weather' cannot have both defer_loading=true and cache_control set. "
        "Tools with defer_loading cannot use prompt caching.",
        {"tools": [tool(defer_loading=True, **cached()), tool("b")]},
        {"tools": [tool(defer_loading=True), tool("b", **cached())]},
    ),
    row(
        "tools.0.web_search_20250305: Only one of allowed_domains or blocked_domains may be set.",
        {"tools": [searched(allowed_domains=["a.com"], blocked_domains=["b.com"])]},
        {"tools": [searched(allowed_domains=["a.com"])]},
    ),
    row(
        "tools.0.web_search_20250305.allowed_domains: "
        "Empty list of domains is ambiguous. Provide at least one domain or null.",
        {"tools": [searched(allowed_domains=[])]},
        {"tools": [searched(allowed_domains=None)]},
    ),
    row(
        "Tool reference 'lookup_documents' not found in available tools",
        said(assistant(use()), user(reference("lookup_documents")), **AGENT),
        said(assistant(use()), user(reference("get_weather")), **AGENT),
    ),
    row(
        "Tool reference 'look_up' not found in available tools",
        said(assistant(server_use("tool_search_tool_regex"), tools_found("look_up"), text()), QUESTION, **AGENT),
        said(assistant(server_use("tool_search_tool_regex"), tools_found("get_weather"), text()), QUESTION, **AGENT),
    ),
    row(
        "MCP server 'docs' is defined but not referenced by any `mcp_toolset` in `tools`.",
        {"mcp_servers": [MCP]},
        {"mcp_servers": [MCP], "tools": [MCP_TOOLS]},
        beta("mcp-client-2025-11-20"),
    ),
    row(
        "MCP server 'docs' is referenced by an `mcp_toolset` in `tools` but not defined in `mcp_servers`.",
        {"tools": [MCP_TOOLS]},
        {"mcp_servers": [MCP], "tools": [MCP_TOOLS]},
        beta("mcp-client-2025-11-20"),
    ),
]


def optional(count: int) -> dict[str, Any]:
    return {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(count)}, **CLOSED}


def nullable(count: int) -> dict[str, Any]:
    properties = {f"p{number}": {"type": ["string", "null"]} for number in range(count)}
    return {"type": "object", "properties": properties, "required": [*properties], **CLOSED}


def strict(*schemas: dict[str, Any]) -> dict[str, Any]:
    return {"tools": [tool(f"t{number}", strict=True, input_schema=schema) for number, schema in enumerate(schemas)]}


STRICT = [
    row(
        "Too many strict tools (21). The maximum number of strict tools supported is 20. "
        "Try reducing the number of tools marked as strict.",
        strict(*[optional(0)] * 21),
        strict(*[optional(0)] * 20),
    ),
    row(
        "Schemas contains too many optional parameters (25), which would make grammar compilation inefficient. "
        "Reduce the number of optional parameters in your tool schemas (limit: 24).",
        strict(optional(13), optional(12)),
        strict(optional(12), optional(12)),
    ),
    row(
        "Schemas contains too many parameters with union types (17 parameters with type arrays or anyOf). "
        "This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
        "(limit: 16 parameters with unions).",
        strict(nullable(9), nullable(8)),
        strict(nullable(8), nullable(8)),
    ),
    row(
        "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas.",
        strict(nullable(16)),
        strict(nullable(15)),
    ),
]

OUTPUT = [
    row(
        "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
        formatted(),
        formatted(**CLOSED),
    ),
    row(
        "output_format.schema: Schema type 'oneOf' is not supported",
        {"output_format": {"type": "json_schema", "schema": {"oneOf": []}}},
        {"output_format": {"type": "json_schema", "schema": {"type": "string"}}},
        beta("structured-outputs-2025-11-13"),
    ),
    *(
        row(
            "Citations are not supported with `output_config.format`. Please disable citations or remove the format.",
            asked(block, **formatted(**CLOSED)),
            asked(block),
        )
        for block in (CITED, found(citations={"enabled": True}))
    ),
    row(
        "`compaction` cannot be combined with `context_management`.",
        {"compaction": {"type": "summarize"}, "context_management": {"edits": []}},
        {"compaction": {"type": "summarize"}},
        beta("compact-2026-09-04", "context-management-2025-06-27"),
    ),
    row(
        "stop_sequences: each stop sequence must be non-empty",
        {"stop_sequences": ["", "\n"]},
        {"stop_sequences": ["END"]},
    ),
    row(
        "stop_sequences: each stop sequence must contain non-whitespace",
        {"stop_sequences": ["END", "\n"]},
        {"stop_sequences": ["END", "\n."]},
    ),
]
