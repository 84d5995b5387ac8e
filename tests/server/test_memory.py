from __future__ import annotations

from mockclaude.scenario.mistakes import Place
from mockclaude.scenario.rules import Rule
from mockclaude.server.memory import MAX_COUNTS, Memory

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


def test_occurrences_count_a_request_per_rule_and_lane() -> None:
    memory = Memory()
    seen = [("r", "asked", "l"), ("r", "asked", "l"), ("r", "asked", "m"), ("r", "other", "l"), ("s", "asked", "l")]

    assert [memory.occurrence(*key) for key in seen] == [0, 1, 0, 0, 0]


def test_what_was_begun_longest_ago_is_forgotten_when_there_is_too_much() -> None:
    memory = Memory()
    memory.occurrence("rule", "first", "lane")
    for index in range(MAX_COUNTS):
        memory.occurrence("rule", str(index), "lane")

    assert memory.occurrence("rule", str(MAX_COUNTS - 1), "lane") == 1
    assert memory.occurrence("rule", "first", "lane") == 0
