"""Needles are found in one pass, and rules with an index are matched as without."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario import match as match_module
from mockclaude.scenario.conditions import regex_set
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.conditions.needles import Needle, NeedleIndex, is_whole
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.match import describe_unmatched, find_matches, find_near_miss
from mockclaude.scenario.rules import Rule
from tests.scenario.talk import conversation

TEXTS = st.text("abAB\ud83dé*.", max_size=8)
MANY = [f"order {number}" for number in range(300)]


def match(rules: Sequence[Rule], heard: MessagesRequest) -> Rule | None:
    """Return the first rule that matches."""
    return next(find_matches(rules, heard), None)


def rules(count: int, when: str) -> RuleList:
    lines = "".join(f"\n- {{name: r{n}, when: {when.format(n=n)}, reply: x}}" for n in range(count))
    return RuleList(load_text(f"rules:{lines}").rules)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_needles_in_a_text_are_found(count: int) -> None:
    needles = [*map(Needle, [*MANY[:count], "", "é"]), Needle("ORDER 12É", folded=True)]

    assert set(NeedleIndex(needles).find("my order 12é")) == {
        *(needle for needle in needles if needle.text in "my order 12é"),
        needles[-1],
    }


@given(st.lists(TEXTS, max_size=30), TEXTS)
def test_index_finds_what_a_search_finds(texts: list[str], text: str) -> None:
    needles = list(map(Needle, (text for text in texts if is_whole(text))))

    assert set(NeedleIndex(needles).find(text)) == {needle for needle in needles if needle.text in text}


@given(st.lists(TEXTS, max_size=9), TEXTS)
def test_index_misses_no_part_of_a_needle(texts: list[str], text: str) -> None:
    needles = [Needle(each, folded) for each in texts for folded in (False, True)]

    assert {needle for needle in needles if needle.text in text} <= set(NeedleIndex(needles).find(text))


@pytest.mark.slow
def test_index_finds_each_letter_in_every_case_that_a_regex_matches() -> None:
    cased = [chr(code) for code in range(sys.maxunicode) if chr(code).swapcase() != chr(code)]
    index = NeedleIndex([Needle(letter, folded=True) for letter in cased])

    for letter in cased:
        found = {needle.text for needle in index.find(letter)}
        assert found >= {other for other in (letter.lower(), letter.upper()) if Regex(f"(?i){other}").matches(letter)}


def test_needles_are_found_one_by_one_without_memory_for_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex_set, "_MEMORY", (1,))
    index = NeedleIndex([*map(Needle, MANY), Needle("any", folded=True)])

    assert set(index.find("order 7")) == {Needle("order 7"), Needle("any", folded=True)}


def test_a_search_that_runs_out_of_memory_is_repeated_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    index = NeedleIndex(map(Needle, MANY))
    monkeypatch.setattr(index._set, "_compiled", SimpleNamespace(Match=lambda _: []))

    assert index.find("order 7") == [Needle("order 7")]


def test_long_needle_is_searched_for_by_its_beginning() -> None:
    long = Needle("a" * 99 + "bc")

    assert not is_whole(long.text)
    assert list(NeedleIndex([long]).find("a" * 99 + "bd")) == [long]


@pytest.mark.parametrize(("said", "name"), [("my item 17 now", "r17"), ("item 3", "r3"), ("item", None)])
@pytest.mark.parametrize(
    "when", ["{{user: 'item {n} '}}", "{{user: {{regex: 'item {n}( |$)'}}}}", "{{user: {{like: '*item {n} *'}}}}"]
)
def test_many_rules_are_matched_in_order(when: str, said: str, name: str | None) -> None:
    rule = match(rules(40, when), conversation(f"{said} "))

    assert (rule and rule.name) == name


def test_no_regex_runs_without_its_needle(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = rules(40, "{{user: {{regex: 'item {n}.*now'}}}}")
    monkeypatch.setattr(Regex, "_prepare", lambda *_: pytest.fail("a search"))

    assert match(listed, conversation("hello")) is None


def test_near_miss_is_found_without_evaluating_every_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    explained: list[str] = []

    def check(condition: Condition, heard: object) -> object:
        explained.append(condition.key)
        return original(condition, heard)  # type: ignore[arg-type]

    original = Condition.check
    listed = rules(500, "{{turn: 1, system: {{regex: 's{n}'}}, user: 'text {n}'}}")
    monkeypatch.setattr(match_module._evaluate, "__defaults__", (check,))
    nearest = find_near_miss(listed, conversation("text 400", system="nothing"), {})

    assert nearest is not None
    assert nearest.rule.name == "r4"
    assert len(explained) <= 3 * match_module._MAX_CANDIDATES


def test_closest_rule_is_the_one_whose_cheap_conditions_match() -> None:
    listed = rules(500, "{{turn: 2, system: {{regex: 's{n}'}}, user: 'text {n}.'}}")

    assert "'r400'" in describe_unmatched(find_near_miss(listed, conversation("text 400."), {}))
