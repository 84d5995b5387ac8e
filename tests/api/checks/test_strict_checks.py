"""How much the API compiles into one grammar: strict tools, optional properties and unions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.checks.strict_checks import CHECKS, MAX_OPTIONAL
from mockclaude.api.request import MessagesRequest
from tests.api.asking import asked, refusal
from tests.api.bodies import accepted, json_objects

COMPLEX = "Schema is too complex for compilation. Try reducing the number of tools or simplifying tool schemas."


def optional(count: int) -> str:
    return (
        f"Schemas contains too many optional parameters ({count}), which would make grammar compilation inefficient. "
        "Reduce the number of optional parameters in your tool schemas (limit: 24)."
    )


def unions(count: int) -> str:
    return (
        f"Schemas contains too many parameters with union types ({count} parameters with type arrays or anyOf). "
        "This causes exponential compilation cost. Reduce the number of nullable or union-typed parameters "
        "(limit: 16 parameters with unions)."
    )


def closed(properties: Any, required: Any = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


def loose(count: int) -> dict[str, Any]:
    """Return a schema with optional properties."""
    return closed({f"p{number}": {"type": "string"} for number in range(count)})


def united(count: int, union: Any = None) -> dict[str, Any]:
    """Return a schema with unions."""
    properties = {f"p{number}": union or {"type": ["string", "null"]} for number in range(count)}
    return closed(properties, properties)


EITHER = {"anyOf": [{"type": "string"}, {"type": "null"}]}


def strict(*schemas: Any, **fields: Any) -> MessagesRequest:
    """Return a request with a strict tool for each schema."""
    tools = [{"name": f"t{number}", "strict": True, "input_schema": schema} for number, schema in enumerate(schemas)]
    return asked(tools=tools, **fields)


def formatted(schema: Any, field: str = "output_config") -> dict[str, Any]:
    output_format = {"type": "json_schema", "schema": schema}
    return {field: {"format": output_format} if field == "output_config" else output_format}


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (20, None),
        (
            21,
            "Too many strict tools (21). The maximum number of strict tools supported is 20. "
            "Try reducing the number of tools marked as strict.",
        ),
    ],
)
def test_twenty_tools_may_be_strict(count: int, message: str | None) -> None:
    request = strict(*[loose(25)] * count)
    lenient = asked(tools=[{**tool, "strict": number % 2 == 0} for number, tool in enumerate(request.body["tools"])])

    assert refusal(CHECKS[:1], request) == message
    assert refusal(CHECKS[:1], lenient) is None


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (strict(loose(12), loose(12)), None),
        (strict(loose(13), loose(12)), optional(25)),
        (strict(loose(25)), optional(25)),
        (strict(loose(24)), COMPLEX),
        (strict(loose(12), closed({"a": {"type": "array", "items": loose(12)}})), optional(25)),
        (strict({**loose(12), "$defs": {"A": loose(13)}}), optional(25)),
        (strict(loose(12), **formatted(loose(13))), optional(25)),
        (asked(**formatted(loose(25), "output_format")), optional(25)),
        (asked(**formatted(loose(24))), COMPLEX),
        (asked(**formatted(loose(23))), None),
    ],
)
def test_optional_properties_are_counted_at_every_depth(request_: MessagesRequest, message: str | None) -> None:
    assert refusal(CHECKS, request_) == message


@pytest.mark.parametrize("union", [{"type": ["string", "null"]}, EITHER])
@pytest.mark.parametrize(
    ("counts", "message"), [((8, 8), None), ((9, 8), unions(17)), ((17,), unions(17)), ((16,), COMPLEX), ((15,), None)]
)
def test_unions_are_counted_over_all_schemas(union: Any, counts: Any, message: str | None) -> None:
    assert refusal(CHECKS, strict(*[united(count, union) for count in counts])) == message


def test_tools_that_are_not_strict_count_toward_nothing() -> None:
    tools = [{"name": "a", "input_schema": loose(99)}, {"name": "b", "strict": True, "input_schema": loose(1)}]

    assert refusal(CHECKS, asked(tools=tools)) is None


def test_a_request_with_an_effort_has_no_grammar() -> None:
    assert refusal(CHECKS, asked(output_config={"effort": "low"}, tools=[{"name": "a"}])) is None


@given(st.lists(st.tuples(st.integers(0, 23), st.integers(0, 15)), max_size=5))
def test_the_order_of_tools_changes_nothing(sizes: list[tuple[int, int]]) -> None:
    schemas = [closed(loose(a)["properties"] | united(b)["properties"]) for a, b in sizes]

    message = refusal(CHECKS, strict(*schemas))

    assert message == refusal(CHECKS, strict(*reversed(schemas)))
    total = sum(len(schema["properties"]) for schema in schemas)
    assert (message == optional(total)) is (total > MAX_OPTIONAL)


@given(json_objects)
def test_any_schema_can_be_measured(schema: dict[str, Any]) -> None:
    odd = {**schema, "properties": schema, "required": [*schema.values()]}

    assert refusal(CHECKS, asked(**formatted(odd))) is None


@given(accepted)
def test_whatever_can_be_answered_can_be_checked(body: dict[str, Any]) -> None:
    refusal(CHECKS, MessagesRequest(body))
