"""The first rule that holds answers, a used-up one is passed over, and a miss names the closest."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.match import describe_unmatched, explain, find_matches, find_near_miss
from mockclaude.scenario.rules import RuleKey, Scenario
from tests.scenario.talk import assistant, conversation, tool_result, tool_use, user

LOOP = load_text("""\
rules:
  - name: hello
    when: {user: hello}
    times: 2
    reply: Hello!
  - name: ask the tool
    when: {user: {regex: 'weather in (?P<city>\\w+)'}, tools: [get_weather]}
    reply: {tool_use: get_weather}
  - name: failed
    when: {tool_result: {name: get_weather, is_error: true}}
    reply: Sorry.
  - name: read out
    when: {tool_result: get_weather}
    reply: '${{ tool_result }}'
""")
REST = load_text("rules: [{name: first, when: {stream: true}, reply: a}, {name: second, reply: b}]")
TOOLS = [{"name": "get_weather"}]
CALLED = ["weather in Paris?", assistant(tool_use("get_weather"))]


def before(*names: str) -> Counter[RuleKey]:
    """Return how often each rule has answered, if the rules with these names have."""
    return Counter(RuleKey(0, name, 0) for name in names)


def names(scenario: Scenario, *said: Any, **body: Any) -> list[str | None]:
    """Return the names of the rules that match, in order."""
    return [rule.name for rule in find_matches(scenario.rules, conversation(*said, **body))]


def answering(scenario: Scenario, *said: Any, **body: Any) -> str | None:
    """Return the name of the first rule that matches."""
    return next(iter(names(scenario, *said, **body)), None)


def test_the_first_rule_that_holds_answers() -> None:
    assert answering(REST, "hi", stream=True) == "first"
    assert answering(REST, "hi") == "second"


def test_a_tool_loop_needs_no_counting() -> None:
    assert answering(LOOP, "weather in Paris?", tools=TOOLS) == "ask the tool"
    assert answering(LOOP, *CALLED, user(tool_result("sunny")), tools=TOOLS) == "read out"
    assert answering(LOOP, *CALLED, user(tool_result("?", is_error=True)), tools=TOOLS) == "failed"
    assert answering(LOOP, "weather in Paris?") is None


def test_rules_with_times_are_followed_by_the_next_ones_that_match() -> None:
    scenario = load_text("rules: [{name: once, times: 1, reply: a}, {name: other, when: {user: bye}, reply: b}, "
                         "{name: twice, times: 2, reply: c}, {name: always, reply: d}]")  # fmt: skip

    assert names(scenario, "hi") == ["once", "twice", "always"]


def test_all_conditions_of_a_rule_must_hold() -> None:
    scenario = load_text("rules: [{name: x, when: {user: a, system: b, turn: 1}, reply: c}]")

    assert answering(scenario, "a", system="b") == "x"
    assert answering(scenario, "a", system="c") is None
    assert answering(scenario, "b", system="b") is None


@pytest.mark.parametrize(
    ("when", "said", "held"),
    [
        ("{equals: hello}", "hello", True),
        ("{equals: hello}", "hello!", False),
        ("{contains: [bye, hello]}", "bye", True),
        ("[bye, {equals: hello}]", "hello", True),
        ("[bye, hello]", "hi", False),
        ("{like: 'h*o'}", "hello", True),
        ("''", "", True),
    ],
)
def test_rules_are_ruled_out_by_what_the_user_said(when: str, said: str, held: bool) -> None:
    assert (answering(load_text(f"rules: [{{name: x, when: {{user: {when}}}, reply: y}}]"), said) == "x") is held


def test_rules_that_look_at_the_same_thing_are_told_apart() -> None:
    rules = "{name: x, when: {user: {regex: x}}, reply: a}, {name: y, when: {user: {regex: y}}, reply: b}"
    scenario = load_text(f"rules: [{rules}, {{name: turn, when: {{turn: 1}}, reply: c}}]")

    assert [answering(scenario, said) for said in ("x", "y", "z")] == ["x", "y", "turn"]


def test_every_rule_is_explained_and_the_first_without_a_failure_answers() -> None:
    explained = explain(LOOP.rules, conversation("hello, weather in Paris?", tools=TOOLS), before("hello", "hello"))

    assert [(explanation.rule.name, [check.key for check in explanation.failed]) for explanation in explained] == [
        ("hello", ["times"]),
        ("ask the tool", []),
        ("failed", ["tool_result"]),
        ("read out", ["tool_result"]),
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["weather in Paris?"], "'ask the tool' (scenario.yaml:6:5): tools: expected 'get_weather', got nothing"),
        (["hello"], "'hello' (scenario.yaml:2:5): exhausted (times: 2)"),
        (
            [*CALLED, user(tool_result("3", id="toolu_9"))],
            "'failed' (scenario.yaml:9:5): tool_result: expected 'get_weather' with is_error: true, "
            "got an unknown tool",
        ),
    ],
)
def test_a_miss_names_the_closest_rule_and_the_conditions_that_failed(said: list[Any], told: str) -> None:
    sentence = describe_unmatched(find_near_miss(LOOP.rules, conversation(*said), before("hello", "hello")))

    assert sentence == f"no rule matched; near miss {told}"


def test_all_conditions_that_failed_are_named() -> None:
    rules = load_text("rules: [{when: {user: a, turn: 2, stream: true}, reply: x}]").rules

    assert describe_unmatched(find_near_miss(rules, conversation("b", stream=True), before())) == (
        "no rule matched; near miss scenario.yaml:1:9: turn: expected 2, got 1; user: expected text "
        "that contains 'a', got 'b'"
    )


def test_a_rule_that_would_hold_but_for_one_above_it_is_shadowed() -> None:
    rules = "{name: once, times: 1, reply: x}, {name: hi, when: {user: hi}, reply: x}, {name: last, reply: x}"
    explained = explain(load_text(f"rules: [{rules}]").rules, conversation("bye"), before())

    assert ["; ".join(map(str, explanation.failed)) for explanation in explained] == [
        "",
        "user: expected text that contains 'hi', got 'bye'",
        "shadowed by 'once' (scenario.yaml:1:9)",
    ]


@pytest.mark.parametrize(
    ("rules", "name"),
    [
        ("{name: two, when: {user: a, system: b}, reply: x}, {name: one, when: {user: b}, reply: x}", "one"),
        ("{name: all, when: {user: a}, reply: x}, {name: half, when: {user: b, turn: 1}, reply: x}", "half"),
        ("{name: model, when: {model: a}, reply: x}, {name: user, when: {user: a}, reply: x}", "user"),
        ("{name: first, when: {user: a}, reply: x}, {name: second, when: {user: b}, reply: x}", "first"),
    ],
)
def test_the_closest_rule_fails_in_little_and_in_what_the_user_said(rules: str, name: str) -> None:
    sentence = describe_unmatched(find_near_miss(load_text(f"rules: [{rules}]").rules, conversation("hi"), before()))

    assert f"near miss '{name}'" in sentence
