"""Many rules are matched as few are, and a request costs what its texts cost, whatever the rules search for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions import pattern_index, rule_index
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.conditions.rule_index import FEW, RuleList
from mockclaude.scenario.conditions.work import MAX_WORK, TooMuchWorkError, Work, work_of
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.loading.validation import validate
from mockclaude.scenario.match import find_matches, find_near_miss
from mockclaude.scenario.rules import Rule, build
from tests.counting import calls
from tests.scenario.talk import assistant, conversation, tool_result, tool_use, user

TEXTS = st.text("aAbſkK\u0130é*\n", max_size=4)
PATTERNS = st.sampled_from(["(?i)ab", "(?i)s", r"a+b?", r"\bA", r"(?i)(a|b)é", "a.*b", "^b$", "(?i)i", "", "k{2}"])
MATCHES = st.lists(
    st.one_of(
        TEXTS,
        st.fixed_dictionaries({"contains": TEXTS}),
        st.fixed_dictionaries({"equals": TEXTS}),
        st.fixed_dictionaries({"like": TEXTS}),
        st.fixed_dictionaries({"regex": PATTERNS}),
    ),
    min_size=1,
    max_size=2,
)
RESULTS = st.lists(
    st.fixed_dictionaries({}, optional={"name": MATCHES, "content": MATCHES, "is_error": st.booleans()}),
    min_size=1,
    max_size=2,
)
WHENS = st.fixed_dictionaries(
    {},
    optional={
        "user": MATCHES,
        "system": MATCHES,
        "model": MATCHES,
        "tools": MATCHES,
        "tool_result": RESULTS,
        "headers": st.fixed_dictionaries({"x": MATCHES}),
        "body": st.sampled_from(["system", {"contains(system, 'a')": True}, {"length(messages)": 3}]),
        "turn": st.integers(1, 3),
    },
)
REQUESTS = st.builds(
    lambda said, told, name, model, header, **body: conversation(
        said,
        assistant(tool_use(name)),
        user(tool_result(told), {"type": "text", "text": said}),
        headers={"x": header},
        model=f"claude-{model}",
        **body,
    ),
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    system=TEXTS,
    tools=st.lists(st.builds(lambda name: {"name": name}, TEXTS), max_size=3),
)


def match(rules: Sequence[Rule], heard: MessagesRequest) -> Rule | None:
    """Return the first rule that matches."""
    return next(find_matches(rules, heard), None)


def rules(whens: list[dict[str, Any]]) -> list[Rule]:
    """Return a rule for each `when`; rules that can never be reached are allowed."""
    return [rule for when in whens for rule in one_rule(when)]


def one_rule(when: dict[str, Any]) -> tuple[Rule, ...]:
    source = InlineSource("test.py:1", {"rules": [{"when": when, "reply": "a"}]})
    return build([(source, validate(source))]).rules


def many(count: int, when: str) -> RuleList:
    return RuleList(load_text("rules:\n" + "".join(f"- {when % (n,)}\n" for n in range(count))).rules)


@given(st.lists(WHENS, min_size=1, max_size=8), REQUESTS)
def test_many_rules_are_matched_as_without_an_index(whens: list[dict[str, Any]], heard: MessagesRequest) -> None:
    few = rules(whens)
    unlike = rules([{"turn": 99}] * FEW)
    expected = list(find_matches(few, heard))

    assert list(find_matches(RuleList([*unlike, *few]), heard)) == expected
    if not expected:
        nearest = find_near_miss(few, heard, {})
        assert nearest is not None
        assert nearest.rule is getattr(find_near_miss(RuleList(few), heard, {}), "rule", None)


@given(st.lists(WHENS, min_size=1, max_size=4), REQUESTS)
def test_rules_with_equal_needles_are_matched_as_without_an_index(
    whens: list[dict[str, Any]], heard: MessagesRequest
) -> None:
    few = rules(whens)
    many = RuleList(few * (FEW + 1))

    assert list(find_matches(many, heard)) == [*find_matches(few, heard)] * (FEW + 1)


SHARED = "{when: {user: {regex: '(?i)^\\w+ order\\s+%s\\b'}}, reply: a}"


def test_no_regex_of_many_with_one_needle_is_searched_for_separately(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = many(100, SHARED)
    matches = Regex.matches
    monkeypatch.setattr(Regex, "matches", lambda regex, text: matches(regex, text) or pytest.fail("a search"))

    assert match(listed, conversation("My Order 99 now")) is listed[99]
    assert match(listed, conversation("My Order now")) is None


@pytest.mark.parametrize("said", ["My order 99 now", "My order 99 à la carte", "My order 99 now" + " " * 5_000])
def test_the_work_of_a_regex_is_counted_however_it_is_searched_for(said: str) -> None:
    listed, heard = many(100, SHARED), conversation(said)
    (search,) = listed[0].conditions[0].searches

    assert match(listed, heard) is listed[99]
    assert work_of(heard)._left == MAX_WORK - 100 * search.price(heard)


def test_regexes_with_other_characters_than_ascii_are_searched_for_separately() -> None:
    listed = many(100, "{when: {user: {regex: 'é\\s+%s\\b'}}, reply: a}")

    assert match(listed, conversation("é 99")) is listed[99]
    assert match(listed, conversation("e 99")) is None


def test_regexes_are_searched_for_separately_without_memory_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_index, "_MEMORY", (1,))

    assert match(many(100, SHARED), conversation("My order 99 now")) is not None


RULES = {
    "user, any case": "{when: {user: {regex: '(?i)order %s now'}}, reply: a}",
    "user contains": "{when: {user: order %s now}, reply: a}",
    "user list": "{when: {user: [order %s now, an item]}, times: 1, reply: a}",
    "system": "{when: {system: {regex: 'order %s now'}}, reply: a}",
    "tool_result": "{when: {tool_result: {name: add, content: {regex: '(?i)order %s'}}}, reply: a}",
    "tools": "{when: {tools: '*a*%s*'}, reply: a}",
    "model": "{when: {model: {regex: '(?i)order %s'}}, reply: a}",
}
LONG = "an order of text " * 1_000


@pytest.mark.parametrize("when", RULES.values(), ids=RULES)
def test_no_regex_is_searched_for_without_its_needle(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = many(100, when)
    monkeypatch.setattr(Regex, "matches", lambda *_: pytest.fail("a search"))
    heard = conversation(
        LONG, assistant(tool_use("add")), user(tool_result(LONG)), system=LONG, tools=[{"name": "add"}] * 50
    )

    assert match(listed, heard) is None


@pytest.mark.parametrize("when", RULES.values(), ids=RULES)
def test_the_calls_for_a_rule_do_not_grow_with_the_request(when: str) -> None:
    listed = many(100, when)
    counts = [
        calls(lambda heard=heard: match(listed, heard))  # type: ignore[misc]
        for heard in [conversation("a" * size, system="a" * size) for size in (10, 10, 100_000)]
    ]

    assert counts[2] < counts[1] + 10


def test_conditions_that_needles_decide_are_not_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = many(100, "{when: {user: order %s., turn: 1}, reply: a}")
    monkeypatch.setattr(Work, "spend", lambda *_: pytest.fail("a search"))
    rule = match(listed, conversation("order 7."))

    assert rule is listed[7]


def test_the_searches_of_many_rules_have_a_bound() -> None:
    listed = many(200, "{when: {user: {regex: 'order( %s|) .*now'}}, reply: a}")

    assert match(listed, conversation("order " * 10)) is None
    with pytest.raises(TooMuchWorkError) as caught:
        match(listed, conversation("order " * 100_000))
    assert caught.value.message == (
        "this request takes too much work to match; expected a shorter request, or fewer rules that search its texts "
        "with `regex`"
    )


def test_the_searches_of_one_rule_and_of_a_fault_have_a_bound() -> None:
    patterns = ", ".join(f"'order( {n}|) .*now'" for n in range(200))
    listed = RuleList(load_text(f"rules: [{{when: {{user: {{regex: [{patterns}]}}}}, reply: a}}]").rules)
    fault = f"{{error: 529, when: {{user: {{regex: [{patterns}]}}}}}}"
    (rule,) = load_text(f"rules: [{{reply: a, fault: {fault}}}]").rules

    assert match(listed, conversation("order 7 is now")) is listed[0]
    assert rule.faults[0].applies(conversation("order 7 is now"))
    assert not rule.faults[0].applies(conversation("order 7"))
    with pytest.raises(TooMuchWorkError):
        match(listed, conversation("order " * 100_000))
    with pytest.raises(TooMuchWorkError):
        rule.faults[0].applies(conversation("order " * 100_000))


def test_closest_rule_is_found_where_the_searches_take_too_much_work() -> None:
    listed = many(200, "{when: {tool_result: {content: order %s}, turn: 99}, reply: a}")
    results = [tool_result(f"order {n}", id="toolu_1") for n in range(5_000)]
    heard = conversation("hi", assistant(tool_use("find")), user(*results))

    assert match(listed, heard) is None
    nearest = find_near_miss(listed, heard, {})
    assert nearest is not None
    assert nearest.rule is listed[0]


def test_the_price_of_a_list_grows_with_its_length() -> None:
    listed = many(50, "{when: {tools: {regex: 'a+%s?'}}, reply: a}")
    (search,) = listed[0].conditions[0].searches
    one, two = (search.price(conversation("hi", tools=[{"name": f"n{n}"} for n in range(count)])) for count in (1, 101))

    assert (one, two) == (164, 10_213)


def test_equal_expressions_are_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = many(50, "{when: {body: {'length(messages)': 2%s}}, reply: a}")
    spent: list[int] = []
    monkeypatch.setattr(Work, "spend", lambda _, price: spent.append(price))
    heard = conversation("hi")
    match(listed, heard)
    once = len(spent)
    match(listed, heard)

    assert 0 < once == len(spent) < 10


def test_the_index_of_few_rules_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_index, "RuleIndex", lambda _: pytest.fail("an index"))

    assert match(many(FEW, "{when: {user: order %s}, reply: a}"), conversation("hi")) is None


def test_index_is_prepared_for_many_rules_only() -> None:
    few, listed = many(FEW, "{when: {user: order %s}, reply: a}"), many(FEW + 1, "{when: {user: order %s}, reply: a}")
    few.prepare()
    listed.prepare()

    assert ("needles" in vars(few), "needles" in vars(listed)) == (False, True)


def test_all_of_many_rules_that_match_are_yielded_in_order() -> None:
    listed = many(100, "{times: 1, when: {user: order}, reply: a %s}")

    assert list(find_matches(listed, conversation("order"))) == list(listed)


def test_a_header_that_is_not_there_contains_nothing() -> None:
    rules = [{"when": {"headers": {"x-team": f"team {number}"}}, "reply": "x"} for number in range(FEW + 5)]
    scenario = load_text(json.dumps({"rules": rules}))
    bare = MessagesRequest({"model": "claude-opus-5", "messages": [{"role": "user", "content": "Hello"}]})

    assert match(RuleList(scenario.rules), bare) is None
