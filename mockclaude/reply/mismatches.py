"""Find mismatches between a reply and its request, as notes for the log.

The reply stays unchanged: a scenario may imitate mistakes of the API.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from mockclaude.api.body import Body
from mockclaude.api.events import Block
from mockclaude.reply.blocks import find_output_schema


def find_mismatches(body: Body, content: Sequence[Block]) -> Iterator[str]:
    """Yield a note for each difference to content that the API could send."""
    uses = [block for block in content if block["type"] == "tool_use"]
    if uses:
        yield from _check_tools(body, uses)
        if _must_think(body) and not any(map(_is_thinking, content)):
            yield "thinking is enabled, but the reply calls a tool without thinking"
    if choice := body.get("tool_choice"):
        yield from _check_choice(choice, len(uses))
    schema = find_output_schema(body)
    if schema is not None and not uses:
        yield from _check_format(schema, content)
    if (body.get("thinking") or {}).get("type") == "disabled" and any(map(_is_thinking, content)):
        yield "thinking is disabled, but the reply thinks"


def _must_think(body: Body) -> bool:
    """Return whether the API thinks before a call. It does not after a tool result."""
    content = body["messages"][-1]["content"]
    is_result = isinstance(content, list) and content[-1:] and content[-1]["type"] == "tool_result"
    return (body.get("thinking") or {}).get("type") == "enabled" and not is_result


def _is_thinking(block: Block) -> bool:
    return block["type"] in ("thinking", "redacted_thinking")


def _check_tools(body: Body, uses: Sequence[Block]) -> Iterator[str]:
    tools = {tool.get("name"): tool for tool in body.get("tools") or ()}
    toolsets = any("name" not in tool for tool in tools.values())
    for use in uses:
        tool = tools.get(use["name"])
        if tool is None and not toolsets:
            yield f"the tool '{use['name']}' was not offered"
        elif tool is not None:
            yield from _check_schema(
                f"the input of the tool '{use['name']}'", "its input_schema", tool.get("input_schema"), use["input"]
            )


def _check_choice(choice: Body, uses: int) -> Iterator[str]:
    kind = choice.get("type")
    if kind == "none" and uses:
        yield "tool_choice is none, but the reply uses a tool"
    if kind in ("any", "tool") and not uses:
        yield f"tool_choice is {kind}, but the reply uses no tool"
    if choice.get("disable_parallel_tool_use") and uses > 1:
        yield f"disable_parallel_tool_use is set, but the reply uses {uses} tools"


def _check_format(schema: Any, content: Sequence[Block]) -> Iterator[str]:
    for block in content:
        if block["type"] == "text":
            try:
                value = orjson.loads(block["text"])
            except ValueError:
                yield "the reply does not fit output_config.format: the text is not JSON"
            else:
                yield from _check_schema("the reply", "output_config.format", schema, value)


def _check_schema(subject: str, name: str, schema: Any, value: Any) -> Iterator[str]:
    from mockclaude.reply.generate.schemas import SchemaError
    from mockclaude.reply.generate.validators import find_violation

    if isinstance(schema, dict):
        try:
            violation = find_violation(schema, value)
        except SchemaError as error:
            yield f"{subject} was not checked against {name}: {error}"
        else:
            if violation:
                yield f"{subject} does not fit {name}: {violation}"
