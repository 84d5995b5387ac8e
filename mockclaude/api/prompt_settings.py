"""Token counts of the fields besides the messages: tools, the API's own prompt for them, system prompt and settings."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import orjson

from mockclaude.api.body import Body
from mockclaude.api.memo import remember
from mockclaude.api.model_constants import Constants, find_constants
from mockclaude.api.prompt_parts import PromptParts, add_block
from mockclaude.api.token_weights import Weights
from mockclaude.api.tokens import blocks_of, count_prompt, count_text, walk

_SEARCH, _TOOLSET = "tool_search_tool_", "mcp_toolset"


def list_parts(body: Body, constants: Constants, encoded: bytes = b"") -> PromptParts:
    """Count the tools, the system prompt and the settings of a request.

    Args:
        body: The body.
        constants: The constants of its model.
        encoded: Its tools as JSON; b"" if they are not encoded.
    """
    parts = PromptParts(constants)
    tools, listed = body.get("tools"), body.get("mcp_servers")
    servers = len(listed) if isinstance(listed, list) else 0
    if tools or servers:
        _add_tools_prompt(parts, body)
    if tools:
        _add_tools(parts, body, encoded)
    if servers:
        toolsets = [tool for tool in tools or () if tool.get("type") == _TOOLSET]
        parts.fixed += max(0, servers - len(toolsets)) * parts.weights.typed_tools[_TOOLSET]
    if body.get("system"):
        parts.fixed += parts.weights.system
    for block in blocks_of(body.get("system") or ()):
        add_block(parts, block)
        parts.ends.append((len(parts.texts), parts.fixed))
    _add_modes(parts, body)
    return parts


def of_input(body: Body) -> int:
    """Count the input tokens of a request."""
    constants = find_constants(body.get("model", ""))
    parts = list_parts(body, constants)
    walk(body["messages"], parts)
    return count_prompt(parts)


def _add_tools_prompt(parts: PromptParts, body: Body) -> None:
    """Add the API's own prompt for tools, which the tools of MCP servers have too."""
    choice = body.get("tool_choice")
    is_forced = isinstance(choice, dict) and choice.get("type") in ("any", "tool")
    parts.fixed += parts.constants.tools_prompt[is_forced] * 1_000


def _add_tools(parts: PromptParts, body: Body, encoded: bytes) -> None:
    tools = encoded or orjson.dumps(body["tools"])
    loaded = _find_loaded(body) if b"tool_search_tool_" in tools else None
    counts = _count_tools(parts.weights, loaded, tools)
    parts.ends += [(0, parts.fixed + count) for count in counts]
    parts.fixed = parts.ends[-1][1]


def _add_modes(parts: PromptParts, body: Body) -> None:
    """Add thinking with a budget, and the output format."""
    weights, thinking, config = parts.weights, body.get("thinking"), body.get("output_config")
    if isinstance(thinking, dict) and thinking.get("type") == "enabled":
        parts.fixed += weights.enabled_thinking
    wanted = (config.get("format") if isinstance(config, dict) else None) or body.get("output_format")
    if wanted:
        parts.fixed += weights.output_format + count_text(orjson.dumps(wanted).decode(), weights.format)


@remember(16, 100_000)
def _count_tools(weights: Weights, loaded: frozenset[str] | None, tools: bytes) -> tuple[int, ...]:
    """Count the thousandths of tokens up to each tool. Cached, since agents repeat tools."""
    return tuple(accumulate(_count_tool(tool, weights, loaded) for tool in orjson.loads(tools)))


def _count_tool(tool: Any, weights: Weights, loaded: frozenset[str] | None) -> int:
    if "type" in tool:
        kind = str(tool["type"])
        typed = [count for begin, count in weights.typed_tools.items() if kind.startswith(begin)]
        if typed:
            return typed[0]
    if loaded is not None and tool.get("defer_loading") and str(tool.get("name")) not in loaded:
        return count_text(str(tool.get("name")), weights.tools)
    if "cache_control" in tool:
        tool = {key: value for key, value in tool.items() if key != "cache_control"}
    return count_text(orjson.dumps(tool).decode(), weights.tools)


def _find_loaded(body: Body) -> frozenset[str] | None:
    """Find the tools that a tool search tool has loaded; None if no such tool is offered."""
    if not any(str(tool.get("type") or "").startswith(_SEARCH) for tool in body["tools"]):
        return None
    return frozenset(_find_references([message.get("content") for message in body["messages"]]))


def _find_references(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for item in content:
            yield from _find_references(item)
    elif isinstance(content, dict):
        if content.get("type") == "tool_reference":
            yield str(content.get("tool_name"))
        for key in ("content", "tool_references"):
            yield from _find_references(content.get(key))
