"""JMESPath expressions are judged when a file is loaded, and find something or nothing afterwards."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest

from mockclaude.scenario.conditions.queries import EXAMPLES, MAX_LENGTH, Query, find_problem
from mockclaude.scenario.conditions.work import TooMuchWorkError, Work
from mockclaude.scenario.diagnostics import shorten

BODY = {"model": "claude", "max_tokens": 5, "tools": [{"name": "b", "n": 2}, {"name": "a", "n": 1}], "metadata": {}}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("model", "claude"),
        ("tools[*].name", ["b", "a"]),
        ("tools[?n > `1`] | [0].name", "b"),
        ("sort_by(tools, &n)[0].name", "a"),
        ("not_null(system, model, max_tokens)", "claude"),
        ("{m: model, n: length(tools)}", {"m": "claude", "n": 2}),
        ("tools[::-1].n", [1, 2]),
        ("metadata.user_id", None),
        ("length(max_tokens)", None),
        ("contains(model, `1`)", None),
        ("tools[::0]", None),
    ],
)
def test_an_expression_finds_its_value_or_nothing(expression: str, found: Any) -> None:
    assert find_problem(expression) is None
    assert Query(expression).evaluate(BODY, Work()) == found


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            "",
            f"invalid JMESPath '' (Invalid JMESPath expression: cannot be empty.); {EXAMPLES}",
        ),
        (
            "a[",
            f"invalid JMESPath 'a[' (Invalid jmespath expression: Incomplete expression); {EXAMPLES}",
        ),
        ("lenght(a)", "unknown JMESPath function 'lenght'; expected a built-in function; did you mean 'length'?"),
        ("a || xyz(b)", "unknown JMESPath function 'xyz'; expected a built-in function"),
        ("length(a, b)", "JMESPath function length() has 2 arguments; expected 1"),
        ("not_null()", "JMESPath function not_null() has 0 arguments; expected 1"),
        ("&a", "misplaced '&' in JMESPath; expected it in map, sort_by, min_by or max_by"),
        (
            "not_null(&a)",
            "misplaced '&' in JMESPath; expected it in map, sort_by, min_by or max_by",
        ),
    ],
)
def test_a_mistake_in_an_expression_is_told(expression: str, message: str) -> None:
    assert find_problem(expression) == message


@pytest.mark.parametrize("expression", ["a" + "|a" * 400, "a" + "|a" * 100, f"`{'9' * 30}`", '"\\ud800"'])
def test_an_expression_that_could_fail_later_is_refused(expression: str) -> None:
    told = find_problem(expression)

    assert (
        told == f"JMESPath '{shorten(expression, 80)}' is too deep, or has a literal that JSON cannot hold; "
        "expected a simpler one"
    )


def test_a_deprecated_spelling_is_a_mistake_where_warnings_are_errors() -> None:
    told = find_problem("`x`")

    assert told == f"invalid JMESPath '`x`' (deprecated string literal syntax); {EXAMPLES}"


def test_a_long_expression_is_refused() -> None:
    expression = "a" * (MAX_LENGTH + 1)

    assert find_problem(expression) == (f"JMESPath '{'a' * 79}…' has 1001 characters; expected at most 1000")
    assert find_problem("a" * MAX_LENGTH) is None


LARGE = {"x": list(range(100_000)), "glue": "g" * 100_000, "text": "t" * 100_000, "word": "w"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "expression",
    [
        "[@, @]" + " | [@, @]" * 24,
        "{a: @, b: @}" + " | {a: @, b: @}" * 16,
        "x[?@ > `1` && @ > `2`] | length(@)",
        "join(glue, x[*].to_string(@))",
        "[" + ", ".join(["to_string(text)"] * 50) + "] | [@, @, @, @]",
        "to_string([text, text, text, text])" + " | to_string([@, @])" * 10,
    ],
)
def test_an_expression_that_takes_too_much_work_ends(expression: str) -> None:
    assert find_problem(expression) is None
    with pytest.raises(TooMuchWorkError) as caught:
        Query(expression).evaluate(LARGE, Work())

    assert caught.value.message == (
        f"'{shorten(expression, 80)}' takes too much work, or its result is too large; expected a simpler expression "
        "or a shorter request"
    )


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("length(x)", 100_000),
        ("length(to_string(glue))", 100_000),
        ("join('-', ['a', word])", "a-w"),
        ("join(x, ['a'])", None),
        ("[word, word]", ["w", "w"]),
        ("sum([`9223372036854775807`, `9223372036854775807`, `9`])", 2.0**64),
        ("ceil(`1e300`)", 1e300),
        ("to_number('18446744073709551615')", 2**64 - 1),
        ("to_number('18446744073709551616')", 2.0**64),
        ("to_number('-9223372036854775809')", -(2.0**63)),
    ],
)
def test_a_result_is_what_json_can_carry(expression: str, result: Any) -> None:
    assert find_problem(expression) is None
    assert Query(expression).evaluate(LARGE, Work()) == result


def test_texts_are_joined_once_there_is_work_left_for_it() -> None:
    body = {"glue": "-" * 1_000_000, "texts": ["a"] * 1_000}
    tracemalloc.start()
    try:
        with pytest.raises(TooMuchWorkError):
            Query("join(glue, texts)").evaluate(body, Work())
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 100_000_000
