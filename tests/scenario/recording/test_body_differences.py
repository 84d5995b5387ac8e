"""The first path at which two bodies differ becomes a condition that only the first body matches."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.conditions.queries import Query
from mockclaude.scenario.conditions.work import Work
from mockclaude.scenario.recording.body_differences import Stability, list_conditions, to_literal
from mockclaude.scenario.volatile import compile_volatile_parts
from tests.scenario.recording.sessions import DAY

CALL = "toolu_000000000000000000000001"
STABILITY = Stability(compile_volatile_parts(), frozenset({CALL}))
LINES = "".join(f"line {number} of many lines of text\n" for number in range(9))
END = "line 8 of many lines of text\n"


@pytest.mark.parametrize(
    ("own", "other", "first"),
    [
        ({"a": 1}, {"a": 2}, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
        ({}, {"a": 1}, {"a": None}),
        ({"a": None}, {}, None),
        ({"a": 1}, {"a": True}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, {"a.b": 1}),
        ({"a": {"b": [1]}}, {}, {"a": {"b": [1]}}),
        ({"a": {"b": LINES, "c": 1}}, {}, {f"contains(a.b, '{'line 0 of many lines of text'}')": True}),
        ({"a": [LINES, 1]}, {"a": 1}, {f"contains(a[0], '{'line 0 of many lines of text'}')": True}),
        ({"a": [1, 2]}, {"a": [1, 3]}, {"a[1]": 2}),
        ({"a": [1]}, {"a": [1, 2]}, {"length(a)": 1}),
        ({"a b": "it's"}, {}, {'"a b"': "it's"}),
        ({"a": {"cache_control": {}, "b": 2}}, {"a": {"b": 1}}, {"a.b": 2}),
        ({"metadata": {"user_id": "a"}}, {"metadata": {"user_id": "b"}}, {"metadata.user_id": "a"}),
        ({"a": CALL}, {"a": CALL.replace("1", "2")}, {"a": CALL}),
        ({"a": CALL.replace("1", "3")}, {"a": CALL.replace("1", "2")}, None),
        ({"a": 1_795_000_000}, {"a": 1_795_000_001}, None),
        ({"a": f"{DAY}: go"}, {"a": f"{DAY}: come here"}, {"ends_with(a, ': go')": True}),
        ({"a": f"go now please {DAY}"}, {"a": f"{DAY}"}, {"contains(a, 'go now please')": True}),
        ({"a": LINES}, {"a": LINES + "end"}, {'ends_with(a, `"line 8 of many lines of text\\n"`)': True}),
        ({"a": LINES + DAY}, {"a": LINES + "end"}, {"contains(a, 'end')": False}),
        ({"a": f"b\n{LINES}{DAY}"}, {"a": f"{LINES}b\n{DAY}"}, None),
        ({"a": "it's." * 99}, {"a": ""}, {'contains(a, `"' + "it's." * 32 + '"`)': True}),
        ({"a" * 1_001: 1}, {}, None),
    ],
)
def test_a_difference_is_a_condition(own: Any, other: Any, first: Any) -> None:
    assert next(list_conditions((), own, other, STABILITY), None) == first


def test_deep_differences_are_not_looked_for() -> None:
    own: Any = 1
    for _ in range(100):
        own = {"a": own}

    assert list(list_conditions((), own, {"a": 2}, STABILITY)) == []
    assert list(list_conditions((), own, {**own, "b": None}, STABILITY)) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.sampled_from([LINES, DAY, "`\\'\""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=9,
)


@given(st.dictionaries(st.text(max_size=3), JSON), st.dictionaries(st.text(max_size=3), JSON))
def test_the_own_body_matches_every_condition(own: Any, other: Any) -> None:
    for condition in list_conditions((), own, other, STABILITY):
        for expression, value in condition.items():
            assert Query(expression).evaluate(own, Work()) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_literal_is_its_text(text: str) -> None:
    assert Query(to_literal(text)).evaluate({}, Work()) == text
