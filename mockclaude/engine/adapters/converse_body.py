"""The body of a Converse request as the body of a Messages request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockclaude.api.content_blocks import format_path
from mockclaude.api.errors import invalid
from mockclaude.api.events import Block
from mockclaude.api.models import find
from mockclaude.engine.adapters.converse_blocks import (
    SYSTEM,
    Path,
    mark_last,
    read_list,
    read_lone_text,
    read_member,
    read_members,
    read_object,
    rename,
    to_blocks,
)
from mockclaude.engine.adapters.converse_checks import check_blocks, check_first_role

_INFERENCE = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "stopSequences": "stop_sequences",
}
_OF_TOOLS = ("name", "description", "strict")
_TOOL_MEMBERS, _CHOICES = ("toolSpec", "cachePoint"), ("auto", "any", "tool")
_ADDITIONAL = "additionalModelRequestFields"
_OF_THE_PATH = ("model", "stream", "anthropic_version")
"""Additional fields that the path specifies."""

_MAX_TOKENS = 4_096
"""The maximum of an unknown model."""


def to_messages(body: Mapping[str, Any], *, strict: bool) -> dict[str, Any]:
    """Translate a body, except its model and `max_tokens` without a value.

    Args:
        body: The body.
        strict: Whether the rules apply that the Messages API does not have.

    Raises:
        ApiError: 400; the body has a part without a counterpart, or a field of a wrong type, or violates a rule.
    """
    fields: dict[str, Any] = {"messages": _to_messages(body, strict=strict)}
    system = body.get("system")
    system = read_lone_text(system) or to_blocks(system, ("system",), SYSTEM)
    if system:
        fields["system"] = system
    fields |= rename(read_object(body.get("inferenceConfig"), ("inferenceConfig",)), _INFERENCE)
    if body.get("toolConfig") is not None:
        fields |= _to_tools(read_object(body["toolConfig"], ("toolConfig",)))
    if body.get("outputConfig") is not None:
        fields |= _to_output(read_object(body["outputConfig"], ("outputConfig",)))
    for name, value in read_object(body.get(_ADDITIONAL), (_ADDITIONAL,)).items():
        if name not in _OF_THE_PATH:
            fields[name] = _merge(fields.get(name), value)
    return fields


def find_max_tokens(model: str) -> int:
    """Return the number of tokens of a message whose request has no maximum."""
    known = find(model)
    return known.max_tokens if known else _MAX_TOKENS


def _to_messages(body: Mapping[str, Any], *, strict: bool) -> list[Block]:
    translated: list[Block] = []
    for index, message in enumerate(read_list(body.get("messages"), ("messages",))):
        fields = message if isinstance(message, dict) else read_object(message, ("messages", index))
        content, role = fields.get("content"), fields.get("role")
        if index == 0 and strict:
            check_first_role(role)
        blocks: Any = read_lone_text(content)
        if not blocks:
            path: Path = ("messages", index, "content")
            blocks = to_blocks(content, path)
            if strict:
                check_blocks(blocks, path, has_tools=body.get("toolConfig") is not None)
        translated.append({"content": blocks} if role is None else {"role": role, "content": blocks})
    return translated


def _to_tools(config: dict[str, Any]) -> dict[str, Any]:
    tools: list[Block] = []
    for name, value, path in read_members(config.get("tools"), ("toolConfig", "tools"), _TOOL_MEMBERS):
        if name == "cachePoint":
            mark_last(tools, value, path)
            continue
        spec = read_object(value, path)
        tool = {field: spec[field] for field in _OF_TOOLS if spec.get(field) is not None}
        schema = read_object(spec.get("inputSchema"), (*path, "inputSchema")).get("json")
        tools.append(tool if schema is None else {**tool, "input_schema": schema})
    choice = config.get("toolChoice")
    return {"tools": tools, **({} if choice is None else {"tool_choice": _to_choice(choice)})}


def _to_choice(choice: Any) -> dict[str, Any]:
    kind, value, path = read_member(choice, ("toolConfig", "toolChoice"), _CHOICES)
    return {"type": kind, **rename(read_object(value, path), {"name": "name"})}


def _to_output(config: dict[str, Any]) -> dict[str, Any]:
    output = rename(config, {"effort": "effort"})
    if config.get("textFormat") is not None:
        path: Path = ("outputConfig", "textFormat")
        structure = read_object(read_object(config["textFormat"], path).get("structure"), (*path, "structure"))
        schema = read_object(structure.get("jsonSchema"), (*path, "structure", "jsonSchema")).get("schema")
        output["format"] = {"type": "json_schema", "schema": _parse_schema(schema, (*path, "structure", "jsonSchema"))}
    return {"output_config": output} if output else {}


def _parse_schema(schema: Any, path: Path) -> Any:
    """Parse a schema, which is a text."""
    try:
        return orjson.loads(schema)
    except ValueError:
        raise invalid(f"{format_path(path)}.schema: expected JSON in a text") from None


def _merge(value: Any, additional: Any) -> Any:
    """Return a field with an additional value: tools follow others, and objects have the keys of both."""
    if isinstance(value, list) and isinstance(additional, list):
        return [*value, *additional]
    return {**value, **additional} if isinstance(value, dict) and isinstance(additional, dict) else additional
