from __future__ import annotations

import pytest

from mockclaude.engine.state import counters as module
from mockclaude.engine.state.counters import GENERATION, Memory
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.rules import Rule

ONE, TWO = (Rule(name, Place("a.yaml", line)) for line, name in enumerate(("one", "two")))


def test_answering_returns_how_often_it_happened_before() -> None:
    memory = Memory()

    assert [memory.answer(ONE, "lane") for _ in range(3)] == [0, 1, 2]
    assert memory.answered(ONE, "lane") == 3


def test_looking_is_not_answering() -> None:
    memory = Memory()

    assert [memory.answered(ONE, "lane") for _ in range(3)] == [0, 0, 0]


def test_rules_and_lanes_are_counted_apart() -> None:
    memory = Memory()
    memory.answer(ONE, "lane")

    assert memory.answered(TWO, "lane") == 0
    assert memory.answered(ONE, "another") == 0


def test_rules_that_read_the_same_are_counted_apart() -> None:
    memory, twin = Memory(), Rule("one", Place("a.yaml", 0))
    memory.answer(ONE, "lane")

    assert memory.answered(twin, "lane") == 0


def test_the_answers_of_all_lanes_are_counted_together() -> None:
    memory = Memory()
    for rule, lane in ((ONE, "a"), (ONE, "b"), (TWO, "a")):
        memory.answer(rule, lane)
        memory.request(lane)

    assert memory.answers() == {ONE: 2, TWO: 1}


def test_requests_are_counted_per_lane() -> None:
    memory = Memory()

    assert [memory.request(lane) for lane in "aaba"] == [0, 1, 0, 2]


def test_occurrences_are_counted_per_rule_and_lane() -> None:
    memory = Memory()
    seen = [("r", "asked", "l"), ("r", "asked", "l"), ("r", "asked", "m"), ("r", "other", "l"), ("s", "asked", "l")]

    assert [memory.occurrence(*key) for key in seen] == [0, 1, 0, 0, 0]


def test_attempts_are_counted_per_kind_of_script_rule_turn_and_lane() -> None:
    memory = Memory()
    first = ("fault", "r", b"turn")
    others = [("chaos", "r", b"turn"), ("fault", "s", b"turn"), ("fault", "r", b"next")]

    assert [memory.attempt(first, lane) for lane in "lml"] == [0, 0, 1]
    assert [memory.attempt(other, "l") for other in others] == [0, 0, 0]


def test_forgetting_a_lane_leaves_the_others() -> None:
    memory = Memory()
    for lane in "ab":
        memory.answer(ONE, lane)
        memory.request(lane)
        memory.occurrence("r", "asked", lane)
        memory.attempt(("fault", "r", b"turn"), lane)
    memory.forget("a")
    memory.forget("never seen")

    counts = {lane: (memory.answered(ONE, lane), memory.request(lane)) for lane in "ab"}
    assert counts == {"a": (0, 0), "b": (1, 1)}
    assert [memory.occurrence("r", "asked", lane) for lane in "ab"] == [0, 1]
    assert [memory.attempt(("fault", "r", b"turn"), lane) for lane in "ab"] == [0, 1]


def test_a_lane_never_changes_the_counts_of_another() -> None:
    dropped: list[str] = []
    memory = Memory(dropped.append)
    memory.occurrence("rule", "same", "a")
    memory.occurrence("rule", "same", "a")
    for number in range(133_645):
        memory.occurrence("rule", str(number), "b")

    assert memory.occurrence("rule", "same", "a") == 2
    assert len(dropped) == 12
    assert {*dropped} == {"dropped: 10000 counts of lane 'b', which keeps 10000 to 20000"}


def test_a_lane_drops_the_counts_that_it_used_longest_ago() -> None:
    dropped: list[str] = []
    memory = Memory(dropped.append)
    for number in range(GENERATION):
        memory.occurrence("rule", str(number), "")
    assert memory.occurrence("rule", "0", "") == 1
    for number in range(GENERATION - 1):
        memory.occurrence("rule", f"more {number}", "")

    assert dropped == ["dropped: 9999 counts of lane '-', which keeps 10000 to 20000"]
    assert memory.occurrence("rule", "0", "") == 2
    assert memory.occurrence("rule", "1", "") == 0


def test_of_too_many_lanes_the_one_used_longest_ago_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LANES", 2)
    dropped: list[str] = []
    memory = Memory(dropped.append)
    for lane in ("a", "b", "a", "c"):
        memory.request(lane)

    assert dropped == ["dropped: all counts of lane 'b', the one used longest ago"]
    assert [memory.request(lane) for lane in "ac"] == [2, 1]


def test_too_many_counts_in_all_drop_the_lane_used_longest_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_COUNTS", 5)
    dropped: list[str] = []
    memory = Memory(dropped.append)
    for lane in "abca":
        memory.request(lane)
        memory.answer(ONE, lane)
        memory.occurrence("one", "asked", lane)

    assert dropped == ["dropped: all counts of lane 'a', the one used longest ago"]
    assert [memory.answered(ONE, lane) for lane in "abc"] == [1, 1, 1]
