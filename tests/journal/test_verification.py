"""A verification counts the matching requests and explains the near miss."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import CountRange, VerificationResult, verify
from mockclaude.scenario.loading.loader import load_text
from tests.journal.entries import journal_entry
from tests.journal.test_journal import entry, when

HELLO = load_text("rules: [{name: hello, reply: Hi!}]").rules[0]
ASKED = [entry(1, "Hello", rule=HELLO), entry(2, "Hello again", rule=HELLO), entry(3, "Bye", status=404)]


@pytest.mark.parametrize(
    ("times", "text"),
    [
        (CountRange(), "at least 1 request"),
        (CountRange(2), "at least 2 requests"),
        (CountRange(1, 1), "1 request"),
        (CountRange(0, 0), "0 requests"),
        (CountRange(1, 3), "1 to 3 requests"),
        (CountRange(0, 3), "at most 3 requests"),
    ],
)
def test_count_range_is_described(times: CountRange, text: str) -> None:
    assert str(times) == text


@pytest.mark.parametrize(
    ("wanted", "times", "ok"),
    [
        ({}, 3, True),
        ({}, 2, False),
        ({"user": "Hello"}, 2, True),
        ({"user": "Hello"}, 1, False),
        ({"user": "Hello"}, CountRange(), True),
        ({"user": "Hello"}, CountRange(1, 2), True),
        ({"user": "Hello"}, CountRange(3), False),
        ({"user": "Hello"}, CountRange(0, 1), False),
        ({"user": "nothing"}, CountRange(), False),
        ({"user": "nothing"}, 0, True),
    ],
)
def test_matching_requests_are_counted(wanted: dict[str, Any], times: int | CountRange, ok: bool) -> None:
    assert verify(ASKED, when(**wanted), times).ok is ok


def test_message_has_the_expected_and_the_actual_count() -> None:
    assert verify(ASKED, when(user="Hello", stream=False), 2) == VerificationResult(
        True, "expected 2 requests with stream: false; user: text that contains 'Hello', got 2 (of 3 received)"
    )
    assert verify(ASKED[:1], ()).message == "expected at least 1 request, got 1 (of 1 received)"
    assert verify([], ()) == VerificationResult(False, "expected at least 1 request, got 0 (of 0 received)")


def test_message_has_each_condition_of_the_near_miss() -> None:
    assert verify(ASKED, when(user="Hello", model="claude-opus-*", turn=1)).message.splitlines() == [
        "expected at least 1 request with model: 'claude-opus-*'; turn: 1; user: text that contains 'Hello', "
        "got 0 (of 3 received)",
        "near miss: request 2 (rule 'hello' (scenario.yaml:1:9))",
        "  FAIL model: expected 'claude-opus-*', got 'claude-sonnet-5'",
        "  ok   turn: expected 1, got 1",
        "  ok   user: expected text that contains 'Hello', got 'Hello again'",
    ]


def test_message_names_requests_that_are_too_many() -> None:
    assert verify(ASKED, when(model="*"), 0).message.splitlines() == [
        "expected 0 requests with model: '*', got 3 (of 3 received)",
        "  request 1 (rule 'hello' (scenario.yaml:1:9))",
        "  request 2 (rule 'hello' (scenario.yaml:1:9))",
        "  request 3 (status 404)",
    ]


def test_message_has_no_near_miss_if_all_requests_match() -> None:
    assert verify(ASKED, (), 4).message == "expected 4 requests, got 3 (of 3 received)"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"messages": []}', orjson.dumps({"messages": [], "model": "x", "tools": [1]})]
)
def test_request_with_an_invalid_body_is_not_compared(body: bytes) -> None:
    asked = [journal_entry(body=body)]
    verified = verify(asked, when(tools="x", model="x"))

    assert verified.message.splitlines()[1:] == [
        "not compared: 1 request with an invalid body, or one that was truncated in the journal"
    ]


def test_request_with_an_invalid_body_is_not_found() -> None:
    journal = Journal()
    journal.keep(entry(body=b'{"messages": []}', body_size=16))

    assert journal.find(when(model="x")) == []


def test_message_of_a_failure_counts_dropped_requests() -> None:
    assert verify([], (), 1, dropped=7).message.splitlines()[1:] == [
        "not compared: 7 older requests, dropped from the journal"
    ]
    assert verify(ASKED, (), 3, dropped=7).message == "expected 3 requests, got 3 (of 3 received)"


WITHOUT_TYPE = entry(
    1, body=b'{"model": "m", "messages": [{"role": "user", "content": [{"text": "Hello"}]}]}', status=400
)


def test_a_refused_request_that_a_condition_cannot_read_does_not_match() -> None:
    journal = Journal()
    journal.keep(WITHOUT_TYPE)

    assert journal.find(when(tool_result="look")) == []
    assert not verify([WITHOUT_TYPE], when(tool_result="look")).ok
