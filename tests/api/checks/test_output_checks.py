"""Schemas that cannot constrain an answer, what goes with them, and what ends an answer."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field

from mockclaude.api.checks.output_checks import CHECKS
from tests.api.asking import asked, refusal

OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false"
NOT_FALSE = "is not supported. Please set 'additionalProperties' to false"
CIRCULAR = (
    "Invalid schema: Circular reference detected in schema definitions: {}. "
    "Self-referencing or mutually-referencing definitions are not supported."
)
CLOSED: dict[str, Any] = {"type": "object", "additionalProperties": False}


def holding(**properties: Any) -> dict[str, Any]:
    return {**CLOSED, "properties": properties}


def told(schema: Any, field: str = "output_config") -> str | None:
    wanted = {"type": "json_schema", "schema": schema}
    return refusal(CHECKS, asked(**{field: {"format": wanted} if field == "output_config" else wanted}))


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "object"}, OPEN),
        ({"type": ["null", "object"]}, OPEN),
        (holding(inner={"type": "object"}), OPEN),
        (holding(items={"type": "array", "items": {"type": "object"}}), OPEN),
        ({"anyOf": [CLOSED, {"type": "object"}]}, OPEN),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object"}}}, OPEN),
        (
            {"type": "object", "additionalProperties": True},
            f"For 'object' type, 'additionalProperties: true' {NOT_FALSE}",
        ),
        (
            {"type": "object", "additionalProperties": {}},
            f"For 'object' type, 'additionalProperties: object' {NOT_FALSE}",
        ),
        (
            holding(age={"type": "integer", "minimum": 0, "maximum": 9}),
            "For 'integer' type, properties maximum, minimum are not supported",
        ),
        (holding(age={"type": "number", "minimum": 0}), "For 'number' type, property 'minimum' is not supported"),
        (
            holding(name={"type": ["string", "null"], "maxLength": 9}),
            "For 'string' type, property 'maxLength' is not supported",
        ),
        (holding(names={"type": "array", "maxItems": 9}), "For 'array' type, property 'maxItems' is not supported"),
        (
            holding(names={"type": "array", "minItems": 6}),
            "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [6, ∞])",
        ),
        (
            holding(names={"type": "array", "minItems": 2, "maxItems": 5}),
            "For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [2, 5])",
        ),
        ({**CLOSED, "propertyNames": {}}, "For 'object' type, property 'propertyNames' is not supported"),
        (holding(anything=True), "For 'object' type, property 'properties' is not supported"),
        ({"oneOf": [CLOSED]}, "Schema type 'oneOf' is not supported"),
        ({}, "Invalid schema: Schema type is missing"),
        (
            {
                "$ref": "#/$defs/A",
                "$defs": {"A": holding(b={"$ref": "#/$defs/B"}), "B": holding(a={"$ref": "#/$defs/A"})},
            },
            CIRCULAR.format("A -> B -> A"),
        ),
        (
            {"$ref": "#/$defs/Node", "$defs": {"Node": holding(next={"$ref": "#/$defs/Node"})}},
            CIRCULAR.format("Node -> Node"),
        ),
    ],
)
def test_a_schema_must_be_one_that_can_constrain_an_answer(schema: Any, problem: str) -> None:
    assert told(schema) == f"output_config.format.schema: {problem}"
    assert told(schema, "output_format") == f"output_format.schema: {problem}"


@pytest.mark.parametrize(
    "schema",
    [
        CLOSED,
        holding(kind={"enum": ["a"]}, only={"const": 1}, name={"type": "string", "pattern": "a", "format": "email"}),
        holding(names={"type": "array", "minItems": 1, "items": {"type": "string"}}, properties={"type": "integer"}),
        holding(inner={"anyOf": [CLOSED, {"type": "null"}]}, age={"allOf": [{"type": "integer"}]}),
        holding(minimum={"type": "string", "minimum": 3, "minItems": 3}),
        {
            "$ref": "#/$defs/A",
            "$defs": {
                "A": holding(b={"$ref": "#/$defs/B"}, c={"$ref": "#/$defs/C"}, x={"$ref": "#/$defs/Missing"}),
                "B": holding(c={"$ref": "#/$defs/C"}),
                "C": CLOSED,
            },
        },
        {"$ref": "#/$defs/A", "$defs": {"A": holding(b={"$ref": 3})}},
        holding(nothing=False),
    ],
)
def test_a_schema_that_can_is_taken(schema: Any) -> None:
    assert told(schema) is None


def test_what_the_sdk_makes_of_a_model_is_taken() -> None:
    from anthropic import transform_schema

    class Person(BaseModel):
        name: str = Field(max_length=20)
        age: int = Field(ge=0)
        friends: list[str] | None = Field(min_length=2)

    assert told(transform_schema(Person)) is None
    assert told(Person.model_json_schema()) is not None


@pytest.mark.parametrize("fields", [{"output_config": {"format": None}}, {"output_config": {}}])
def test_no_format_is_no_problem(fields: dict[str, Any]) -> None:
    assert refusal(CHECKS, asked(**fields)) is None


NO_CITATIONS = "Citations are not supported with `output_config.format`. Please disable citations or remove the format."
FORMAT = {"type": "json_schema", "schema": CLOSED}


@pytest.mark.parametrize("kind", ["document", "search_result"])
@pytest.mark.parametrize(
    ("citations", "fields", "message"),
    [
        ({"enabled": True}, {"output_config": {"format": FORMAT}}, NO_CITATIONS),
        ({"enabled": True}, {"output_format": FORMAT}, NO_CITATIONS),
        ({"enabled": True}, {"output_config": {"effort": "low"}}, None),
        ({"enabled": True}, {}, None),
        ({"enabled": False}, {"output_config": {"format": FORMAT}}, None),
        (None, {"output_config": {"format": FORMAT}}, None),
    ],
)
def test_an_answer_with_a_format_has_no_place_for_citations(
    kind: str, citations: Any, fields: dict[str, Any], message: str | None
) -> None:
    message_with_source = {"role": "user", "content": [{"type": kind, "citations": citations}]}

    assert refusal(CHECKS, asked(message_with_source, **fields)) == message


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([" \n"], "stop_sequences: each stop sequence must contain non-whitespace"),
        (["\n", ""], "stop_sequences: each stop sequence must be non-empty"),
        (["END", "\n\nHuman:"], None),
        ([], None),
    ],
)
def test_a_stop_sequence_has_a_character_that_is_seen(sequences: list[str], message: str | None) -> None:
    assert refusal(CHECKS, asked(stop_sequences=sequences)) == message


def test_a_compaction_has_no_edits_of_the_context() -> None:
    compacted: dict[str, Any] = {"compaction": {"type": "summarize"}}

    assert refusal(CHECKS, asked(**compacted, context_management={"edits": []})) == (
        "`compaction` cannot be combined with `context_management`."
    )
    assert refusal(CHECKS, asked(**compacted, context_management=None)) is None


KEYWORDS_OF_NUMBERS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]


@pytest.mark.parametrize("keyword", KEYWORDS_OF_NUMBERS)
@pytest.mark.parametrize("kind", ["number", "integer"])
def test_a_number_has_no_bounds_in_a_schema_that_constrains(keyword: str, kind: str) -> None:
    problem = told(holding(age={"type": kind, keyword: 3}))

    assert problem is not None
    assert keyword in problem
