"""Instances validate, hold only what is required, follow the user's words, and every schema has one."""

import json
import os
import string
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from mockclaude.reply.draws import Draws
from mockclaude.reply.generate.instances import generate_instance
from mockclaude.reply.generate.schemas import SchemaError
from mockclaude.reply.generate.validators import find_violation
from tests.counting import calls

DRAWS = Draws(7, "rule", "fingerprint")
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
WHOLE = {"type": "integer"}


def tool(*, optional: dict[str, Any] | None = None, **required: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {**(optional or {}), **required}, "required": list(required)}


def accepts(schema: Any, value: Any) -> bool:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value)


def chain(length: int, link: Callable[[Any], Any], last: Any = True) -> dict[str, Any]:
    links = {f"a{number}": link({"$ref": f"#/$defs/a{number + 1}"}) for number in range(length)}
    return {"$ref": "#/$defs/a0", "$defs": {**links, f"a{length}": last}}


class Address(BaseModel):
    street: str
    zip_code: str | None
    country: Literal["FR", "DE"] = "FR"


class Card(BaseModel):
    kind: Literal["card"]
    number: str = Field(pattern=r"^\d{16}$")


class Cash(BaseModel):
    kind: Literal["cash"]
    amount: float = Field(gt=0, le=500)


class Order(BaseModel):
    """An order."""

    customer: str = Field(min_length=2, max_length=40)
    ship_to: Address
    paid: Card | Cash = Field(discriminator="kind")
    items: list[tuple[str, int]] = Field(min_length=1)
    note: str | None = None


class Tree(BaseModel):
    label: str
    left: "Tree | None"
    children: list["Tree"]


ZOD = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1},
        "mode": {"anyOf": [{"type": "string", "const": "read"}, {"type": "string", "const": "write"}]},
        "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9007199254740991},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    },
    "required": ["path", "mode", "limit"],
    "additionalProperties": False,
}
TODO = tool(content=TEXT, status={"enum": ["pending", "done"]}, id=TEXT)
BASH = tool(optional={"description": TEXT, "timeout": NUMBER, "run_in_background": {"type": "boolean"}}, command=TEXT)

REAL: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("weather", tool(optional={"unit": TEXT}, location=TEXT), "What is the weather in San Francisco?",
     {"location": "San Francisco"}),
    ("weather in a unit", tool(location=TEXT, unit={"enum": ["celsius", "fahrenheit"]}),
     "Tell me the weather for Paris, in Fahrenheit", {"location": "Paris", "unit": "fahrenheit"}),
    ("clock", tool(timezone=TEXT), "Use the get_time tool for Asia/Shanghai. Do not answer directly.",
     {"timezone": "Asia/Shanghai"}),
    ("search", tool(query=TEXT), "Search for 'solar power'", {"query": "solar power"}),
    ("search without quotes", tool(query=TEXT), "Look up the history of Rome please", {"query": "Rome"}),
    ("Bash", BASH, "Run `ls -la` and say nothing", {"command": "ls -la"}),
    ("Bash without quotes", BASH, "run git status.", {"command": "git status"}),
    ("Read", tool(optional={"offset": NUMBER}, file_path=TEXT), "Read /etc/hosts.", {"file_path": "/etc/hosts"}),
    ("Write", tool(file_path=TEXT, content=TEXT), 'Create hello.py with "print(1)"',
     {"file_path": "hello.py", "content": "print(1)"}),
    ("Edit", tool(file_path=TEXT, old_string=TEXT, new_string=TEXT), "Replace 'foo' with 'bar' in src/main.py",
     {"file_path": "src/main.py", "old_string": "foo", "new_string": "bar"}),
    ("Grep", tool(optional={"path": TEXT}, pattern=TEXT), "Search for TODO in the code", {"pattern": "TODO"}),
    ("fetch", tool(url={"type": "string", "format": "uri"}, prompt=TEXT), "Sum up https://a.example/b?c=1.",
     {"url": "https://a.example/b?c=1", "prompt": "Sum up https://a.example/b?c=1."}),
    ("sum", tool(a=NUMBER, b=NUMBER), "Add 1,200 and 3.5", {"a": 1200, "b": 3.5}),
    ("whole number", tool(count=WHOLE), "Order 12 apples", {"count": 12}),
    ("calculator", tool(expression=TEXT), "What is 2 * (3 + 4)?", {"expression": "2 * (3 + 4)"}),
    ("flight", tool(origin=TEXT, destination=TEXT, date={"type": "string", "format": "date"}),
     "Flights to London from Paris on 2026-03-04", {"origin": "Paris", "destination": "London", "date": "2026-03-04"}),
    ("mail", tool(email=TEXT, subject=TEXT), "Write to bob@b.example about the launch",
     {"email": "bob@b.example", "subject": "launch"}),
    ("lookup", tool(order_id=TEXT), "Where is order A-1234?", {"order_id": "A-1234"}),
    ("stock", tool(ticker=TEXT), "What does NVDA cost?", {"ticker": "NVDA"}),
    ("defaults", tool(unit={**TEXT, "default": "km"}, n={**WHOLE, "examples": ["x", 4]}), "", {"unit": "km", "n": 4}),
    ("default of an enum", tool(unit={"enum": ["a", "b"], "default": "b"}), "", {"unit": "b"}),
    ("short text", tool(description={**TEXT, "maxLength": 9}), "Tell me all of it", {"description": "Tell me a"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schema", "hints", "expected"), [row[1:] for row in REAL[:-1]], ids=[row[0] for row in REAL[:-1]]
)
def test_a_tool_is_called_as_the_user_says(schema: Any, hints: str, expected: Any) -> None:
    assert generate_instance(schema, DRAWS, hints) == expected


SCHEMAS: dict[str, Any] = {
    "true": True,
    "empty": {},
    "no type": tool(x={}),
    "types": tool(x={"type": ["null", "integer"]}, y={"type": "null"}, z={"type": "boolean"}),
    "zod": ZOD,
    "pydantic": Order.model_json_schema(),
    "pydantic, recursive": Tree.model_json_schema(),
    "to-do list": tool(todos={"type": "array", "items": TODO, "minItems": 2}),
    "length": tool(x={**TEXT, "minLength": 300}, y={**TEXT, "maxLength": 2}, z={**TEXT, "minLength": 2.0}),
    "lookahead": tool(x={**TEXT, "pattern": r"^(?=.*[A-Z])(?=.*\d).{8,}$"}),
    "exact length": tool(x={**TEXT, "pattern": "^toolu_[a-z]+$", "minLength": 30, "maxLength": 30}),
    "pattern in a text": tool(x={**TEXT, "pattern": "foo", "minLength": 12}),
    "not these letters": tool(x={**TEXT, "pattern": r'^[^"\s][^a]+\W\S.$'}),
    "letters of any script": tool(x={**TEXT, "pattern": r"^\p{L}+(?<year>\d{4})[\d.]$"}),
    "pattern nobody can write": tool(x={"type": ["string", "null"], "pattern": "a" * 3000}),
    "nested repetitions": tool(x={**TEXT, "pattern": "^((((a*)*)*)*)*$"}),
    "pattern with a default": tool(x={**TEXT, "pattern": r"^\w+\b(?!x)$", "default": "a b"}),
    "both patterns": tool(x={"allOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"pattern": "^.{3}$"}]}),
    "numbers": tool(
        a={**NUMBER, "exclusiveMinimum": 0, "exclusiveMaximum": 0.001},
        b={**WHOLE, "multipleOf": 0.3, "minimum": 1000},
        c={**NUMBER, "multipleOf": 0.01, "maximum": -5},
        d={**WHOLE, "minimum": -500, "maximum": -400},
        e={**WHOLE, "minimum": 1e30},
        f={**NUMBER, "minimum": 0, "maximum": 1e-300},
        g={**WHOLE, "minimum": 400, "maximum": 450},
        h={**WHOLE, "multipleOf": 1000},
    ),
    "all of": {"allOf": [tool(x=WHOLE), tool(x={"minimum": 3}, y=TEXT), tool(z={**NUMBER, "multipleOf": 2})]},
    "all of, arrays": {
        "allOf": [{"type": "array", "prefixItems": [TEXT]}, {"prefixItems": [{}, WHOLE], "uniqueItems": True}]
    },
    "enum and type": tool(x={"enum": ["a", "b", None], "type": "string"}),
    "more properties": {"minProperties": 4, "properties": {"a": {}, "b": False}},
    "array": tool(x={"type": "array"}, y={"type": "array", "items": TEXT}, z={"items": TEXT, "maxItems": 0}),
    "unique": tool(
        x={"items": {"enum": [*range(20)]}, "minItems": 20, "uniqueItems": True},
        y={"items": {"type": "boolean"}, "minItems": 2, "uniqueItems": True},
        z={"items": {**TEXT, "format": "email"}, "minItems": 30, "uniqueItems": True},
        n={"items": {**TEXT, "pattern": "^[ab]c?$"}, "minItems": 3, "uniqueItems": True},
    ),
    "recursive": {"$ref": "#/$defs/n", "$defs": {"n": tool(next={"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]})}},
    "recursive once": {
        "properties": {"next": {"$ref": "#"}, "end": TEXT},
        "anyOf": [{"$ref": "#/$defs/inner"}, {"required": ["end"]}],
        "$defs": {"inner": {"required": ["next"]}},
    },
    "recursive items": {"type": "array", "items": {"$ref": "#"}},
    "references": {
        "$defs": {"a/b": TEXT, "list": {"prefixItems": [WHOLE]}, "c": {"type": "number"}},
        **tool(x={"$ref": "#/$defs/a~1b"}, y={"$ref": "#/$defs/list/prefixItems/0"}, z={"$ref": "#/$defs/c"}),
    },
    "default beside a reference": {"$defs": {"w": WHOLE}, **tool(x={"items": {"$ref": "#/$defs/w"}, "default": [5]})},
    "default beside a reference to elsewhere": tool(w=WHOLE, x={"items": {"$ref": "#/properties/w"}, "default": [5]}),
    "same reference twice": {"$defs": {"t": TEXT}, "allOf": [{"$ref": "#/$defs/t"}, {"$ref": "#/$defs/t"}]},
    "deep": chain(30, lambda link: {"type": "array", "items": link, "minItems": 1}),
    "the schema of schemas": {"$ref": "#/$defs/x", "$defs": {"x": tool(additionalProperties={"type": "object"})}},
}  # fmt: skip
FORMATS = [
    "date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "uri", "iri",
    "uri-reference", "iri-reference", "uri-template", "uuid", "ipv4", "ipv6", "json-pointer", "relative-json-pointer",
    "regex", "made-up",
]  # fmt: skip
NAMES = [
    "email", "url", "timezone", "timestamp", "cwd", "path", "glob", "command", "country", "currency", "zip", "sql",
    "code", "formula", "date", "time", "phone", "uuid", "unit", "ticker", "lang", "address", "city", "company",
    "user_id", "query", "prompt", "username", "name", "whatever",
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_instance_is_valid_for_any_seed(schema: Any) -> None:
    assert all(accepts(schema, generate_instance(schema, Draws(seed, "rule"), "Say 'it' to 3")) for seed in range(8))


@pytest.mark.parametrize("name", FORMATS)
def test_string_has_its_format(name: str) -> None:
    schema = tool(x={**TEXT, "format": name})
    assert accepts(schema, generate_instance(schema, DRAWS))


@pytest.mark.parametrize("name", NAMES)
def test_string_fits_its_name_if_not_in_the_hints(name: str) -> None:
    made = {generate_instance(tool(**{name: TEXT}), Draws(seed, "rule"))[name] for seed in range(3)}
    assert all(made)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 6}, 5),
        ({"type": "integer", "minimum": 7, "maximum": 7}, 7),
        ({"allOf": [{"type": "integer"}, {"type": "number", "minimum": 3, "maximum": 3.5}]}, 3),
        ({"allOf": [{"type": "number"}, {"type": "integer", "minimum": 3, "maximum": 3}]}, 3),
    ],
)
def test_number_is_the_only_valid_number(schema: Any, value: int) -> None:
    assert generate_instance(schema, DRAWS) == value


def test_object_is_not_filled_with_forbidden_properties() -> None:
    schema = {"minProperties": 1, "properties": {"b": False, "a": {"const": 1}}, "additionalProperties": False}

    assert generate_instance({"type": "object", **schema}, DRAWS) == {"a": 1}


def test_object_has_required_properties_only() -> None:
    schema = tool(optional={"force": {"type": "boolean"}, "tags": {"default": []}}, x=tool(optional={"y": TEXT}))
    assert generate_instance(schema, DRAWS) == {"x": {}}


def test_keys_come_in_the_order_of_the_properties() -> None:
    schema = {**tool(b=TEXT, a=TEXT), "required": ["z", "a", "b"]}
    assert list(generate_instance(schema, DRAWS)) == ["b", "a", "z"]


def test_property_does_not_change_other_properties() -> None:
    few, more = tool(a=TEXT, c=WHOLE), tool(a=TEXT, b=TEXT, c=WHOLE)
    assert generate_instance(few, DRAWS).items() <= generate_instance(more, DRAWS).items()


def test_instance_has_the_alternative_in_the_hints() -> None:
    shapes = [tool(kind={"const": kind}) for kind in ("circle", "square")]
    assert generate_instance(tool(shape={"oneOf": shapes}), DRAWS, "Draw a square") == {"shape": {"kind": "square"}}


def test_null_and_recursion_are_the_last_alternatives() -> None:
    assert generate_instance(tool(x={"anyOf": [{"type": "null"}, WHOLE]}), DRAWS)["x"] is not None
    assert generate_instance(Tree.model_json_schema(), DRAWS)["left"] is None


def test_instance_ignores_hints_that_do_not_fit() -> None:
    schema = tool(n={**WHOLE, "maximum": 5}, x={**TEXT, "minLength": 50})
    made = generate_instance(schema, DRAWS, "Use 2026 in Paris")
    assert made["n"] <= 5
    assert made["x"].startswith("Paris") is False


def test_location_is_not_a_pronoun() -> None:
    assert generate_instance(tool(location=TEXT), DRAWS, "Look it up for me in Oslo") == {"location": "Oslo"}


def test_schema_is_unchanged() -> None:
    schema = tool(x={"const": {"a": [1]}})
    generate_instance(schema, DRAWS)["x"]["a"].append(2)
    assert schema == tool(x={"const": {"a": [1]}})


CYCLE: dict[str, Any] = {}
CYCLE["items"] = CYCLE
MISFITS: dict[str, tuple[Any, Any]] = {
    "false": (False, None),
    "too many items": (tool(x={"type": "array", "minItems": 10**9}), {"x": []}),
    "too long a text": (tool(x={**TEXT, "minLength": 10**9}), {"x": ""}),
    "too many properties": ({"type": "object", "minProperties": 10**9}, {}),
    "no property": ({"type": "object", "minProperties": 1, "additionalProperties": False}, {}),
    "no integer": (tool(x={**WHOLE, "minimum": 5, "maximum": 4}), {"x": 0}),
    "no number": (tool(y={"const": 1}, x={**NUMBER, "minimum": 5, "maximum": 4}), {"y": 1, "x": 0}),
    "no type": (tool(x={"type": "string", "allOf": [WHOLE]}), {"x": ""}),
    "no boolean": (tool(x={"type": "boolean", "const": 1}), {"x": False}),
    "no constant": (tool(x={"enum": ["a"], "allOf": [{"enum": ["b"]}]}), {"x": None}),
    "no other item": ({"type": "array", "items": {"type": "null"}, "minItems": 2, "uniqueItems": True}, []),
    "no text": (tool(x={**TEXT, "pattern": "^(?!a)a"}), {"x": ""}),
    "no text of this length": (tool(x={**TEXT, "pattern": "^.{4}$", "maxLength": 2}), {"x": ""}),
    "no text of this format": (tool(x={**TEXT, "format": "email", "maxLength": 3}), {"x": ""}),
    "no item": ({"type": "array", "prefixItems": [False], "minItems": 1}, [None]),
    "itself": (tool(x={"$ref": "#"}), {"x": None}),
    "elsewhere": ({"$ref": "https://example.com/schema.json"}, {}),
    "nowhere": (tool(x={"$ref": "#/$defs/x"}, y={"const": 1}), {"x": None, "y": 1}),
    "unknown type": (tool(x={"type": "text"}, y={"const": 1}), {"x": None, "y": 1}),
    "no schema": (tool(x=5, y={"const": 1}), {"x": None, "y": 1}),
    "no multiple": (tool(x={**WHOLE, "multipleOf": 0}, y={**NUMBER, "minimum": "a"}), {"x": 0, "y": 0}),
    "no pattern": (tool(x={"pattern": "("}), {"x": None}),
    "no JSON": ({"type": "object", "const": object()}, {}),
    "not": ({**tool(x={"const": 1}), "not": {"required": ["x"]}}, {"x": 1}),
    "if": (tool(x={"const": 1, "if": True, "then": {"const": 2}}), {"x": 1}),
    "contains": (tool(x={"type": "array", "contains": {"const": 7}, "minContains": 2}), {"x": []}),
    "dependencies": ({**tool(x={"const": 1}), "dependentRequired": {"x": ["y"]}}, {"x": 1}),
    "names": ({**tool(xx={"const": 1}), "propertyNames": {"maxLength": 1}}, {"xx": 1}),
    "deep references": (chain(3_000, lambda link: {"$ref": link["$ref"]}), {}),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "made"), MISFITS.values(), ids=MISFITS)
def test_instance_is_empty_if_no_value_fits(schema: Any, made: Any) -> None:
    assert generate_instance(schema, DRAWS) == made


HOSTILE: dict[str, Any] = {
    "itself as items": CYCLE,
    "long": {"title": "x" * 600_000},
    "many patterns": tool(**{f"p{number}": {**TEXT, "pattern": f"^(a{{9}}){{{number}}}$"} for number in range(300)}),
    "a large pattern": tool(x={**TEXT, "pattern": "^(?:a{90}){90}$"}),
    "deep": chain(40, lambda link: {"type": "array", "items": link, "minItems": 1}),
    "all of": chain(30, lambda link: {"allOf": [link, link]}),
    "any of": chain(30, lambda link: {"anyOf": [link, link]}, last=False),
    "wide": chain(9, lambda link: tool(**dict.fromkeys("abcdefgh", link))),
    "many items": tool(x={"minItems": 1000, "items": {"minItems": 1000, "items": {**TEXT, "minLength": 19_000}}}),
    "large constants": tool(x={"minItems": 1000, "items": {"const": "a" * 100_000}}),
    "unique items": tool(x={"minItems": 1000, "uniqueItems": True, "items": {**WHOLE, "maximum": 999}}),
    "names": {"required": [f"p{number}" for number in range(20_000)]},
    "options": tool(x={"allOf": [{"enum": [*range(9_000)]}] * 99}),
}


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=HOSTILE)
def test_work_and_length_are_bounded(schema: Any) -> None:
    made = []

    assert calls(lambda: made.append(generate_instance(schema, DRAWS, "a 1"))) < 1_000_000
    assert len(json.dumps(made)) < 3_000_000


def scalars() -> st.SearchStrategy[dict[str, Any]]:
    small = st.integers(-50, 50)
    return st.one_of(
        st.sampled_from([{"type": "boolean"}, {"type": "null"}, TEXT, {"enum": ["a", 1, None]}, {"const": [1]}, {}]),
        st.builds(
            lambda low, more: {**TEXT, "minLength": low, "maxLength": low + more}, st.integers(0, 60), st.integers(0, 9)
        ),
        st.builds(lambda low, more: {**WHOLE, "minimum": low, "maximum": low + more}, small, st.integers(0, 60)),
        st.builds(
            lambda low, more: {**NUMBER, "exclusiveMinimum": low, "maximum": low + more}, small, st.floats(0.01, 9)
        ),
        st.builds(
            lambda low, of: {**NUMBER, "minimum": low, "multipleOf": of}, small, st.sampled_from([0.1, 0.25, 3, 7])
        ),
        st.sampled_from(FORMATS).map(lambda name: {**TEXT, "format": name}),
        st.sampled_from([r"^[a-z]{2,4}-\d+$", r"^v\d+(\.\d+){2}$", "^(a|bc|[x-z]?)$"]).map(
            lambda each: {**TEXT, "pattern": each}
        ),
    )


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.builds(
            lambda properties, optional: {**tool(**properties), "required": sorted(set(properties) - optional)},
            st.dictionaries(st.text(string.ascii_letters + "_.~/é", min_size=1, max_size=5), inner, max_size=4),
            st.sets(st.sampled_from("abcde")),
        ),
        st.builds(lambda items, few: {"type": "array", "items": items, "minItems": few}, inner, st.integers(0, 3)),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"type": "array", "prefixItems": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}),
        inner.map(lambda part: {"allOf": [part, {"title": "x"}]}),
        inner.map(lambda part: {"$defs": {"p": part}, "allOf": [part]}),
    )


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(scalars(), composed, max_leaves=8), st.integers(0, 9), st.sampled_from(["", "Say 'yes' to 7 in Rome"])
)
def test_instance_is_valid_for_supported_keywords(schema: dict[str, Any], seed: int, hints: str) -> None:
    assert accepts(schema, generate_instance(schema, Draws(seed, "rule"), hints))


KEYWORDS = [
    "type", "properties", "required", "items", "prefixItems", "contains", "minItems", "uniqueItems", "allOf", "anyOf",
    "oneOf", "not", "if", "then", "else", "$ref", "$defs", "const", "enum", "minimum", "maximum", "multipleOf",
    "minLength", "pattern", "minProperties", "additionalProperties", "patternProperties", "propertyNames",
    "dependentRequired", "dependentSchemas", "default", "examples", "$id", "$anchor", "a", "b",
]  # fmt: skip
ATOMS = [None, True, False, 0, 1, 2.5, -1, "a", "string", "object", "array", "#", "#/$defs/a", "^a+$"]
VALUES = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYWORDS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYWORDS), VALUES, max_size=6))
def test_instance_of_any_dict_is_json(schema: dict[str, Any]) -> None:
    made = generate_instance(schema, DRAWS, "a 1")

    with suppress(SchemaError):
        find_violation(schema, made)
    assert json.loads(json.dumps(made)) == made


PRINTED = """
import json, sys
from mockclaude.reply.draws import Draws
from mockclaude.reply.generate.instances import generate_instance
print(json.dumps([generate_instance(schema, Draws(7, "rule", "fingerprint")) for schema in json.load(sys.stdin)]))
"""


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_instance_is_the_same_in_another_process(hash_seed: str) -> None:
    schemas = [*SCHEMAS.values(), *(tool(**{name: TEXT}) for name in NAMES)]
    made = subprocess.run(
        [sys.executable, "-c", PRINTED],
        input=json.dumps(schemas),
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(made.stdout) == [generate_instance(schema, DRAWS) for schema in schemas]


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    module = "mockclaude.reply.generate.instances"
    check = f"import sys, {module}; print({{'faker', 'rstr', 'jsonschema_rs'}} & sys.modules.keys())"
    made = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert made.stdout == "set()\n"


@pytest.mark.parametrize("schema", [{"type": "array"}, {"type": "array", "maxItems": 3}])
def test_an_array_whose_items_are_not_described_is_empty(schema: dict[str, Any]) -> None:
    assert generate_instance(schema, DRAWS) == []


def test_an_array_whose_items_are_described_has_one() -> None:
    items = generate_instance({"type": "array", "items": TEXT}, DRAWS)

    assert [type(item) for item in items] == [str]
