"""A run of requests is summarized in a few lines."""

from __future__ import annotations

from mockclaude.engine.reply_inputs import STALE
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


def test_answered_stale_requests_are_warnings() -> None:
    told = Summary()
    for number in [*range(11), 0]:
        told.add(journal_entry(status=200, reason=f"'{number}'", notes=("seed 0", f"{STALE}system differs")))

    assert str(told).splitlines()[1:3] == [
        "warning, 2 times: '0': stale: system differs",
        "warning: '1': stale: system differs",
    ]
    assert str(told).splitlines()[-1] == "and 1 more warnings"
