"""Checks of tools: names, schemas, deferred loading, and references to tools."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.checks.output_checks import schema_problem
from mockclaude.api.memo import remember
from mockclaude.api.request import MessagesRequest

_COMBINING = frozenset({"oneOf", "allOf", "anyOf"})
_CUSTOM = (None, "custom")
_OF_COMPUTERS = ("computer_", "browser_")
_FOR_EVERY_MODEL = (
    "advisor_20260301",
    "bash_20250124",
    "code_execution_20250825",
    "memory_20250818",
    "text_editor_20250728",
    "tool_search_tool_bm25_20251119",
    "tool_search_tool_regex_20251119",
    "web_fetch_20250910",
    "web_search_20250305",
)
_WEB_TOOLS = ("web_search", "web_fetch")
_DOMAINS = ("allowed_domains", "blocked_domains")
_OLD_CLIENT = "mcp-client-2025-04-04"


def _tools(request: MessagesRequest) -> list[Body]:
    return request.body.get("tools") or []


def _is_continued(request: MessagesRequest) -> bool:
    """Return whether the tools are those of an earlier request, as in a request that continues a thread."""
    thread = request.body.get("thread")
    return isinstance(thread, dict) and thread.get("type") == "continue"


def _tool_names(request: MessagesRequest) -> set[str] | None:
    """Return the names of all tools, None if only the server knows the names of some."""
    if _is_continued(request) or "block:tool_addition" in request.traits:
        return None
    names = {tool.get("name") for tool in _tools(request)}
    return None if None in names else {str(name) for name in names}


def _choice_of_nothing(request: MessagesRequest) -> Details | None:
    return None if _tools(request) or request.body.get("mcp_servers") or _is_continued(request) else {}


def _unknown_choice(request: MessagesRequest) -> Details | None:
    name = request.body["tool_choice"].get("name")
    names = None if name is None else _tool_names(request)
    return None if names is None or name in names else {"name": name}


def _same_name(request: MessagesRequest) -> Details | None:
    names = [name for tool in _tools(request) if (name := tool.get("name")) is not None]
    return None if len(set(names)) == len(names) else {}


def _find_combined(request: MessagesRequest) -> Details | None:
    for index, tool in enumerate(_tools(request)):
        schema = tool.get("input_schema")
        if schema and not _COMBINING.isdisjoint(schema) and tool.get("type") in _CUSTOM:
            return {"index": index}
    return None


def _invalid_schema(request: MessagesRequest) -> Details | None:
    index, oddities = _judge_schemas(request.encoded_tools or orjson.dumps(_tools(request)))
    for oddity in oddities:
        request.warn(oddity)
    return None if index is None else {"index": index}


@remember(16, 100_000)
def _judge_schemas(tools: bytes) -> tuple[int | None, tuple[str, ...]]:
    """Return the index of the first invalid schema of `tools`, as JSON, and the oddities that the API accepts.

    Cached, since agents repeat tools.
    """
    parsed = orjson.loads(tools)
    index = next((index for index, tool in enumerate(parsed) if not _is_schema(tool)), None)
    return index, tuple(_list_dangling(parsed)) if index is None and b'"$ref"' in tools else ()


def _list_dangling(tools: list[Body]) -> Iterator[str]:
    from mockclaude.api.checks.schema_references import find_dangling

    for index, tool in enumerate(tools):
        if reference := find_dangling(tool.get("input_schema")):
            yield f"tools.{index}.custom.input_schema: `$ref` '{reference[:100]}' has no target; the API accepts it"


def _is_schema(tool: Body) -> bool:
    from jsonschema_rs import meta

    # A tool may name any draft, and is still held to 2020-12.
    schema = {key: value for key, value in (tool.get("input_schema") or {}).items() if key != "$schema"}
    return tool.get("type") not in _CUSTOM or meta.is_valid(schema)


def _find_loose(request: MessagesRequest) -> Details | None:
    for index, tool in enumerate(_tools(request)):
        if tool.get("strict") is True and tool.get("type") in _CUSTOM:
            problem = schema_problem(orjson.dumps(tool.get("input_schema")))
            if problem:
                return {"index": index, "problem": problem}
    return None


def _other_computer(request: MessagesRequest) -> Details | None:
    if request.model_info is None:
        return None
    known = request.model_info.abilities.computer_tools
    wrong = [kind for kind in _tool_types(request) if kind.startswith(_OF_COMPUTERS) and kind not in known]
    offer = ", ".join(sorted((*_FOR_EVERY_MODEL, *known)))
    return {"model": request.model_info.id, "types": ", ".join(wrong), "offer": offer} if wrong else None


def _tool_types(request: MessagesRequest) -> Iterator[str]:
    return (kind for tool in _tools(request) if (kind := tool.get("type")))


def _find_all_deferred(request: MessagesRequest) -> Details | None:
    tools = _tools(request)
    return {} if tools and all(tool.get("defer_loading") is True for tool in tools) else None


def _find_deferred_and_cached(request: MessagesRequest) -> Details | None:
    for tool in _tools(request):
        if tool.get("defer_loading") is True and tool.get("cache_control"):
            return {"name": tool.get("name")}
    return None


def _both_domains(request: MessagesRequest) -> Details | None:
    for index, tool in enumerate(_tools(request)):
        if tool.get("allowed_domains") and tool.get("blocked_domains"):
            return {"index": index, "type": tool.get("type")}
    return None


def _no_domains(request: MessagesRequest) -> Details | None:
    for index, tool in enumerate(_tools(request)):
        kind = tool.get("type")
        if kind and kind.startswith(_WEB_TOOLS):
            empty = next((field for field in _DOMAINS if tool.get(field) == []), None)
            if empty:
                return {"index": index, "type": kind, "field": empty}
    return None


def _unknown_reference(request: MessagesRequest) -> Details | None:
    return _find_missing(request, (block for _, block in request.blocks["tool_reference"]))


def _unknown_result(request: MessagesRequest) -> Details | None:
    contents = (block.get("content") for _, block in request.blocks["tool_search_tool_result"])
    return _find_missing(request, (reference for content in contents for reference in _references(content)))


def _references(content: object) -> list[Body]:
    return _dicts(content.get("tool_references")) if isinstance(content, dict) else []


def _dicts(value: object) -> list[Body]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _find_missing(request: MessagesRequest, references: Iterable[Body]) -> Details | None:
    names = _tool_names(request)
    referenced = [reference.get("tool_name") for reference in references] if names is not None else []
    return next(({"name": name} for name in referenced if name not in (names or ())), None)


def _servers(request: MessagesRequest) -> dict[str, None]:
    """Return the names of the MCP servers, in their order."""
    return {str(server.get("name")): None for server in _dicts(request.body.get("mcp_servers"))}


def _toolsets(request: MessagesRequest) -> dict[str, None]:
    """Return the names of the MCP servers that the tools refer to, in the order of the tools."""
    return {str(tool.get("mcp_server_name")): None for tool in _tools(request) if tool.get("type") == "mcp_toolset"}


def _idle_server(request: MessagesRequest) -> Details | None:
    used = (
        _servers(request) if _OLD_CLIENT in request.api_headers.betas or _is_continued(request) else _toolsets(request)
    )
    return next(({"name": name} for name in _servers(request) if name not in used), None)


def _unknown_server(request: MessagesRequest) -> Details | None:
    known = _servers(request)
    return next(({"name": name} for name in _toolsets(request) if name not in known), None)


CHECKS: tuple[Check, ...] = (
    Check(
        "a choice, and no tools",
        "tool_choice may only be specified while providing tools.",
        "assumed",
        _choice_of_nothing,
        "tool_choice",
    ),
    Check(
        "the choice of a tool that is not there",
        "Tool '{name}' not found in provided tools",
        "assumed",
        _unknown_choice,
        "tool_choice",
    ),
    Check(
        "two tools of one name",
        "tools: Tool names must be unique.",
        "reported",
        _same_name,
        "tools",
        citation="anthropics/claude-code#10687",
    ),
    Check(
        "a schema that is several",
        "tools.{index}.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level",
        "reported",
        _find_combined,
        "tools",
        citation="anthropics/claude-code#40075",
    ),
    Check(
        "a schema that is none",
        "tools.{index}.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
        "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
        "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview.",
        "reported",
        _invalid_schema,
        "tools",
        citation="anthropics/claude-code#86665",
    ),
    Check(
        "a strict tool whose schema cannot constrain its input",
        "tools.{index}.custom: {problem}",
        "recorded",
        _find_loose,
        "tool:strict",
        citation="0xPlaygrounds/rig tests/cassettes/anthropic/strict_schema_matrix",
    ),
    Check(
        "a way to use computers that the model does not know",
        "'{model}' does not support tool types: {types}. Did you mean one of {offer}?",
        "documented",
        _other_computer,
        "tool:type",
        gateway=True,
        citation="documentation: migration guide of Claude Opus 5.5, the beginning",
    ),
    Check(
        "no tool that is loaded",
        "At least one tool must have defer_loading=false. All tools cannot be deferred.",
        "documented",
        _find_all_deferred,
        "tool:defer_loading",
        citation="nearai/ironclaw#7274",
    ),
    Check(
        "a tool to cache that is not loaded",
        "Tool '{name}' cannot have both defer_loading=true and cache_control set. "
        "Tools with defer_loading cannot use prompt caching.",
        "reported",
        _find_deferred_and_cached,
        "tool:defer_loading",
        citation="Wei-Shaw/sub2api#4990",
    ),
    Check(
        "domains to search, and domains not to",
        "tools.{index}.{type}: Only one of allowed_domains or blocked_domains may be set.",
        "documented",
        _both_domains,
        "tool:blocked_domains",
        citation="documentation: tools of managed agents; microsoft/vscode#314275: the condition",
    ),
    Check(
        "domains to search, and none named",
        "tools.{index}.{type}.{field}: Empty list of domains is ambiguous. Provide at least one domain or null.",
        "documented",
        _no_domains,
        "tool:type",
        citation="documentation: tools of managed agents; weave-os/router#1054: the condition",
    ),
    *(
        Check(
            f"a {where} that names a tool which is not there",
            "Tool reference '{name}' not found in available tools",
            "reported",
            find,
            f"block:{where}",
            citation="anthropics/claude-code#81863",
        )
        for where, find in (
            ("tool_reference", _unknown_reference),
            ("tool_search_tool_result", _unknown_result),
        )
    ),
    Check(
        "an MCP server without tools",
        "MCP server '{name}' is defined but not referenced by any `mcp_toolset` in `tools`.",
        "reported",
        _idle_server,
        "mcp_servers",
        gateway=True,
        citation="anthropics/anthropic-sdk-csharp#255",
    ),
    Check(
        "tools of an MCP server that is not there",
        "MCP server '{name}' is referenced by an `mcp_toolset` in `tools` but not defined in `mcp_servers`.",
        "assumed",
        _unknown_server,
        "tool:type",
    ),
)
"""Tools: the choice, each tool, deferred loading, and references."""
