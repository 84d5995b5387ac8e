"""A value is checked as jsonschema-rs checks it, in a bounded time."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.generate.schemas import Document, SchemaError
from mockclaude.reply.generate.validators import Checker, find_violation
from tests.counting import calls

TEXT = {"type": "string"}
VALUES: list[Any] = [
    None, True, False, 0, 1, 1.0, 2.5, -3, 6, 10**20, "", "a", "ab", "é", "2026-01-02", [], [1], [1, 1.0], [1, "a"],
    [1, "a", None], [True, 1], [[1], [1]], {}, {"a": 1}, {"a": "b", "b": [1]}, {"ab": True}, [{"a": 1}],
]  # fmt: skip
SCHEMAS: list[Any] = [
    True, False, {}, {"x-unknown": 1, "title": "x"},
    {"type": "integer"}, {"type": ["null", "number"]}, {"type": "boolean"}, {"type": "array"}, {"type": "object"},
    {"const": 1}, {"const": True}, {"const": {"a": 1.0}}, {"enum": [[1.0], 0, "a", None, {"a": 1, "b": 2}]},
    {"minimum": 1}, {"maximum": 1}, {"exclusiveMinimum": 1}, {"exclusiveMaximum": 1}, {"multipleOf": 0.5},
    {"minLength": 2}, {"maxLength": 1.0}, {"pattern": "^.$"}, {"format": "date"}, {"pattern": r"(?=a)\w(?<!b)$"},
    {"minItems": 2}, {"maxItems": 1}, {"items": {"type": "integer"}}, {"prefixItems": [{"const": 1}, TEXT]},
    {"prefixItems": [True], "items": False}, {"uniqueItems": False},
    {"required": ["a"]}, {"minProperties": 2}, {"maxProperties": 0}, {"properties": {"a": TEXT, "b": False}},
    {"additionalProperties": False, "properties": {"a": True}}, {"additionalProperties": {"type": "integer"}},
    {"patternProperties": {"^a.$": {"const": False}}}, {"patternProperties": {"b": {}}, "additionalProperties": False},
    {"propertyNames": {"maxLength": 1}}, {"contains": {"const": 1}}, {"contains": TEXT, "minContains": 0},
    {"contains": {}, "minContains": 2}, {"contains": {}, "maxContains": 1}, {"dependentRequired": {"a": ["b"]}},
    {"dependentSchemas": {"a": {"minProperties": 2}}},
    {"allOf": [{"minimum": 1}, {"maximum": 3}]}, {"anyOf": [TEXT, {"minimum": 2}]}, {"oneOf": [TEXT, {"minLength": 2}]},
    {"not": {"type": "array"}}, {"if": TEXT, "then": {"minLength": 2}}, {"if": TEXT, "else": {"minItems": 1}},
    {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"minimum": 1}}}, {"$ref": "#/$defs/a%20b", "$defs": {"a b": TEXT}},
    {"items": {"$ref": "#"}, "type": ["array", "integer"]}, {"allOf": [True, {"$ref": "#/allOf/0"}]},
]  # fmt: skip


def verdicts(schema: Any, value: Any) -> tuple[bool, bool]:
    """Return whether jsonschema-rs, and whether we, take `value` for an instance."""
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value), find_violation(schema, value) is None


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_each_keyword_is_checked_as_by_the_library(schema: Any) -> None:
    ours = [find_violation(schema, value) is None for value in VALUES]

    assert ours == [jsonschema_rs.Draft202012Validator(schema).is_valid(value) for value in VALUES]


@given(
    st.lists(st.sampled_from([schema for schema in SCHEMAS if "$ref" not in str(schema)]), min_size=2, max_size=3),
    st.sampled_from(["allOf", "anyOf", "oneOf", "prefixItems"]),
    st.sampled_from(VALUES) | st.lists(st.sampled_from(VALUES), max_size=3),
)
def test_keywords_together_are_checked_as_by_the_library(parts: list[Any], keyword: str, value: Any) -> None:
    theirs, ours = verdicts({keyword: parts}, value)

    assert ours == theirs


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        (TEXT, 5, '5 is not of type "string"'),
        ({"type": ["string", "null"]}, [], '[] is not of type ["string","null"]'),
        ({"required": ["a", "b"]}, {"a": 1}, '"b" is a required property'),
        ({"properties": {"a": {"items": {"minimum": 3}}}}, {"a": [3, 1]}, "1 does not meet minimum: 3 at /a/1"),
        ({"additionalProperties": False}, {"a": 1}, "1 does not meet the schema: false at /a"),
        ({"propertyNames": {"maxLength": 1}}, {"ab": 1}, '"ab" does not meet maxLength: 1'),
        ({"const": "a" * 1000}, "b", f'"b" does not meet const: "{"a" * 98}…'),
    ],
)
def test_a_violation_names_the_value_the_keyword_and_the_place(schema: Any, value: Any, sentence: str) -> None:
    assert str(find_violation(schema, value)) == sentence


def chain(levels: int, last: Any, **more: Any) -> dict[str, Any]:
    links = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2, **more} for level in range(levels)}
    return {"$ref": "#/$defs/d0", "$defs": {**links, f"d{levels}": last}}


NAMES = [f"name_{number}" for number in range(5_000)]
OFTEN = [{"$ref": "#/$defs/w"}] * 5_000


UNCHECKED: dict[str, tuple[Any, Any, str]] = {
    "references that multiply": (chain(40, TEXT), "a", "takes too much work"),
    "alternatives of alternatives": ({"anyOf": [*[False] * 6_000, {"$ref": "#"}]}, "a", "takes too much work"),
    "names": ({"allOf": OFTEN, "$defs": {"w": {"required": NAMES}}}, dict.fromkeys(NAMES, 1), "takes too much work"),
    "constants": ({"allOf": OFTEN, "$defs": {"w": {"enum": [NAMES, "a"]}}}, "a", "takes too much work"),
    "patterns": ({"allOf": OFTEN, "$defs": {"w": {"pattern": "(?=a)b|a"}}}, "a" * 9_000, "takes too much work"),
    "look-behind": ({"allOf": [{"not": {"pattern": "(?<=a)(a*)*b"}}] * 3}, "a" * 20_000, "takes too much work"),
    "unique items": ({"allOf": OFTEN, "$defs": {"w": {"uniqueItems": True}}}, NAMES, "takes too much work"),
    "itself": ({"$ref": "#"}, "a", "invalid, too deep or too large"),
    "wrong type": ({"required": 5}, {}, "invalid, too deep or too large"),
    "no multiple": ({"multipleOf": 0}, 1, "invalid, too deep or too large"),
    "wrong pattern": ({"pattern": "("}, "a", "invalid, too deep or too large"),
    "long pattern": ({"pattern": "a" * 3_000}, "a", "invalid, too deep or too large"),
    "large pattern": ({"pattern": "(?:a{90}){90}"}, "a", "invalid, too deep or too large"),
    "unevaluated": ({"unevaluatedProperties": False}, {}, "`unevaluatedProperties` is not supported"),
    "anchor": ({"$ref": "#x", "$anchor": "x"}, 1, "#x is not followed"),
    "missing": ({"$ref": "#/$defs/missing"}, 1, "is not followed"),
    "missing item": ({"$ref": "#/allOf/1", "allOf": [True]}, 1, "is not followed"),
    "no schema": ({"$ref": "#/const", "const": 1}, 1, "is not followed"),
    "elsewhere": ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, 1, "is not followed"),
}


@pytest.mark.parametrize(("schema", "value", "why"), UNCHECKED.values(), ids=UNCHECKED)
def test_a_schema_that_cannot_be_checked_is_an_error(schema: Any, value: Any, why: str) -> None:
    def check() -> None:
        with pytest.raises(SchemaError, match=why):
            find_violation(schema, value)

    assert calls(check) < 500_000


def test_formats_are_asserted_on_request() -> None:
    checker = Checker(Document(True, 100), formats=True)

    assert [checker.accepts({"format": name}, "x") for name in ("date", "made-up")] == [False, True]


PIECES = ["$defs", "a", "b", "0", "1", "01", "-1", "/", "~0", "~1", "~", "%2F", "%7E", "%7E1", "%25", "%C3%A9", "+"]
"""What names and pointers are made of."""
TARGETS: dict[str, Any] = {
    name: {"const": name, **{inner: {"const": [name, inner]} for inner in "ab"}}
    for name in ["a", "b", "0", "a/b", "a~b", "a~1b", "a~0b", "a%b", "a%2Fb", "é", "+", "", "/", "~", "%"]
}


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_pointers_resolve_as_in_the_library(pointer: str) -> None:
    schema = {"$ref": f"#/$defs/{pointer}", "$defs": TARGETS}
    try:
        target: Any = Document(schema, 100).resolve(f"#/$defs/{pointer}")
    except SchemaError:
        return

    assert jsonschema_rs.Draft202012Validator(schema).is_valid(target["const"])
