"""The notation of the schema is read as it is meant."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.schema.notation import Field, List, Literal, Map, Name, Object, OneOf, parse_definitions

TEXT = Name("text")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("text", TEXT),
        ("'5m'", Literal("5m")),
        ("int>=0", Name("int", 0)),
        ("str>=1<=200", Name("str", 1, 200)),
        ("str~'^[a-z]+$'", Name("str", pattern="^[a-z]+$")),
        ("[text]", List(TEXT)),
        ("[text]>=1<=2", List(TEXT, 1, 2)),
        ("[text | null]", List(OneOf(((TEXT, ()), (Name("null"), ()))))),
        ("'a' | 'b' @beta", OneOf(((Literal("a"), ()), (Literal("b"), ("beta",))))),
        ("text @2023-06-01 @beta", OneOf(((TEXT, ("2023-06-01", "beta")),))),
        ("{}", Object(())),
        ("{str: text}", Map(TEXT)),
        ("| {}", Object((), tagged=True)),
        ("{a: text, b?: text}", Object((("a", Field(TEXT, True)), ("b", Field(TEXT, False))))),
        (
            "{a? @beta: text\n ...cached, ...called}",
            Object((("a", Field(TEXT, False, ("beta",))),), ("cached", "called")),
        ),
    ],
)
def test_a_type_is_read(written: str, meant: Any) -> None:
    assert parse_definitions(f"name = {written}  # a comment") == {"name": meant}


def test_definitions_follow_each_other() -> None:
    assert parse_definitions("a = text\n\nb = [a]\n  c = 'c'") == {"a": TEXT, "b": List(Name("a")), "c": Literal("c")}
