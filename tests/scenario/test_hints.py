"""Where a condition failed, its check says what may have been meant."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions import hints
from mockclaude.scenario.conditions.conditions import conditions
from mockclaude.scenario.conditions.differences import first_difference
from mockclaude.scenario.conditions.hints import check_with_hint
from mockclaude.scenario.format.when import When
from tests.counting import calls
from tests.scenario.talk import assistant, conversation, tool_result, tool_use, user

LONG = "a" * 200
TOOL_LOOP: list[str | dict[str, Any]] = [
    "weather?",
    assistant(tool_use("get_weather")),
    user(tool_result("sun")),
    assistant("Sun."),
    "Thanks",
]


def hint(when: dict[str, Any], said: MessagesRequest) -> str:
    (condition,) = conditions(When.model_validate(when))
    return check_with_hint(condition, said).hint


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({"user": "weather"}, "turn 1 matches, but `user` tests the current turn, 3; use `anywhere` for all turns"),
        ({"tool_result": "get_weather"}, "turn 2 matches, but `tool_result` tests the current turn, 3"),
        ({"user": "refund"}, ""),
        ({"user": "Thanks"}, ""),
    ],
)
def test_what_was_said_in_an_earlier_turn_is_found_there(when: dict[str, Any], told: str) -> None:
    assert hint(when, conversation(*TOOL_LOOP)) == told


@pytest.mark.parametrize(
    ("matcher", "told"),
    [
        ("sun", "a text is the name of the tool; use `tool_result: {content: 'sun'}`"),
        (["moon", "sun"], "a text is the name of the tool; use `tool_result: {content: 'sun'}`"),
        ("moon", ""),
        ({"name": "get_weather", "content": "rain"}, ""),
        ({"content": "rain"}, ""),
    ],
)
def test_a_name_that_is_part_of_a_result_is_found_there(matcher: Any, told: str) -> None:
    assert hint({"tool_result": matcher}, conversation(*TOOL_LOOP[:3])) == told


def test_of_earlier_turns_the_last_one_is_named() -> None:
    talk = conversation("again", assistant("a"), "again", assistant("b"), "over")

    assert hint({"user": "again"}, talk).startswith("turn 2 matches, but `user` tests")


@pytest.mark.parametrize("first", [[], [assistant("Hello!")]])
def test_the_first_turn_has_none_before_it(first: list[Any]) -> None:
    assert list(conversation(*first, "hi").earlier_turns()) == []


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({"user": "refund"}, "'REFUND' differs in case; use {regex: '(?i)refund'}"),
        ({"user": "mony"}, "did you mean 'money'?"),
        ({"user": "wnat my"}, "did you mean 'want my'?"),
        ({"user": ["bill", "monney"]}, "did you mean 'money'?"),
        ({"user": {"equals": "x" * 80}}, ""),
        ({"user": {"equals": "I want my money, a REFUNT!"}}, ""),
        (
            {"user": {"equals": "I want my money, a refund!"}},
            "'I want my money, a REFUND!' differs in case; use {regex: '(?i)I\\ want\\ my\\ money,\\ a\\ refund!'}",
        ),
        ({"user": "bye"}, ""),
        ({"user": "mo"}, ""),
        ({"user": "?!?!"}, ""),
        ({"user": "rebate!"}, ""),
        ({"user": {"regex": "refund"}}, ""),
        ({"anywhere": "pollite"}, "did you mean 'polite'?"),
        ({"system": "pollite"}, "did you mean 'polite'?"),
        ({"model": "claude-sonet-5"}, "did you mean 'claude-sonnet-5'?"),
        ({"model": "gpt*"}, ""),
        ({"tools": "get_wether"}, "did you mean 'get_weather'?"),
        ({"headers": {"x-tenant": "acne"}}, "did you mean 'acme'?"),
        ({"headers": {"x-other": "acne"}}, ""),
        ({"turn": 2}, ""),
    ],
)
def test_what_differs_little_is_named(when: dict[str, Any], told: str) -> None:
    asked = conversation(
        "I want my money, a REFUND!", system="Be polite.", tools=[{"name": "get_weather"}], headers={"x-tenant": "acme"}
    )

    assert hint(when, asked) == told


def test_name_that_matches_is_not_suggested() -> None:
    said = conversation("x", assistant(tool_use("run_tests")), user(tool_result("green")))
    (condition,) = conditions(When.model_validate({"tool_result": {"name": "run_tests", "content": "failed"}}))

    assert str(check_with_hint(condition, said)) == (
        "tool_result: expected 'run_tests' with content text that contains 'failed', got run_tests with content 'green'"
    )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (
            {"user": {"equals": f"{LONG}cd"}},
            "first difference at character 201: expected 'aaaaaaaaaacd', got 'aaaaaaaaaab'",
        ),
        ({"user": {"equals": LONG}}, "first difference at character 201: expected 'aaaaaaaaaa', got 'aaaaaaaaaab'"),
        ({"user": {"equals": f"c{LONG}"}}, ""),
        ({"user": {"equals": [f"{LONG}c", f"{LONG}d"]}}, ""),
        (
            {"headers": {"x-id": f"{LONG}c"}},
            "first difference at character 201: expected 'aaaaaaaaaac', got 'aaaaaaaaaad'",
        ),
        ({"headers": {"x-other": f"{LONG}c"}}, ""),
        ({"headers": {"x-id": f"{LONG}c*"}}, ""),
        (
            {"body": {"metadata": {"user_id": LONG, "tags": [1, 2]}, "stream": False}},
            "first difference at metadata.tags[1]: expected 2, got 3",
        ),
        (
            {"body": {"metadata": {"user_id": LONG, "tags": [1, 3, 4]}}},
            "first difference at metadata.tags[2]: expected 4, got nothing",
        ),
        (
            {"body": {"metadata": {"user_id": f"{LONG}x", "tags": [1, 3]}}},
            "first difference at metadata.user_id, character 201: expected 'aaaaaaaaaax', got 'aaaaaaaaaa'",
        ),
        (
            {"body": {"metadata": {"user_id": LONG, "tags": [1, 3], "n": None}}},
            "first difference at metadata.n: expected nothing, got nothing",
        ),
        (
            {"body": {"metadata": {"tags": [1, 3]}}},
            f"first difference at metadata.user_id: expected nothing, got '{'a' * 78}…",
        ),
        ({"body": ["missing", {"metadata": {}}]}, ""),
        ({"body": "missing"}, ""),
        ({"body": {"max_tokens": 1}}, ""),
    ],
)
def test_difference_that_is_not_shown_is_located(when: dict[str, Any], expected: str) -> None:
    metadata = {"user_id": LONG, "tags": [1, 3]}
    said = conversation(f"{LONG}b", stream=False, metadata=metadata, headers={"x-id": f"{LONG}d"})

    assert hint(when, said) == expected


KEY = f"sk-ant-api03-{'A' * 30}{{}}{'B' * 60}"
SENT, ACCEPTED = KEY.format("Qx7LmZ"), KEY.format("Zx7LmZ")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({"user": {"equals": f"{LONG} key: {ACCEPTED}"}}, "the text differs in a credential"),
        (
            {"user": {"equals": f"{LONG} key: {ACCEPTED}, please"}},
            "first difference at character 224: expected '[redacted], please', got '[redacted]'",
        ),
        ({"body": {"metadata": {"user_id": f"{LONG} {ACCEPTED}"}}}, "metadata.user_id differs in a credential"),
    ],
)
def test_difference_in_a_credential_is_not_shown(when: dict[str, Any], expected: str) -> None:
    said = conversation(f"{LONG} key: {SENT}", metadata={"user_id": f"{LONG} {SENT}"})

    assert hint(when, said) == expected


@pytest.mark.parametrize("begin", [80, 1_000, 4_095, 65_536])
def test_first_difference_of_long_texts_is_located(begin: int) -> None:
    common = "word " * begin
    expected, found = f"{common[:begin]}x{common}", f"{common[:begin]}y{common}"

    assert first_difference(expected, found).startswith(f"first difference at character {begin + 1}: ")
    assert calls(lambda: first_difference(expected, found)) < 100


@pytest.mark.slow
def test_hints_compare_a_bounded_number_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    def compare(_: str, names: list[str]) -> str:
        compared.append(len(names))
        return ""

    monkeypatch.setattr(hints, "did_you_mean", compare)
    said = conversation("x", tools=[{"name": f"tool_{n}"} for n in range(5_000)])

    assert hint({"tools": [f"get_{n}" for n in range(5_000)]}, said) == ""
    assert compared == [50] * 10


def test_a_tool_that_was_meant_is_named() -> None:
    assert hint({"tool_result": "get_wether"}, conversation(*TOOL_LOOP[:3])) == "did you mean 'get_weather'?"


def test_what_is_said_of_a_check_ends_with_its_hint() -> None:
    (condition,) = conditions(When.model_validate({"user": "monney"}))

    assert str(check_with_hint(condition, conversation("money"))) == (
        "user: expected text that contains 'monney', got 'money'; did you mean 'money'?"
    )
