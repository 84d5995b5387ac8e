"""Each mutant changes one stretch of the source, and what is only for readers stays as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutation.mutants import mutants


def changed(source: str) -> list[str]:
    """Return the source with each of its mutants."""
    data = source.encode()
    return [mutant.apply(data).decode() for mutant in mutants("module.py", data)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", ["(a <= b)"]),
        ("a in b", ["(a not in b)"]),
        ("a and b", ["(a or b)", "(b)", "(a)"]),
        ("not a", ["(a)"]),
        ("a + b", ["(a - b)"]),
        ("a = 3", ["a = (4)"]),
        ("a = True", ["a = (False)"]),
        ("a = 'é'", ["a = ('é~')"]),
        ("a = (b, c)", ["a = ((c,))", "a = ((b,))"]),
        ("a = {b: c}", ["a = ({})"]),
        ("a = f'{b}!'", ["a = (f'!')", "a = (f'{b}')"]),
        ("a = b(c, d=e)", ["a = (b(c))"]),
        ("a = b if c else d", ["a = (b)", "a = (d)"]),
        ("a = [b for b in c if d]", ["a = ([b for b in c])"]),
        ("if a:\n    raise b", ["if (not a):\n    raise b", "if a:\n    pass"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
    ],
)
def test_mutants_of_a_construct(source: str, expected: list[str]) -> None:
    statements = [line for line in changed(source) if line != "pass"]

    assert statements == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        "import a",
        "a: Literal['b', 'c']",
        "A: TypeAlias = 'b | c'",
        "if TYPE_CHECKING:\n    b = 3",
    ],
)
def test_what_is_for_readers_and_type_checkers_has_no_mutants(source: str) -> None:
    assert changed(source) == []


def test_every_mutant_is_a_module() -> None:
    source = Path(__file__).read_text(encoding="utf-8")

    for mutant in changed(source):
        ast.parse(mutant)
