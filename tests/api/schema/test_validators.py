"""Types become validators that accept what the types say and nothing else."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, ValidationError

from mockclaude.api import schema
from mockclaude.api.api_headers import NEW_VERSION, OLD_VERSION
from mockclaude.api.betas import KNOWN
from mockclaude.api.schema import Acceptance, create_acceptance, find_error
from mockclaude.api.schema.block_types import BLOCKS
from mockclaude.api.schema.body_fields import BODY
from mockclaude.api.schema.gates import open_gates
from mockclaude.api.schema.notation import List, Literal, Map, Name, Object, OneOf, Type, parse_definitions
from mockclaude.api.schema.tool_types import TOOLS
from mockclaude.api.schema.validators import AcceptanceBuilder, Builder
from tests.api.bodies import json_objects, json_values, mangled

DEFINITIONS = parse_definitions("""
    text = {type: 'text', text: str, ...cached}
    cached = {cached?: bool, secret? @open: int}
    image = {type: 'image' | 'picture', size: number}
    block = text | image
    custom = {type?: 'custom' | null, name: str}
    unnamed = {only: int}
    alone = {a: int}
    user = {role: 'user', content: str | [block]}
    system = {role: 'system', content: str | alone}
    bash = {type: 'bash'}
    effort = 'low' | 'high' @open
""")


def accepts(written: str, value: Any, *gates: str) -> bool:
    definitions = DEFINITIONS | parse_definitions(f"tested = {written}")
    explaining, accepting = (
        SchemaValidator(builder(definitions, frozenset(gates)).build_root("tested"))
        for builder in (Builder, AcceptanceBuilder)
    )
    is_accepted = accepting.isinstance_python(value)
    try:
        explaining.validate_python(value)
    except ValidationError:
        assert not is_accepted
    else:
        assert is_accepted
    return is_accepted


@pytest.mark.parametrize(
    ("written", "good", "bad"),
    [
        ("str", ["", "x"], [1, None]),
        ("str>=1<=2", ["x"], ["", "xxx"]),
        ("int>=1", [1], [0, 1.0, True, "1"]),
        ("number", [1, 0.5], ["1"]),
        ("bool", [True], [1, "true"]),
        ("object", [{}, {"a": 1}], [[], None]),
        ("any", [None, 1], []),
        ("input_schema", [{"type": "object", "x": 1}], [{"type": "array"}, {}]),
        ("[int]>=1<=2", [[1], [1, 2]], [[], [1, 2, 3], ["1"], 1]),
        ("'a' | 'b' | null", ["a", "b", None], ["c", 1]),
        ("effort", ["low"], ["high"]),
        ("str | [int] | null", ["", [1], None], [{}, 1, ["1"]]),
        ("bool | [str]", [True, ["x"]], [1, [1]]),
        ("'all' | alone", ["all", {"a": 1}], ["none", {}, []]),
        ("text", [{"type": "text", "text": ""}], [{"type": "text"}, {"type": "text", "text": "", "x": 1}]),
        ("block", [{"type": "text", "text": ""}, {"type": "picture", "size": 1}], [{"type": "image"}, {}, 1]),
        ("bash | custom", [{"type": "bash"}, {"name": ""}, {"type": None, "name": ""}], [{"type": "x"}, {}, []]),
        ("bash | unnamed", [{"type": "bash"}, {"only": 1}], [{"type": "other", "only": 1}]),
        ("user | system", [{"role": "user", "content": "x"}], [{"role": "robot", "content": "x"}, {}, "x"]),
    ],
)
def test_a_type_takes_what_it_says(written: str, good: list[Any], bad: list[Any]) -> None:
    assert [value for value in good if not accepts(written, value)] == []
    assert [value for value in bad if accepts(written, value)] == []


def test_what_has_a_gate_is_there_when_it_is_open() -> None:
    secret = {"type": "text", "text": "", "secret": 1}

    assert (accepts("text", secret), accepts("text", secret, "open")) == (False, True)
    assert (accepts("effort", "high"), accepts("effort", "high", "open")) == (False, True)


@cache
def values(kind: Type) -> st.SearchStrategy[Any]:
    """Return a strategy for values of a type, with the fields and alternatives of all gates."""
    if isinstance(kind, Name):
        return values(BODIES[kind.name]) if kind.name in BODIES else simple_values(kind)
    if isinstance(kind, Literal):
        return st.just(kind.text)
    if isinstance(kind, List):
        return st.lists(values(kind.item), min_size=kind.least or 0, max_size=2)
    if isinstance(kind, Map):
        return st.dictionaries(st.text(max_size=2), values(kind.value), max_size=2)
    if isinstance(kind, OneOf):
        return st.one_of([values(option) for option, _ in kind.options])
    fields = dict(all_fields(kind))
    required = {name: values(field.type) for name, field in fields.items() if field.required}
    optional = {name: values(field.type) for name, field in fields.items() if not field.required}
    return st.fixed_dictionaries(required, optional=optional)


def simple_values(name: Name) -> st.SearchStrategy[Any]:
    """Return a strategy for values of a basic type."""
    simple: dict[str, st.SearchStrategy[Any]] = {
        "str": st.from_regex(name.pattern or "^.*$", fullmatch=True)
        if name.pattern
        else st.text(min_size=1, max_size=3),
        "int": st.integers(name.least),
        "number": st.floats(allow_nan=False),
        "bool": st.booleans(),
        "null": st.none(),
        "object": json_objects,
        "any": json_values,
        "input_schema": json_objects.map(lambda schema: {**schema, "type": "object"}),
    }
    return simple[name.name]


def all_fields(kind: Object) -> list[tuple[str, Any]]:
    spread = [BODIES[name] for name in kind.spread]
    return [*kind.fields, *(field for one in spread if isinstance(one, Object) for field in all_fields(one))]


BODIES = parse_definitions(BODY + BLOCKS + TOOLS)
REQUESTS = st.deferred(lambda: values(BODIES["create"]))


@given(REQUESTS | mangled(REQUESTS), st.sampled_from([OLD_VERSION, NEW_VERSION]), st.sampled_from([(), KNOWN]))
def test_a_request_is_accepted_if_it_has_no_error(body: dict[str, Any], version: str, betas: Any) -> None:
    body.pop("thread", None)
    is_accepted = create_acceptance(version, frozenset(betas)).accepts(body)

    assert is_accepted == (find_error(body, version, frozenset(betas), counting=False) is None)


@given(REQUESTS | mangled(REQUESTS))
def test_tools_that_were_valid_change_no_result(body: dict[str, Any]) -> None:
    body.pop("thread", None)
    acceptance = Acceptance(open_gates(OLD_VERSION, frozenset(KNOWN)))
    tools = json.dumps(body.get("tools")).encode()
    first, second = (acceptance.accepts_with_tools(body, tools) for _ in range(2))

    assert first == second == acceptance.accepts(body)
    assert not acceptance.accepts_with_tools({**body, "model": 1}, tools)


MINIMAL = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}


def test_few_lists_of_tools_are_remembered_whatever_the_betas() -> None:
    acceptances = [Acceptance(open_gates(OLD_VERSION, frozenset(betas))) for betas in ((), KNOWN)]
    for number in range(32):
        tools = [{"name": f"tool_{number}", "input_schema": {"type": "object"}}]
        assert acceptances[number % 2].accepts_with_tools({**MINIMAL, "tools": tools}, orjson.dumps(tools))

    assert len(schema._valid_tools) <= 16


def test_tools_that_were_valid_with_betas_need_the_betas() -> None:
    with_betas, without = (Acceptance(open_gates(OLD_VERSION, frozenset(betas))) for betas in (KNOWN, ()))
    tools = [{"type": "mcp_toolset", "mcp_server_name": "x"}]
    body = {**MINIMAL, "tools": tools}

    assert with_betas.accepts_with_tools(body, orjson.dumps(tools))
    assert not without.accepts_with_tools(body, orjson.dumps(tools))
