"""Needles are found in one pass, and rules with an index are matched as without."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.scenario import matching
from mockclaude.scenario.conditions import Condition
from mockclaude.scenario.loader import load_text
from mockclaude.scenario.matching import RuleList, closest, match, why_none
from mockclaude.scenario.needles import NeedleIndex
from mockclaude.scenario.regex import Regex
from mockclaude.scenario.rules import Rule
from tests.scenario.talk import conversation

MANY = [f"order {number}" for number in range(300)]


def never(_: Rule) -> int:
    return 0


def rules(count: int, when: str) -> RuleList:
    lines = "".join(f"\n- {{name: r{n}, when: {when.format(n=n)}, reply: x}}" for n in range(count))
    return RuleList(load_text(f"rules:{lines}").rules)


@pytest.mark.parametrize("count", [1, 16, 17, 100])
def test_needles_in_a_text_are_found(count: int) -> None:
    found = NeedleIndex([*MANY[:count], "", "é"]).find("my order 12é")

    assert [needle for needle in [*MANY[:count], "", "é"] if needle in found] == (
        [needle for needle in MANY[:count] if needle in "my order 12é"] + ["", "é"]
    )


@given(st.lists(st.text("ab\ud83dé", max_size=4), max_size=30), st.text("ab\ud83dé", max_size=20))
def test_index_finds_what_a_search_finds(needles: list[str], text: str) -> None:
    found = NeedleIndex([*needles, *MANY]).find(text)

    assert all((needle in found) is (needle in text) for needle in [*needles, *MANY])


@pytest.mark.parametrize(("said", "name"), [("my item 17 now", "r17"), ("item 3", "r3"), ("item", None)])
@pytest.mark.parametrize(
    "when", ["{{user: 'item {n} '}}", "{{user: {{regex: 'item {n}( |$)'}}}}", "{{user: {{like: '*item {n} *'}}}}"]
)
def test_many_rules_are_matched_in_order(when: str, said: str, name: str | None) -> None:
    rule = match(rules(40, when), conversation(f"{said} "), never)

    assert (rule and rule.name) == name


def test_no_regex_runs_without_its_needle(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = rules(40, "{{user: {{regex: 'item {n}.*now'}}}}")
    monkeypatch.setattr(Regex, "_prepare", lambda *_: pytest.fail("a search"))

    assert match(listed, conversation("hello"), never) is None


def test_closest_rule_is_found_without_explaining_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    explained: list[str] = []

    def check(condition: Condition, heard: object) -> object:
        explained.append(condition.key)
        return original(condition, heard)  # type: ignore[arg-type]

    original = Condition.check
    listed = rules(500, "{{turn: 1, system: {{regex: 's{n}'}}, user: 'text {n}'}}")
    monkeypatch.setattr(matching._explained, "__defaults__", (check,))
    nearest = closest(listed, conversation("text 400", system="nothing"), never)

    assert nearest is not None
    assert nearest.rule.name == "r4"
    assert len(explained) <= 3 * matching._LIKELY


def test_closest_rule_is_the_one_whose_cheap_conditions_match() -> None:
    listed = rules(500, "{{turn: 2, system: {{regex: 's{n}'}}, user: 'text {n}.'}}")

    assert "'r400'" in why_none(closest(listed, conversation("text 400."), never))
