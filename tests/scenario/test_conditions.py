"""Each key of `when` holds for what it means, and says in words what it wanted and what came."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import ConditionResult, capture_names, conditions, text_test
from mockclaude.scenario.format.when import TextMatcher, When
from tests.scenario.talk import assistant, conversation, text, tool_result, tool_use, user

ASKED = conversation("What is the weather in Paris?", system="Be brief.", tools=[{"name": "get_weather"}], stream=True,
                     metadata={"user_id": "u1", "n": 5}, headers={"X-Team": "blue"})  # fmt: skip
ANSWERED = conversation(
    "hi",
    assistant(tool_use("add", "toolu_1"), tool_use("get_weather", "toolu_2")),
    user(tool_result("3", "toolu_1"), tool_result([text("rain or sun")], "toolu_2", is_error=True)),
    headers={"x-stainless-retry-count": "1"},
)


def checks(when: Any, heard: MessagesRequest) -> list[ConditionResult]:
    return [condition.check(heard) for condition in conditions(When.model_validate(when))]


def holds(when: Any, heard: MessagesRequest) -> bool:
    return all(check.held for check in checks(when, heard))


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"user": "weather"},
        {"user": ["rain", "weather"]},
        {"user": {"equals": ["x", "What is the weather in Paris?"]}},
        {"user": {"like": "What*Paris?"}},
        {"user": {"regex": r"in (\w+)\?$"}},
        {"user": {"regex": ["^no", "(?i)WEATHER"]}},
        {"system": "brief"},
        {"anywhere": "brief"},
        {"anywhere": [{"regex": "^Be brief.\nWhat"}, "x"]},
        {"model": "claude-sonnet-5"},
        {"model": "claude-*"},
        {"model": ["x", {"contains": "sonnet"}]},
        {"tools": "get_*"},
        {"tools": ["add", "get_weather"]},
        {"headers": {"x-team": "blue"}},
        {"headers": {"X-TEAM": ["red", {"contains": "lu"}]}},
        {"body": "metadata.user_id"},
        {"body": {"metadata.user_id": "u1", "metadata.n": 5}},
        {"body": ["missing", {"metadata.n": 5}]},
        {"body": "contains(metadata.user_id, 'u')"},
        {"stream": True},
        {"turn": 1},
        {"turn": [2, 1]},
        {"retry": 0},
        {"endpoint": "messages"},
        {"endpoint": ["count_tokens", "messages"]},
        {"user": "weather", "system": "brief", "stream": True, "turn": 1},
    ],
)
def test_a_condition_that_holds(when: Any) -> None:
    assert holds(when, ASKED)


@pytest.mark.parametrize("matcher", ["hello", {"equals": "hello"}, {"like": "h*o"}, {"regex": "^hello$"}])
def test_user_matches_the_text_without_reminders(matcher: Any) -> None:
    reminder = "<system-reminder>\nThe date is today.\n</system-reminder>"

    assert holds({"user": matcher}, conversation(f"{reminder}\nhello\n{reminder}"))


def test_user_does_not_match_a_reminder() -> None:
    assert not holds({"user": "date"}, conversation("<system-reminder>The date</system-reminder>hello"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"<system-reminder>{'x' * 100}</system-reminder>\nHi there", "'Hi there'"),
        ("Hi <system-reminder>x</system-reminder>", "'Hi'"),
        ("<system-reminder>x</system-reminder>", "nothing"),
        ("<system-reminder>x", "'<system-reminder>x'"),
        (" Hi ", "' Hi '"),
    ],
)
def test_text_of_a_turn_is_shown_without_reminders(text: str, shown: str) -> None:
    (check,) = checks({"user": "rain"}, conversation(text))

    assert str(check) == f"user: expected text that contains 'rain', got {shown}"


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({"user": "rain"}, "user: expected text that contains 'rain', got 'What is the weather in Paris?'"),
        (
            {"user": ["rain", {"equals": "x"}]},
            "user: expected text that contains 'rain' or exactly 'x', got 'What is the weather in Paris?'",
        ),
        (
            {"user": {"regex": "^weather"}},
            "user: expected text that matches '^weather', got 'What is the weather in Paris?'",
        ),
        ({"user": {"equals": "weather"}}, "user: expected exactly 'weather', got 'What is the weather in Paris?'"),
        (
            {"anywhere": "Rome"},
            "anywhere: expected text that contains 'Rome', got 'Be brief.\\nWhat is the weather in Paris?'",
        ),
        ({"system": "Brief"}, "system: expected text that contains 'Brief', got 'Be brief.'"),
        ({"model": "claude"}, "model: expected 'claude', got 'claude-sonnet-5'"),
        ({"tools": "weather"}, "tools: expected 'weather', got 'get_weather'"),
        ({"headers": {"x-team": "red"}}, "headers.x-team: expected 'red', got 'blue'"),
        ({"headers": {"x-other": "*"}}, "headers.x-other: expected '*', got nothing"),
        ({"body": "metadata.missing"}, "body: expected metadata.missing, got nothing"),
        (
            {"body": {"metadata.n": 6, "stream": True}},
            "body: expected metadata.n = 6 and stream = true, got metadata.n = 5 and stream = true",
        ),
        (
            {"body": ["missing", {"metadata": 1}]},
            "body: expected missing or metadata = 1, got missing = nothing, metadata = {'user_id': 'u1', 'n': 5}",
        ),
        ({"body": "length(metadata.n)"}, "body: expected length(metadata.n), got nothing"),
        ({"stream": False}, "stream: expected false, got true"),
        ({"turn": [2, 3]}, "turn: expected 2 or 3, got 1"),
        ({"retry": 1}, "retry: expected 1, got 0"),
        ({"tool_result": "add"}, "tool_result: expected 'add', got nothing"),
    ],
)
def test_a_condition_that_fails_says_why(when: Any, told: str) -> None:
    (check,) = checks(when, ASKED)

    assert not check.held
    assert str(check) == told


@pytest.mark.parametrize(
    ("when", "held"),
    [
        ("add", True),
        ("get_*", True),
        (["x", "add"], True),
        ("read", False),
        ({"is_error": True}, True),
        ({"is_error": False}, True),
        ({"name": "add", "is_error": True}, False),
        ({"name": "get_weather", "is_error": True, "content": "rain"}, True),
        ({"name": "add", "content": "rain"}, False),
        ({"content": {"regex": r"^\d$"}}, True),
        ([{"name": "add", "is_error": True}, {"content": "sun"}], True),
        ({}, True),
    ],
)
def test_one_tool_result_must_have_all_that_is_asked_of_it(when: Any, held: bool) -> None:
    assert holds({"tool_result": when}, ANSWERED) is held


@pytest.mark.parametrize(
    ("when", "wanted", "got"),
    [
        ("read", "'read'", "add, add"),
        (
            {"name": "add", "content": "x"},
            "'add' with content text that contains 'x'",
            "add with content '4', add with content '5'",
        ),
        (
            {"is_error": False, "content": "x"},
            "any with is_error: false with content text that contains 'x'",
            "add with is_error: false with content '4', add with is_error: true with content '5'",
        ),
        ([{"name": "read", "is_error": True}, "x*"], "'read' with is_error: true or 'x*'", "add, add"),
        (
            [{"name": "read", "is_error": True}, {"name": "add", "content": "x"}],
            "'read' with is_error: true or 'add' with content text that contains 'x'",
            "add with is_error: false with content '4', add with is_error: true with content '5'",
        ),
    ],
)
def test_failed_tool_result_shows_the_part_that_failed(when: Any, wanted: str, got: str) -> None:
    heard = conversation(assistant(tool_use("add")), user(tool_result("4"), tool_result("5", is_error=True)))

    assert str(checks({"tool_result": when}, heard)[0]) == f"tool_result: expected {wanted}, got {got}"


def test_failed_tool_result_shows_only_results_of_that_name() -> None:
    said = conversation(
        assistant(tool_use("read", "a"), tool_use("add", "b")), user(tool_result("x", "a"), tool_result("4", "b"))
    )
    (check,) = checks({"tool_result": {"name": "add", "content": "5"}}, said)

    assert check.got == "add with content '4'"


@pytest.mark.parametrize("results", [21, 5_000])
def test_long_lists_are_shown_truncated(results: int) -> None:
    (result,) = checks(
        {"tool_result": "b"}, conversation(assistant(tool_use("a")), user(*[tool_result("x")] * results))
    )
    (tools,) = checks({"tools": "b"}, conversation("x", tools=[{"name": f"t{n}"} for n in range(results)]))

    assert result.got == ", ".join(["a"] * 20 + [f"{results - 20} more"])
    assert tools.got == ", ".join([*(f"'t{n}'" for n in range(20)), f"{results - 20} more"])


def test_anywhere_is_the_whole_conversation() -> None:
    assert holds({"anywhere": {"equals": "hi\n3\nrain or sun"}}, ANSWERED)


def test_captures_of_anywhere_are_values_of_replies() -> None:
    when = When.model_validate({"anywhere": {"regex": r"in (?P<city>\w+)\?"}})
    (condition,) = conditions(when)

    assert capture_names(when) == {"0", "1", "city"}
    assert condition.groups
    assert condition.groups(condition.look(ASKED))["city"] == "Paris"


def test_an_item_of_a_batch_has_a_name() -> None:
    item = conversation("Hello")
    item.custom_id = "item-1"

    assert all(holds(when, item) for when in ({"batch": True}, {"custom_id": "item-*"}, {"user": "Hello"}))
    assert not any(holds(when, item) for when in ({"batch": False}, {"custom_id": "item"}))
    assert holds({"batch": False}, ASKED)
    assert [str(check) for check in checks({"batch": True, "custom_id": "*"}, ASKED)] == [
        "batch: expected true, got false",
        "custom_id: expected '*', got nothing",
    ]


def test_a_later_turn_and_a_retry_are_counted() -> None:
    assert holds({"turn": 2, "retry": [1, 2], "stream": False, "tool_result": "add"}, ANSWERED)


def test_the_cheap_conditions_are_asked_first() -> None:
    every = {"body": "a", "system": "a", "tools": "a", "tool_result": "a", "user": "a", "headers": {"x": "a", "y": "a"},
             "retry": 0, "turn": 1, "model": "a", "stream": False, "anywhere": "a",
             "endpoint": "messages", "custom_id": "a", "batch": True}  # fmt: skip

    assert [condition.key for condition in conditions(When.model_validate(every))] == [
        "stream", "endpoint", "model", "turn", "retry", "batch", "custom_id", "headers.x", "headers.y", "user",
        "tool_result", "tools", "system", "anywhere", "body",
    ]  # fmt: skip


def test_a_long_text_is_shown_in_short() -> None:
    (check,) = checks({"user": "b"}, conversation("a" * 1000))

    assert check.got == f"'{'a' * 78}…"


@given(st.text("ab*", max_size=8), st.text("ab\n", max_size=8))
def test_a_star_stands_for_any_part(pattern: str, name: str) -> None:
    def like(pattern: str, name: str) -> bool:
        if not pattern or not name:
            return not name and not pattern.strip("*")
        if pattern[0] == "*":
            return like(pattern[1:], name) or like(pattern, name[1:])
        return pattern[0] == name[0] and like(pattern[1:], name[1:])

    assert text_test([TextMatcher(like=[pattern])])(name) == like(pattern, name)


def test_many_stars_take_no_time() -> None:
    assert not text_test([TextMatcher(like=["*a" * 1000 + "b"])])("a" * 100_000)


@pytest.mark.parametrize(
    ("when", "groups"),
    [
        ({"user": {"regex": r"in (?P<city>\w+)"}}, {"0": "in Paris", "1": "Paris", "city": "Paris"}),
        ({"user": {"regex": ["(no)", "(w)eather"]}}, {"0": "weather", "1": "w"}),
        ({"user": [{"contains": "x"}, {"regex": "(W)hat|(x)"}]}, {"0": "What", "1": "W", "2": None}),
        ({"user": ["weather", {"regex": "rain"}]}, {}),
        ({"headers": {"x-team": {"regex": "(?P<team>.*)"}}}, {"0": "blue", "1": "blue", "team": "blue"}),
    ],
)
def test_groups_are_what_the_first_pattern_that_is_found_catches(when: Any, groups: dict[str, Any]) -> None:
    (condition,) = conditions(When.model_validate(when))

    assert condition.groups is not None
    assert condition.groups(condition.look(ASKED)) == groups


def test_of_long_and_many_wanted_texts_a_part_is_told() -> None:
    (long,) = conditions(When.model_validate({"user": {"equals": "x" * 100_000}}))
    (many,) = conditions(When.model_validate({"user": [f"word {number}" for number in range(25)]}))

    assert long.check(ASKED).wanted == f"exactly '{'x' * 199}…'"
    assert many.check(ASKED).wanted.startswith("text that contains 'word 0' or text that contains 'word 1' or ")
    assert many.check(ASKED).wanted.endswith(" or text that contains 'word 19' or 5 more")


@pytest.mark.slow
@pytest.mark.parametrize("expression", ["metadata.user_id", "length(tools)", "sort_by(tools, &name)[0].name"])
def test_evaluating_an_expression_leaves_no_reference_cycle(expression: str) -> None:
    (condition,) = conditions(When.model_validate({"body": expression}))
    first, second = (MessagesRequest(ASKED.body) for _ in range(2))
    condition.look(first)
    gc.collect()
    gc.disable()
    try:
        condition.look(second)
        unreachable = gc.collect()
    finally:
        gc.enable()

    assert unreachable == 0


def test_conditions_without_a_regex_catch_nothing() -> None:
    (condition,) = conditions(When.model_validate({"user": "weather"}))

    assert condition.groups is None


def test_the_groups_of_a_rule_are_known_before_any_request() -> None:
    when = {"user": [{"regex": "(?P<a>x)(y)"}, "z"], "headers": {"x": {"regex": "(?P<b>.)"}}, "model": "m"}

    assert capture_names(When.model_validate(when)) == {"0", "1", "2", "a", "b"}
    assert capture_names(When()) == set()
