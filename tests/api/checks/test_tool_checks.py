"""Which tools are taken, and what may refer to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from mockclaude.api import models
from mockclaude.api.checks import model_checks as of_models
from mockclaude.api.checks import output_checks
from mockclaude.api.checks.tool_checks import CHECKS
from mockclaude.api.request import MessagesRequest
from tests.api.asking import QUESTION, WEATHER, asked, failures, refusal
from tests.api.bodies import accepted

SEARCH = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
WEB = {"type": "web_search_20250305", "name": "web_search"}
COMPUTER = {"type": "computer_20251124", "name": "computer", "display_width_px": 800, "display_height_px": 600}
TOOLSET = {"type": "computer_toolset_20260801"}
DEFERRED = {**WEATHER, "defer_loading": True}
MCP = {"type": "mcp_toolset", "mcp_server_name": "docs"}
SERVER = {"type": "url", "name": "docs", "url": "https://example.com/mcp"}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CONTINUE = {"type": "continue", "previous_message_id": "msg_1"}
THE_TOOL = {"type": "tool", "name": "get_weather"}

NO_TOOLS = "tool_choice may only be specified while providing tools."
INVALID = (
    "custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 "
    "(https://json-schema.org/draft/2020-12). Learn more about tool use at "
    "https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview."
)
COMBINED = "custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level"
OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
ALL_DEFERRED = "At least one tool must have defer_loading=false. All tools cannot be deferred."
IDLE = "MCP server 'docs' is defined but not referenced by any `mcp_toolset` in `tools`."


def tool(schema: Any, **fields: Any) -> dict[str, Any]:
    return {"name": "look", "input_schema": schema, **fields}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"tool_choice": {"type": "auto"}}, NO_TOOLS),
        ({"tool_choice": {"type": "none"}, "tools": []}, NO_TOOLS),
        ({"tool_choice": {"type": "auto"}, "tools": [WEATHER]}, None),
        ({"tool_choice": None}, None),
        ({"tool_choice": {"type": "auto"}, "thread": CONTINUE}, None),
        ({"tool_choice": {"type": "auto"}, "thread": {"type": "create"}}, NO_TOOLS),
        (
            {"tool_choice": {"type": "tool", "name": "web_search"}, "tools": [WEATHER]},
            "Tool 'web_search' not found in provided tools",
        ),
        ({"tool_choice": THE_TOOL, "tools": [WEB, WEATHER]}, None),
        ({"tool_choice": {"type": "tool", "name": "click"}, "tools": [TOOLSET]}, None),
    ],
)
def test_a_choice_is_one_of_the_tools(fields: dict[str, Any], message: str | None) -> None:
    assert refusal(CHECKS, asked(model="claude-opus-5", **fields)) == message


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([WEATHER, WEATHER], "tools: Tool names must be unique."),
        ([WEATHER, {**WEATHER, "name": "Get_weather"}], None),
        ([TOOLSET, {"type": "browser_toolset_20260801"}], None),
    ],
)
def test_a_name_means_one_tool(tools: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(tools=tools)) == message


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({**CITY, "anyOf": [{"required": ["city"]}]}, COMBINED),
        ({**CITY, "oneOf": []}, COMBINED),
        ({**CITY, "allOf": []}, COMBINED),
        ({"type": "objekt"}, INVALID),
        ({**CITY, "required": "city"}, INVALID),
        ({**CITY, "required": ["city", "city"]}, INVALID),
        ({"type": "object", "properties": {"age": {"type": "integer", "exclusiveMinimum": True}}}, INVALID),
        ({"type": "object", "$schema": "http://json-schema.org/draft-04/schema#", "properties": 3}, INVALID),
    ],
)
def test_the_schema_of_a_tool_is_one_of_draft_2020_12(schema: Any, problem: str) -> None:
    assert refusal(CHECKS, asked(tools=[WEATHER, tool(schema)])) == f"tools.1.{problem}"
    assert refusal(CHECKS, asked(tools=[tool(schema, type="custom")])) == f"tools.0.{problem}"


@pytest.mark.parametrize(
    "schema",
    [
        CITY,
        {"type": "object"},
        {"type": "object", "properties": {"at": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
        {"type": "object", "$schema": "http://json-schema.org/draft-07/schema#", "additionalProperties": False},
        {"type": "object", "$schema": "nowhere", "properties": {"anyOf": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"$ref": "https://example.com/nowhere"}}, "vendor": 3},
    ],
)
def test_any_schema_of_that_draft_is_taken(schema: Any) -> None:
    assert refusal(CHECKS, asked(tools=[tool(schema)])) is None


def test_only_a_tool_of_ones_own_is_looked_at_for_its_schema() -> None:
    assert refusal(CHECKS, asked(tools=[{**WEB, "input_schema": {"type": 3, "anyOf": 3}}])) is None


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([tool(CITY, strict=True)], f"tools.0.custom: {OPEN}"),
        ([tool({**CITY, "additionalProperties": False}, strict=True)], None),
        ([tool(CITY, strict=False)], None),
        ([tool(CITY, strict=None)], None),
    ],
)
def test_a_strict_tool_has_a_schema_that_can_constrain_its_input(tools: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(tools=tools)) == message


OFFER = (
    "advisor_20260301, bash_20250124, browser_toolset_20260801, code_execution_20250825, computer_toolset_20260801, "
    "memory_20250818, text_editor_20250728, tool_search_tool_bm25_20251119, tool_search_tool_regex_20251119, "
    "web_fetch_20250910, web_search_20250305"
)


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        (
            "claude-opus-5-5",
            COMPUTER,
            f"'claude-opus-5-5' does not support tool types: computer_20251124. Did you mean one of {OFFER}?",
        ),
        ("claude-opus-5-5", TOOLSET, None),
        ("claude-opus-5", COMPUTER, None),
        ("claude-sonnet-4-5", {**COMPUTER, "type": "computer_20250124"}, None),
        ("someone-elses", COMPUTER, None),
    ],
)
def test_a_model_has_its_own_way_to_use_computers(model: str, kind: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(model=model, tools=[WEATHER, kind])) == message


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([DEFERRED], ALL_DEFERRED),
        ([DEFERRED, SEARCH], None),
        ([DEFERRED, {**WEB, "defer_loading": False}], None),
        ([], None),
        (
            [SEARCH, {**DEFERRED, "cache_control": {"type": "ephemeral"}}],
            "Tool 'get_weather' cannot have both defer_loading=true and cache_control set. "
            "Tools with defer_loading cannot use prompt caching.",
        ),
        ([SEARCH, {**DEFERRED, "cache_control": None}], None),
        ([{**SEARCH, "cache_control": {"type": "ephemeral"}}, DEFERRED], None),
    ],
)
def test_one_tool_is_loaded_and_what_is_not_is_not_cached(tools: Any, message: str | None) -> None:
    assert refusal(CHECKS, asked(tools=tools)) == message


@pytest.mark.parametrize(
    ("domains", "message"),
    [
        (
            {"allowed_domains": ["a.com"], "blocked_domains": ["b.com"]},
            "tools.0.web_search_20250305: Only one of allowed_domains or blocked_domains may be set.",
        ),
        (
            {"allowed_domains": ["a.com"], "blocked_domains": []},
            "tools.0.web_search_20250305.blocked_domains: "
            "Empty list of domains is ambiguous. Provide at least one domain or null.",
        ),
        ({"allowed_domains": ["a.com"], "blocked_domains": None}, None),
        ({"blocked_domains": ["b.com"]}, None),
        (
            {"type": "web_fetch_20250910", "name": "web_fetch", "allowed_domains": []},
            "tools.0.web_fetch_20250910.allowed_domains: "
            "Empty list of domains is ambiguous. Provide at least one domain or null.",
        ),
    ],
)
def test_domains_are_either_allowed_or_blocked(domains: dict[str, Any], message: str | None) -> None:
    assert refusal(CHECKS, asked(tools=[{**WEB, **domains}])) == message


def result(name: str) -> dict[str, Any]:
    reference = {"type": "tool_reference", "tool_name": name}
    return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [reference]}]}


def search_result(content: Any) -> dict[str, Any]:
    return {
        "role": "assistant",
        "content": [{"type": "tool_search_tool_result", "tool_use_id": "s", "content": content}],
    }


def search_found(name: str) -> dict[str, Any]:
    references = [{"type": "tool_reference", "tool_name": name}]
    return search_result({"type": "tool_search_tool_search_result", "tool_references": references})


ADDITION = {"role": "system", "content": [{"type": "tool_addition", "tool": {"type": "tool_definition"}}]}


@pytest.mark.parametrize("found", [result, search_found])
def test_a_reference_names_one_of_the_tools(found: Any) -> None:
    message = "Tool reference 'lookup_documents' not found in available tools"

    assert refusal(CHECKS, asked(QUESTION, found("lookup_documents"), tools=[WEATHER])) == message
    assert refusal(CHECKS, asked(QUESTION, found("lookup_documents"))) == message
    assert refusal(CHECKS, asked(QUESTION, found("get_weather"), tools=[SEARCH, DEFERRED])) is None


@pytest.mark.parametrize("found", [result, search_found])
@pytest.mark.parametrize(
    ("last", "fields"),
    [
        (QUESTION, {"thread": CONTINUE}),
        (ADDITION, {"tools": [WEATHER]}),
        (QUESTION, {"tools": [MCP], "mcp_servers": [SERVER]}),
    ],
)
def test_a_reference_may_name_a_tool_that_only_the_server_knows(found: Any, last: Any, fields: dict[str, Any]) -> None:
    assert refusal(CHECKS, asked(QUESTION, found("lookup_documents"), last, **fields)) is None


@pytest.mark.parametrize(
    "content",
    [
        {"type": "tool_search_tool_result_error", "error_code": "unavailable"},
        {"type": "tool_search_tool_search_result", "tool_references": ["odd"]},
        None,
    ],
)
def test_a_search_that_found_nothing_names_no_tool(content: Any) -> None:
    assert refusal(CHECKS, asked(QUESTION, search_result(content))) is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mcp_servers": [SERVER]}, IDLE),
        ({"mcp_servers": [SERVER], "tools": [WEATHER]}, IDLE),
        ({"mcp_servers": [SERVER], "tools": [MCP]}, None),
        ({"mcp_servers": [SERVER], "betas": frozenset({"mcp-client-2025-04-04"})}, None),
        ({"mcp_servers": [SERVER], "thread": CONTINUE}, None),
        ({"mcp_servers": []}, None),
        (
            {"tools": [MCP]},
            "MCP server 'docs' is referenced by an `mcp_toolset` in `tools` but not defined in `mcp_servers`.",
        ),
        (
            {"mcp_servers": [SERVER], "tool_choice": {"type": "auto"}, "betas": frozenset({"mcp-client-2025-04-04"})},
            None,
        ),
    ],
)
def test_a_server_and_its_tools_go_together(fields: dict[str, Any], message: str | None) -> None:
    assert refusal(CHECKS, asked(**fields)) == message


@given(accepted)
def test_whatever_can_be_answered_can_be_checked(body: dict[str, Any]) -> None:
    every = (*of_models.CHECKS, *CHECKS, *output_checks.CHECKS)

    request = MessagesRequest(body, model_info=models.find("claude-opus-4-5"))
    assert all(problem.message for problem in failures(every, request))
