"""The report of the requests of a failed test."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.loading import inline
from mockclaude.scenario.rules import Rule
from mockclaude.testing.report import format_report
from tests.journal.entries import journal_entry

HELLO = b'{"model": "m", "messages": [{"role": "user", "content": "Hello"}]}'


def entry(number: int, **fields: Any) -> JournalEntry:
    return journal_entry(number, **{"body": HELLO, "status": 200, "reason": "x", **fields})


def rule(**when: Any) -> Rule:
    return inline.compile_rules({"when": when, "reply": "Hi!"}, "test_chat.py:7").scenario.rules[0]


def test_unreadable_request_is_reported_without_content() -> None:
    entry = journal_entry(body=b"{", status=400, reason="broken")

    assert format_report([entry]) == "1. 400        POST /v1/messages  broken  0.0 ms"


def test_report_has_the_newest_and_all_unmatched_requests() -> None:
    entries = [entry(number, unmatched=number == 3, body=b"{") for number in range(1, 101)]
    lines = format_report(entries).splitlines()

    assert lines[0] == "49 earlier requests omitted"
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
def test_unused_rule_is_reported_with_the_reason(unused: Rule, lines: list[str]) -> None:
    assert format_report([entry(1, rule=OTHER)], [unused]).splitlines()[2:] == [
        "never selected: test_chat.py:7",
        *lines,
    ]


def test_refused_request_is_not_a_reason() -> None:
    assert format_report([entry(1, status=400)], [OTHER]).splitlines()[2:] == ["never selected: test_chat.py:7"]


@pytest.mark.parametrize(("text", "lines"), [("", []), ("Well?", ["   user: 'Well?'"])])
def test_tool_results_are_reported(text: str, lines: list[str]) -> None:
    use = {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "sunny"}
    turn = [result, *([{"type": "text", "text": text}] if text else [])]
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": [use]},
        {"role": "user", "content": turn},
    ]
    body = orjson.dumps({"model": "m", "messages": messages})

    assert format_report([entry(1, body=body, body_size=len(body))]).splitlines()[1:] == [
        *lines,
        "   result of get_weather: 'sunny'",
    ]
