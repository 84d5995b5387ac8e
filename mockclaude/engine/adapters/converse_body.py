"""The body of a Converse request as the body of a Messages request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.errors import invalid
from mockclaude.api.events import Block
from mockclaude.api.models import find
from mockclaude.engine.adapters.converse_blocks import (
    SYSTEM,
    mark_last,
    read_list,
    read_member,
    read_members,
    read_object,
    rename,
    to_blocks,
)

_INFERENCE = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop_sequences",
}
_TOOL = {"name": "name", "description": "description", "strict": "strict"}
_TOOL_MEMBERS, _CHOICES = ("toolSpec", "cachePoint"), ("auto", "any", "tool")
_OF_THE_PATH = ("model", "stream", "anthropic_version")
"""Additional fields that the path specifies."""

_MAX_TOKENS = 4_096
"""The maximum of an unknown model."""


def to_messages(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate a body, except its model and `max_tokens` without a value.

    Raises:
        ApiError: 400; the body has a part without a counterpart, or a field of a wrong type.
    """
    fields: dict[str, Any] = {"messages": _to_messages(body.get("messages"))}
    system = to_blocks(body.get("system"), "system", SYSTEM)
    if system:
        fields["system"] = system
    fields |= rename(read_object(body.get("inferenceConfig"), "inferenceConfig"), _INFERENCE)
    if body.get("toolConfig") is not None:
        fields |= _to_tools(read_object(body["toolConfig"], "toolConfig"))
    if body.get("outputConfig") is not None:
        fields |= _to_output(read_object(body["outputConfig"], "outputConfig"))
    for name, value in read_object(body.get("additionalModelRequestFields"), "additionalModelRequestFields").items():
        if name not in _OF_THE_PATH:
            fields[name] = _merge(fields.get(name), value)
    return fields


def find_max_tokens(model: str) -> int:
    """Return the number of tokens of a message whose request has no maximum."""
    known = find(model)
    return known.max_tokens if known else _MAX_TOKENS


def _to_messages(messages: Any) -> list[Block]:
    translated = []
    for index, message in enumerate(read_list(messages, "messages")):
        path = f"messages.{index}"
        fields = read_object(message, path)
        translated.append({**rename(fields, _ROLE), "content": to_blocks(fields.get("content"), f"{path}.content")})
    return translated


_ROLE = {"role": "role"}


def _to_tools(config: dict[str, Any]) -> dict[str, Any]:
    tools: list[Block] = []
    for name, value, path in read_members(config.get("tools"), "toolConfig.tools", _TOOL_MEMBERS):
        if name == "cachePoint":
            mark_last(tools, value, path)
            continue
        tool = read_object(value, path)
        schema = read_object(tool.get("inputSchema"), f"{path}.inputSchema")
        tools.append({**rename(tool, _TOOL), **rename(schema, {"json": "input_schema"})})
    choice = config.get("toolChoice")
    return {"tools": tools, **({} if choice is None else {"tool_choice": _to_choice(choice)})}


def _to_choice(choice: Any) -> dict[str, Any]:
    kind, value, path = read_member(choice, "toolConfig.toolChoice", _CHOICES)
    return {"type": kind, **rename(read_object(value, path), {"name": "name"})}


def _to_output(config: dict[str, Any]) -> dict[str, Any]:
    output = rename(config, {"effort": "effort"})
    if config.get("textFormat") is not None:
        path = "outputConfig.textFormat"
        structure = read_object(read_object(config["textFormat"], path).get("structure"), f"{path}.structure")
        schema = read_object(structure.get("jsonSchema"), f"{path}.structure.jsonSchema").get("schema")
        output["format"] = {"type": "json_schema", "schema": _parse_schema(schema, f"{path}.structure.jsonSchema")}
    return {"output_config": output} if output else {}


def _parse_schema(schema: Any, path: str) -> Any:
    """Parse a schema, which is a text."""
    try:
        return orjson.loads(schema)
    except ValueError:
        raise invalid(f"{path}.schema: expected JSON in a text") from None


def _merge(value: Any, additional: Any) -> Any:
    """Return a field with an additional value: tools follow others, and objects have the keys of both."""
    if isinstance(value, list) and isinstance(additional, list):
        return [*value, *additional]
    return {**value, **additional} if isinstance(value, dict) and isinstance(additional, dict) else additional
