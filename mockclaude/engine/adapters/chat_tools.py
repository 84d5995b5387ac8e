"""The tools of a chat as tools of the API: definitions, the choice, and calls in messages."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson

from mockclaude.api.errors import invalid
from mockclaude.api.events import Block
from mockclaude.engine.adapters.chat_content import read_list, read_object, read_text

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
"""A mode of `tool_choice` -> its type in the API."""


def to_tools(chat: dict[str, Any]) -> dict[str, Any]:
    """Return the fields `tools` and `tool_choice` of a request.

    Raises:
        ApiError: 400; a tool or the choice is invalid.
    """
    if chat.get("tools"):
        tools = [_to_tool(tool, f"tools.{at}") for at, tool in enumerate(read_list(chat["tools"], "tools"))]
    elif chat.get("functions"):
        functions = enumerate(read_list(chat["functions"], "functions"))
        tools = [to_tool(function, f"functions.{at}") for at, function in functions]
    else:
        tools = []
    choice, allowed = _to_choice(chat)
    if allowed:
        tools = [tool for tool in tools if tool["name"] in allowed]
    if chat.get("parallel_tool_calls") is False and tools:
        choice = choice or {"type": "auto"}
        if choice["type"] != "none":
            choice["disable_parallel_tool_use"] = True
    fields: dict[str, Any] = {"tools": tools} if tools else {}
    if choice and (tools or choice["type"] in ("any", "tool")):
        fields["tool_choice"] = choice
    return fields


def to_tool(function: Any, path: str) -> dict[str, Any]:
    """Return the tool of a function.

    Raises:
        ApiError: 400; the function is invalid.
    """
    fields = read_object(function, path)
    tool: dict[str, Any] = {"name": read_text(fields.get("name"), f"{path}.name")}
    if fields.get("description") is not None:
        tool["description"] = fields["description"]
    parameters = fields.get("parameters")
    written = {} if parameters is None else read_object(parameters, f"{path}.parameters")
    return {**tool, "input_schema": {"type": "object", **without_dialect(written)}}


def without_dialect(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema without `$schema`."""
    return {key: value for key, value in schema.items() if key != "$schema"} if "$schema" in schema else schema


def to_tool_use(call: Any, path: str) -> Block:
    """Return the block of a call in an assistant's message.

    Raises:
        ApiError: 400; the call is invalid.
    """
    fields = read_object(call, path)
    if fields.get("type", "function") != "function":
        raise invalid(f"{path}.type: Input should be 'function'")
    return build_tool_use(fields.get("function"), read_text(fields.get("id"), f"{path}.id"), f"{path}.function")


def build_tool_use(function: Any, call_id: str, path: str) -> Block:
    """Return the block of a call of a function.

    Raises:
        ApiError: 400; the function is invalid.
    """
    fields = read_object(function, path)
    name = read_text(fields.get("name"), f"{path}.name")
    return {"type": "tool_use", "id": call_id, "name": name, "input": read_arguments(fields.get("arguments"), path)}


def read_arguments(arguments: Any, path: str) -> dict[str, Any]:
    """Parse the arguments of a call. An empty text is an empty object.

    Raises:
        ApiError: 400; the arguments are not the JSON of an object.
    """
    text = read_text(arguments, f"{path}.arguments")
    try:
        parsed = orjson.loads(text) if text else {}
    except ValueError as error:
        raise invalid(f"{path}.arguments: not valid JSON: {error}") from None
    return read_object(parsed, f"{path}.arguments")


def _to_tool(tool: Any, path: str) -> dict[str, Any]:
    fields = read_object(tool, path)
    if fields.get("type", "function") != "function":
        raise invalid(f"{path}.type: Input should be 'function'")
    return to_tool(fields.get("function"), f"{path}.function")


def _to_choice(chat: dict[str, Any]) -> tuple[dict[str, Any] | None, Collection[str]]:
    """Return the choice, and the names of the allowed tools; none for all tools."""
    choice = chat.get("tool_choice")
    if choice is None and chat.get("function_call") is not None:
        legacy = chat["function_call"]
        if isinstance(legacy, dict):
            return _choose_tool(legacy, "function_call"), []
        return _choose_mode(legacy, "function_call"), []
    if not isinstance(choice, dict):
        return (None if choice is None else _choose_mode(choice, "tool_choice")), []
    kind = choice.get("type")
    if kind == "function":
        return _choose_tool(choice.get("function"), "tool_choice.function"), []
    if kind == "allowed_tools":
        allowed = read_object(choice.get("allowed_tools", choice), "tool_choice.allowed_tools")
        tools = read_list(allowed.get("tools"), "tool_choice.allowed_tools.tools")
        return _choose_mode(allowed.get("mode"), "tool_choice.allowed_tools.mode"), _list_names(tools)
    raise invalid("tool_choice.type: Input should be 'function' or 'allowed_tools'")


def _choose_mode(mode: Any, path: str) -> dict[str, Any]:
    if not isinstance(mode, str) or mode not in _CHOICES:
        raise invalid(f"{path}: Input should be 'auto', 'none' or 'required'")
    return {"type": _CHOICES[mode]}


def _choose_tool(function: Any, path: str) -> dict[str, Any]:
    return {"type": "tool", "name": read_text(read_object(function, path).get("name"), f"{path}.name")}


def _list_names(tools: list[Any]) -> Collection[str]:
    path = "tool_choice.allowed_tools.tools"
    functions = (read_object(tool, f"{path}.{at}").get("function") for at, tool in enumerate(tools))
    return {
        read_text(read_object(function, f"{path}.{at}.function").get("name"), f"{path}.{at}.function.name")
        for at, function in enumerate(functions)
    }
