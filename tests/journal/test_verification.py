"""What a test is told of what was asked: how many questions held, and why the closest of the others did not."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import Times, Verified, verify
from mockclaude.scenario.loading.loader import load_text
from tests.journal.entries import journal_entry
from tests.journal.test_journal import entry, when

HELLO = load_text("rules: [{name: hello, reply: Hi!}]").rules[0]
ASKED = [entry(1, "Hello", rule=HELLO), entry(2, "Hello again", rule=HELLO), entry(3, "Bye", status=404)]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (Times(), "at least 1 question"),
        (Times(2), "at least 2 questions"),
        (Times(1, 1), "exactly 1 question"),
        (Times(0, 0), "no question"),
        (Times(1, 3), "1 to 3 questions"),
        (Times(0, 3), "at most 3 questions"),
    ],
)
def test_how_often_is_said_as_a_person_says_it(times: Times, said: str) -> None:
    assert str(times) == said


@pytest.mark.parametrize(
    ("wanted", "times", "ok"),
    [
        ({}, 3, True),
        ({}, 2, False),
        ({"user": "Hello"}, 2, True),
        ({"user": "Hello"}, 1, False),
        ({"user": "Hello"}, Times(), True),
        ({"user": "Hello"}, Times(1, 2), True),
        ({"user": "Hello"}, Times(3), False),
        ({"user": "Hello"}, Times(0, 1), False),
        ({"user": "nothing"}, Times(), False),
        ({"user": "nothing"}, 0, True),
    ],
)
def test_questions_are_counted(wanted: dict[str, Any], times: int | Times, ok: bool) -> None:
    assert verify(ASKED, when(**wanted), times).ok is ok


def test_a_message_says_what_was_wanted_and_how_many_there_were() -> None:
    assert verify(ASKED, when(user="Hello", stream=False), 2) == Verified(
        True, "wanted exactly 2 questions with stream: false; user: a text with 'Hello', got 2 of the 3 that were asked"
    )
    assert verify(ASKED[:1], ()).message == "wanted at least 1 question, got 1 of the one that was asked"
    assert verify([], ()) == Verified(False, "wanted at least 1 question, got none: nothing was asked")


def test_where_too_few_held_each_condition_of_the_closest_other_is_told() -> None:
    assert verify(ASKED, when(user="Hello", model="claude-opus-*", turn=1)).message.splitlines() == [
        "wanted at least 1 question with model: 'claude-opus-*'; turn: 1; user: a text with 'Hello', "
        "got none of the 3 that were asked",
        "the closest of the others is request 2, answered by 'hello' (scenario.yaml:1:9):",
        "  failed model: wanted 'claude-opus-*', got 'claude-sonnet-5'",
        "  held   turn: wanted 1, got 1",
        "  held   user: wanted a text with 'Hello', got 'Hello again'",
    ]


def test_where_too_many_held_they_are_named() -> None:
    assert verify(ASKED, when(model="*"), 0).message.splitlines() == [
        "wanted no question with model: '*', got 3 of the 3 that were asked",
        "  request 1, answered by 'hello' (scenario.yaml:1:9)",
        "  request 2, answered by 'hello' (scenario.yaml:1:9)",
        "  request 3, answered with a 404",
    ]


def test_where_all_held_and_more_were_wanted_there_is_no_closest() -> None:
    assert verify(ASKED, (), 4).message == "wanted exactly 4 questions, got 3 of the 3 that were asked"


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"messages": []}', orjson.dumps({"messages": [], "model": "x", "tools": [1]})]
)
def test_what_is_no_message_is_counted_and_told(body: bytes) -> None:
    asked = [journal_entry(body=body)]
    verified = verify(asked, when(tools="x", model="x"))

    assert verified.message.splitlines()[1:] == [
        "1 question could not be read: no message, or one that was too long to keep"
    ]


def test_what_is_no_message_is_never_found() -> None:
    journal = Journal()
    journal.keep(entry(body=b'{"messages": []}', body_size=16))

    assert journal.find(when(model="x")) == []


def test_what_the_journal_has_forgotten_is_told_where_it_matters() -> None:
    assert verify([], (), 1, forgotten=7).message.splitlines()[1:] == ["the journal has forgotten 7 older requests"]
    assert verify(ASKED, (), 3, forgotten=7).message == "wanted exactly 3 questions, got 3 of the 3 that were asked"
