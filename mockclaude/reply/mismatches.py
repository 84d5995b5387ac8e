"""Where a reply does not fit the request that it answers.

In: a request body, the content of a reply. Out: notes for the log, a line each.
Knows nothing of where the reply comes from. Nothing is changed: a scenario may want the API's mistakes too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from mockclaude.api.body import Body
from mockclaude.api.events import Block
from mockclaude.reply.blocks import output_schema


def contradictions(body: Body, content: Sequence[Block]) -> Iterator[str]:
    """Yield what of `content` the API would not have sent to such a request."""
    uses = [block for block in content if block["type"] == "tool_use"]
    if uses:
        yield from _of_tools(body, uses)
    yield from _of_choice(body.get("tool_choice") or {}, len(uses))
    schema = output_schema(body)
    if schema is not None and not uses:
        yield from _of_format(schema, content)
    thinks = any(block["type"] in ("thinking", "redacted_thinking") for block in content)
    if thinks and (body.get("thinking") or {}).get("type") == "disabled":
        yield "thinking is disabled, but the reply thinks"


def _of_tools(body: Body, uses: Sequence[Block]) -> Iterator[str]:
    tools = {tool.get("name"): tool for tool in body.get("tools") or ()}
    toolsets = any("name" not in tool for tool in tools.values())
    for use in uses:
        tool = tools.get(use["name"])
        if tool is None and not toolsets:
            yield f"the tool '{use['name']}' was not offered"
        elif tool is not None:
            yield from _of_schema(
                f"the input of the tool '{use['name']}'", "its input_schema", tool.get("input_schema"), use["input"]
            )


def _of_choice(choice: Body, uses: int) -> Iterator[str]:
    kind = choice.get("type")
    if kind == "none" and uses:
        yield "tool_choice is none, but the reply uses a tool"
    if kind in ("any", "tool") and not uses:
        yield f"tool_choice is {kind}, but the reply uses no tool"
    if choice.get("disable_parallel_tool_use") and uses > 1:
        yield f"disable_parallel_tool_use is set, but the reply uses {uses} tools"


def _of_format(schema: Any, content: Sequence[Block]) -> Iterator[str]:
    for block in content:
        if block["type"] == "text":
            try:
                value = orjson.loads(block["text"])
            except ValueError:
                yield "the reply does not fit output_config.format: the text is no JSON"
            else:
                yield from _of_schema("the reply", "output_config.format", schema, value)


def _of_schema(subject: str, name: str, schema: Any, value: Any) -> Iterator[str]:
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
