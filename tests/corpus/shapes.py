"""Types, ranges and references: words and paths of the errors that a schema expresses."""

from __future__ import annotations

from typing import Any

from tests.corpus.pair import Pair, Refused
from tests.server.refusals.tools import strict
from tests.server.refusals.writing import CLOSED, NO_PREFILL, OLD, asked, assistant, result, said, tool, use, user

SHAPE = "Input does not match the expected shape."
ELSEWHERE = "recorded at messages.0 and input_schema; assumed elsewhere"
STRICT = "recorded: 0xPlaygrounds/rig tests/cassettes/anthropic/strict_schema_matrix"
REFERRED = "Self-referencing or mutually-referencing definitions are not supported."


def only(**schema: Any) -> dict[str, Any]:
    """Return the fields of a strict tool with one property."""
    return {**strict({"type": "object", "properties": {"a": schema}, "required": ["a"], **CLOSED}), "model": NO_PREFILL}


def refers(**definitions: str) -> dict[str, Any]:
    """Return the fields of a strict tool whose definitions refer to others."""
    schemas = {
        name: {"type": "object", "properties": {"a": {"$ref": f"#/$defs/{other}"}}, "required": ["a"], **CLOSED}
        for name, other in definitions.items()
    }
    return {**strict({"type": "object", "properties": {}, "$defs": schemas, **CLOSED}), "model": NO_PREFILL}


def range_of(name: str, expected: str, **schema: Any) -> Pair:
    return Pair(f"a strict tool with {name}", STRICT, only(**schema), Refused(f"tools.0.custom: {expected}"))


PAIRS: list[Pair] = [
    Pair("a list for a message", ELSEWHERE, {"messages": [["Hi"]]}, Refused(f"messages.0: {SHAPE}")),
    Pair("a string for a block", ELSEWHERE, asked("Hi"), Refused(f"messages.0.content.0: {SHAPE}")),
    Pair("a string for a tool", ELSEWHERE, {"tools": ["get"]}, Refused(f"tools.0.custom: {SHAPE}")),
    Pair(
        "null for an input schema",
        ELSEWHERE,
        {"tools": [tool(input_schema=None)]},
        Refused(f"tools.0.custom.input_schema: {SHAPE}"),
    ),
    Pair("a string for tool_choice", ELSEWHERE, {"tool_choice": "auto"}, Refused(f"tool_choice: {SHAPE}")),
    Pair("a string for thinking", ELSEWHERE, {"thinking": "adaptive"}, Refused(f"thinking: {SHAPE}")),
    Pair(
        "a string for the input of a call",
        ELSEWHERE,
        said(assistant(use(input="{}")), user(result())),
        Refused(f"messages.1.content.0.tool_use.input: {SHAPE}"),
    ),
    Pair(
        "a temperature that is a string",
        "reported: live, 2026-09",
        {"temperature": "1", "model": NO_PREFILL},
        Refused("temperature: Input should be a valid number"),
        OLD,
    ),
    range_of("one bound", "For 'integer' type, property 'minimum' is not supported", type="integer", minimum=1),
    range_of(
        "two bounds",
        "For 'number' type, properties maximum, minimum are not supported",
        type="number",
        minimum=1,
        maximum=3,
    ),
    range_of(
        "a longest array",
        "For 'array' type, property 'maxItems' is not supported",
        type="array",
        items={"type": "string"},
        maxItems=3,
    ),
    range_of(
        "a shortest array",
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [2, ∞])",
        type="array",
        items={"type": "string"},
        minItems=2,
    ),
    Pair(
        "a definition that refers to itself",
        STRICT,
        refers(Node="Node"),
        Refused(
            "tools.0.custom: Invalid schema: Circular reference detected in schema definitions: Node -> Node. "
            f"{REFERRED}"
        ),
    ),
    Pair(
        "two definitions that refer to each other",
        STRICT,
        refers(Odd="Even", Even="Odd"),
        Refused(
            "tools.0.custom: Invalid schema: Circular reference detected in schema definitions: Odd -> Even -> Odd. "
            f"{REFERRED}"
        ),
    ),
    Pair(
        "a result of another call, after two messages of the user",
        "recorded in the tests of anthropics/anthropic-sdk-python: TestSyncRunTools",
        said(user(result("b")), user(result())),
        Refused(
            "messages.0.content.1: unexpected `tool_use_id` found in `tool_result` blocks: toolu_b. Each `tool_result` "
            "block must have a corresponding `tool_use` block in the previous message."
        ),
    ),
]
