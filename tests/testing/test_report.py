"""What a failing test is told of its requests."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.loading import inline
from mockclaude.scenario.rules import Rule
from mockclaude.testing.report import told
from tests.journal.entries import journal_entry

HELLO = b'{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}'


def entry(number: int, **fields: Any) -> JournalEntry:
    return journal_entry(number, **{"body": HELLO, "status": 200, "reason": "x", **fields})


def rule(**when: Any) -> Rule:
    return inline.compile_rules({"when": when, "reply": "Hi!"}, "test_chat.py:7").scenario.rules[0]


def test_a_request_that_cannot_be_read_is_told_without_what_it_said() -> None:
    entry = journal_entry(body=b"{", status=400, reason="broken")

    assert told([entry]) == "1. 400        POST /v1/messages  broken  0.0 ms"


def test_of_many_requests_the_newest_are_told_and_those_that_no_rule_answered() -> None:
    entries = [entry(number, unmatched=number == 3, body=b"{") for number in range(1, 101)]
    lines = told(entries).splitlines()

    assert lines[0] == "49 earlier requests were answered, and are left out"
    assert [int(line.partition(".")[0]) for line in lines[1:]] == [3, *range(51, 101)]


OTHER = rule(user="Hello")


@pytest.mark.parametrize(
    ("unused", "lines"),
    [
        (rule(user="Hello"), ["   shadowed by test_chat.py:7 in request 1"]),
        (
            rule(user="Hallo"),
            [
                "   expected at least 1 request with user: text that contains 'Hallo', got 0 (of 1 received)",
                "   near miss: request 1 (rule test_chat.py:7)",
                "     FAIL user: expected text that contains 'Hallo', got 'Hello'; did you mean 'Hello'?",
            ],
        ),
        (Rule("r", OTHER.place, (Condition("function", "f() to be true", id, bool),)), []),
    ],
)
def test_a_rule_that_answered_nothing_is_told_with_the_reason(unused: Rule, lines: list[str]) -> None:
    assert told([entry(1, rule=OTHER)], [unused]).splitlines()[2:] == ["never used: test_chat.py:7", *lines]


def test_what_was_refused_is_no_reason() -> None:
    assert told([entry(1, status=400)], [OTHER]).splitlines()[2:] == ["never used: test_chat.py:7"]


@pytest.mark.parametrize(("text", "said"), [("", []), ("Well?", ["   user: 'Well?'"])])
def test_the_results_of_tools_are_told(text: str, said: list[str]) -> None:
    use = {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "sunny"}
    turn = [result, *([{"type": "text", "text": text}] if text else [])]
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": turn},
    ]
    body = orjson.dumps({"model": "m", "messages": messages})

    assert told([entry(1, body=body, body_size=len(body))]).splitlines()[1:] == [
        *said,
        "   result of get_weather: 'sunny'",
    ]
