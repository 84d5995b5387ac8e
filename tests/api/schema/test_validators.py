"""Types become validators that accept what the types say and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import SchemaValidator, ValidationError

from mockclaude.api.schema.notation import parse_definitions
from mockclaude.api.schema.validators import Builder

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
    try:
        SchemaValidator(Builder(definitions, frozenset(gates)).build_definition("tested")).validate_python(value)
    except ValidationError:
        return False
    return True


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
