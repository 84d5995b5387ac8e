"""Rules have the order of their ranks, but for those that match the requests of others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario.recording.rule_order import describe_shadowed, find_shadowed, order_rules


@pytest.mark.parametrize(
    ("ranks", "overlaps", "order", "shadowed"),
    [
        ([2, 0, 1], {}, [1, 2, 0], {}),
        ([0, 1, 2], {0: {2}}, [1, 2, 0], {}),
        ([0, 1, 2], {0: {1, 2}, 1: {2}}, [2, 1, 0], {}),
        ([0, 1, 2], {2: {0}}, [0, 1, 2], {}),
        ([0, 1, 2], {0: {1}, 1: {0}}, [2, 0, 1], {0: 1}),
        ([0, 1, 2], {0: {1}, 1: {2}, 2: {0}}, [0, 2, 1], {0: 1}),
        ([0, 1, 2], {0: {1, 2}, 1: {0}, 2: {0}}, [0, 1, 2], {0: 1}),
    ],
)
def test_a_rule_comes_after_those_whose_requests_it_matches(
    ranks: list[int], overlaps: dict[int, set[int]], order: list[int], shadowed: dict[int, int]
) -> None:
    assert order_rules(ranks, overlaps) == order
    assert find_shadowed(order, overlaps) == shadowed


@given(st.permutations(range(6)), st.dictionaries(st.integers(0, 5), st.sets(st.integers(0, 5))))
def test_an_order_has_every_rule_once(ranks: list[int], overlaps: dict[int, set[int]]) -> None:
    assert sorted(order_rules(ranks, overlaps)) == list(range(6))


def test_a_rule_that_matches_a_request_of_a_later_one_has_a_problem() -> None:
    problem = "it also matches request 7, which no condition tells apart"

    assert describe_shadowed([0, 1], {0: {1}, 1: {0}}, [3, 7]) == {0: problem}
