"""A run of requests is summarized in a few lines."""

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


def test_summary_without_requests() -> None:
    assert str(summary()) == "mockclaude: no requests"


def test_unmatched_requests_are_grouped_by_reason() -> None:
    told = summary((410, "none"), (410, "other"), (410, "none"))

    assert told.unmatched == 3
    assert str(told).splitlines()[1:] == ["unmatched, 2 times: none", "unmatched: other"]


def test_reasons_beyond_the_first_are_counted() -> None:
    told = summary(*((410, str(number)) for number in range(12)))

    assert str(told).splitlines()[-2:] == ["unmatched: 9", "and 2 more reasons"]


def test_stale_requests_that_were_answered_are_named() -> None:
    told = Summary()
    for note in ("stale: system differs", "stale: system differs", "another note"):
        told.add(journal_entry(status=200, reason="'tide' (tide.yaml:3:5)", notes=(note,)))

    assert str(told).splitlines()[1:] == ["stale, 2 times: 'tide' (tide.yaml:3:5): system differs"]
    assert told.stale == 0
