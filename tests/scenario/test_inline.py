"""Rules that are given as data are checked like those of a file, whatever Python objects they hold."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from typing import Any
from unittest.mock import MagicMock

import anthropic
import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading import inline
from mockclaude.testing import MockClaude


def mistake(rule: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        inline.compile_rules(rule, "t.py:1")
    (found,) = caught.value.diagnostics
    return str(found)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("\ud83d", "str is not valid UTF-8: surrogates not allowed"),
        (2**64, "Integer exceeds 64-bit range"),
        ({1: 2}, "Dict key must be str"),
    ],
)
def test_what_json_cannot_carry_is_a_mistake(value: Any, problem: str) -> None:
    for rule in ({"reply": {"json": value}}, {"reply": "x", "when": {"body": {"a": value}}}):
        assert mistake(rule) == f"t.py:1: invalid data ({problem}); expected JSON data"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({1}, "not JSON data, got {1}; expected a string, number, boolean, null, list or mapping"),
        (b"x", "not JSON data, got b'x'; expected a string, number, boolean, null, list or mapping"),
        (
            re.compile(b"x"),
            "not JSON data, got re.compile(b'x'); expected a string, number, boolean, null, list or mapping",
        ),
        (date, "a function, got date; expected data; pass a function to `when` or `reply` by itself"),
        (partial(print), "a function, got partial; expected data; pass a function to `when` or `reply` by itself"),
        (ValueError, "an exception, got ValueError; expected a step, e.g. `{'error': 529}`"),
        (TimeoutError("x"), "an exception, got TimeoutError; expected a step, e.g. `{'error': 529}`"),
        (anthropic.RateLimitError, "an exception, got RateLimitError; expected a step, e.g. `{'error': 429}`"),
        (MagicMock(), "a mock, got MagicMock; expected data, e.g. `{'text': 'Hello'}`"),
    ],
)
def test_an_object_without_data_is_reported_with_its_path(value: Any, problem: str) -> None:
    assert mistake({"reply": value}) == f"t.py:1 (reply): {problem}"
    assert mistake({"sequence": ["x", {"json": [value]}]}) == f"t.py:1 (sequence.1.json.0): {problem}"


def test_each_object_without_data_is_reported() -> None:
    with pytest.raises(ScenarioError) as caught:
        inline.compile_rules({"sequence": [ValueError, "x", KeyError]}, "t.py:1")

    assert [str(found).partition(":1 ")[2][:12] for found in caught.value.diagnostics] == [
        "(sequence.0)",
        "(sequence.2)",
    ]


def test_a_tuple_is_a_list() -> None:
    assert mistake({"reply": "x", "when": ("user", "a")}) == (
        "t.py:1 (when): invalid value, got a list; expected a mapping, e.g. `{user: Hello}`"
    )


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (re.compile("W.o"), "Who?", True),
        (re.compile("W.o"), "who?", False),
        (re.compile("W.o", re.IGNORECASE), "who?", True),
        (re.compile("^b.c", re.MULTILINE | re.DOTALL), "a\nb\nc", True),
        (re.compile("a b", re.VERBOSE), "ab", True),
    ],
)
def test_a_compiled_pattern_is_a_regex(pattern: re.Pattern[str], text: str, matches: bool) -> None:
    with MockClaude() as mock, anthropic.Anthropic(base_url=mock.url, api_key="mock") as client:
        mock.when(user=pattern).reply("Yes.")
        mock.reply("No.")
        message = client.messages.create(
            model="claude-sonnet-5", max_tokens=9, messages=[{"role": "user", "content": text}]
        )

    assert [block.text for block in message.content if block.type == "text"] == ["Yes." if matches else "No."]


def test_three_events_are_not_swapped() -> None:
    assert mistake({"reply": "x", "fault": {"swap": ["ping", "ping", "ping"]}}) == (
        "t.py:1 (fault.swap): wrong number of items, got 3; expected at most 2"
    )


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"when": {"turn": 0}}, "when.turn"),
        ({"fault": {"error": 529, "occurrence": 0}}, "fault.occurrence"),
        ({"fault": {"error": 529, "occurrence": [1, 0]}}, "fault.occurrence.1"),
    ],
)
def test_turns_and_occurrences_count_from_one(options: dict[str, Any], place: str) -> None:
    assert mistake({"reply": "x", **options}) == f"t.py:1 ({place}): invalid value, got number 0; expected at least 1"


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("delay", "stall"),
        ("latency", "stall"),
        ("pause", "stall"),
        ("sleep", "stall"),
        ("timeout", "stall"),
        ("status", "error"),
        ("retry_after", "headers"),
        ("times", "occurrence"),
        ("attempts", "script"),
    ],
)
def test_words_of_other_tools_for_a_fault_are_understood(word: str, key: str) -> None:
    assert mistake({"reply": "x", "fault": {word: 1}}).endswith(f"; did you mean '{key}'?")
