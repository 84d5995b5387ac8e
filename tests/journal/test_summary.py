"""What a run of requests came to is told in a few lines."""

from __future__ import annotations

from mockclaude.journal.summary import Summary
from tests.journal.entries import journal_entry


def summary(*entries: tuple[int, str]) -> Summary:
    made = Summary()
    for status, reason in entries:
        unmatched = status == 410
        made.add(journal_entry(status=status, reason=reason, unmatched=unmatched))
    return made


def test_requests_are_counted_by_status() -> None:
    assert str(summary((200, "a"), (529, "b"), (200, "c"), (0, "d"))) == (
        "mockclaude: 4 requests (200: 2, 529: 1, no response: 1)"
    )
    assert str(summary((200, "a"))) == "mockclaude: 1 request (200: 1)"


def test_a_run_without_requests_says_so() -> None:
    assert str(summary()) == "mockclaude: no requests"


def test_what_no_rule_answered_is_told_once_for_each_reason() -> None:
    told = summary((410, "none"), (410, "other"), (410, "none"))

    assert told.unmatched == 3
    assert str(told).splitlines()[1:] == ["unmatched, 2 times: none", "unmatched: other"]


def test_of_many_reasons_the_first_ones_are_told() -> None:
    told = summary(*((410, str(number)) for number in range(12)))

    assert str(told).splitlines()[-2:] == ["unmatched: 9", "and 2 more reasons"]
