"""References of a schema that lead to nothing."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks.schema_references import find_dangling

DEEP: dict[str, Any] = {"$ref": "#/$defs/Missing"}
for _ in range(5_000):
    DEEP = {"items": DEEP}


LONG = "9" * 5_000
"""More digits than `int` reads."""


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"properties": {"a": {"$ref": "#/$defs/A"}}}, "#/$defs/A"),
        ({"$defs": {"B": {}}, "anyOf": [{"$ref": "#/$defs/B"}, {"$ref": "#/$defs/A"}]}, "#/$defs/A"),
        ({"$ref": "#/anyOf/1", "anyOf": [{}]}, "#/anyOf/1"),
        ({"$ref": "#/anyOf/x", "anyOf": [{}]}, "#/anyOf/x"),
        ({"$ref": f"#/anyOf/{LONG}", "anyOf": [{}]}, f"#/anyOf/{LONG}"),
        ({"$ref": "#/title/x", "title": "A"}, "#/title/x"),
        (DEEP, "#/$defs/Missing"),
    ],
)
def test_a_reference_without_a_target_is_found(schema: Any, pointer: str) -> None:
    assert find_dangling(schema) == pointer


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {"type": "object"},
        {"$ref": "#"},
        {"$defs": {"A": {"$ref": "#/$defs/A"}}},
        {"$ref": "#/definitions/A%20b", "definitions": {"A b": {}}},
        {"$ref": "#/$defs/a~1b~0c", "$defs": {"a/b~c": True}},
        {"$ref": "#/anyOf/0", "anyOf": [{}]},
        {"$ref": "https://example.com/a.json"},
        {"$ref": "#anchor"},
        {"$defs": {"A": {"$id": "https://example.com/a", "$ref": "#/$defs/B", "$defs": {"B": {}}}}},
        {"properties": {"$ref": {"type": "string"}}},
        {
            "const": {"$ref": "#/a"},
            "enum": [{"$ref": "#/a"}],
            "default": {"$ref": "#/a"},
            "examples": [{"$ref": "#/a"}],
        },
    ],
)
def test_other_references_have_a_target_or_are_not_followed(schema: Any) -> None:
    assert find_dangling(schema) is None
