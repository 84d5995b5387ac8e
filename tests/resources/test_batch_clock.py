"""What the clock reveals of a batch: its status, its counts, its lines."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.resources.batch_views import (
    ARCHIVED_US,
    DAY_US,
    BatchFacts,
    build_line,
    draw_order,
    has_results,
    view_batch,
    view_results,
)

SECOND = 1_000_000
START = 1_795_000_000 * SECOND + 493_319
URL = "http://127.0.0.1:4141/v1/messages/batches/msgbatch_a/results"

TIMED = BatchFacts(START, 90 * SECOND, 0, "as_sent", "sssee")
POLLED = BatchFacts(START, None, 0, "as_sent", "sss")


def view(facts: BatchFacts, seconds: float = 0) -> dict[str, Any]:
    """Return the view some seconds after the creation."""
    return view_batch("msgbatch_a", facts, START + int(seconds * SECOND), URL)


def counts(facts: BatchFacts, seconds: float = 0) -> dict[str, int]:
    """Return the counts above 0."""
    return {kind: count for kind, count in view(facts, seconds)["request_counts"].items() if count}


def content(count: int) -> bytes:
    """Return the lines of succeeded items."""
    return b"".join(build_line(str(index), {"type": "succeeded"}) + b"\n" for index in range(count))


def test_a_new_batch_has_the_keys_of_the_api_in_its_order() -> None:
    assert list(view(TIMED).items()) == [
        ("id", "msgbatch_a"),
        ("type", "message_batch"),
        ("processing_status", "in_progress"),
        ("request_counts", {"processing": 5, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}),
        ("ended_at", None),
        ("created_at", "2026-11-18T11:06:40.493319+00:00"),
        ("expires_at", "2026-11-19T11:06:40.493319+00:00"),
        ("archived_at", None),
        ("cancel_initiated_at", None),
        ("results_url", None),
    ]


def test_the_clock_ends_a_batch() -> None:
    assert counts(TIMED, 89) == {"processing": 5}
    ended = view(TIMED, 90)
    assert ended["processing_status"] == "ended"
    assert ended["ended_at"] == view(TIMED, 1_000)["ended_at"] == "2026-11-18T11:08:10.493319+00:00"
    assert ended["results_url"] == URL
    assert counts(TIMED, 90) == {"succeeded": 3, "errored": 2}
    assert TIMED.poll(START) == TIMED, "a poll changes nothing"


def test_a_poll_ends_a_batch_without_a_duration() -> None:
    assert view(POLLED, 3600)["processing_status"] == "in_progress"
    assert not has_results(POLLED, START)
    ended = POLLED.poll(START + 5)
    assert ended.ended_us == START + 5
    assert ended.poll(START + 9) == ended
    assert has_results(ended, START + 5)


@pytest.mark.parametrize("takes", [None, 90 * SECOND])
def test_polls_find_a_batch_in_progress(takes: int | None) -> None:
    facts = BatchFacts(START, takes, 2, "drawn", "s")
    seen = []
    for seconds in (10, 20, 95, 100):
        facts = facts.poll(START + seconds * SECOND)
        seen.append(view(facts, seconds)["processing_status"])
    assert seen == ["in_progress", "in_progress", "ended", "ended"]


def test_polls_alone_do_not_shorten_the_duration() -> None:
    facts = BatchFacts(START, 90 * SECOND, 1, "drawn", "s")
    for seconds in (1, 2, 3):
        facts = facts.poll(START + seconds * SECOND)
    assert view(facts, 3)["processing_status"] == "in_progress"


def test_a_cancellation_keeps_what_has_finished() -> None:
    canceled = TIMED.cancel(START + 40 * SECOND)
    assert counts(canceled, 40) == {"processing": 5}
    assert view(canceled, 40)["processing_status"] == "canceling"
    assert view(canceled, 40)["cancel_initiated_at"] == "2026-11-18T11:07:20.493319+00:00"
    assert canceled.cancel(START + 50 * SECOND) == canceled
    ended = canceled.poll(START + 41 * SECOND)
    assert counts(ended, 41) == {"succeeded": 2, "canceled": 3}
    assert view(ended, 41)["ended_at"] == "2026-11-18T11:07:21.493319+00:00"
    lines = [orjson.loads(line) for line in view_results("msgbatch_a", ended, content(5)).splitlines()]
    assert [line["result"]["type"] for line in lines] == ["succeeded"] * 2 + ["canceled"] * 3
    assert lines[-1] == {"custom_id": "4", "result": {"type": "canceled"}}


def test_a_batch_that_a_poll_ends_has_finished_nothing_when_it_is_canceled() -> None:
    assert counts(POLLED.cancel(START).poll(START)) == {"canceled": 3}


def test_a_cancellation_after_the_end_changes_nothing() -> None:
    assert TIMED.cancel(START + 90 * SECOND) == TIMED


def test_what_has_not_run_after_a_day_expires() -> None:
    slow = BatchFacts(START, 48 * 3600 * SECOND, 0, "as_sent", "ssss")
    assert view(slow, 86_399)["processing_status"] == "in_progress"
    ended = view(slow, 86_400)
    assert (ended["processing_status"], ended["ended_at"]) == ("ended", ended["expires_at"])
    assert counts(slow, 86_400) == {"succeeded": 2, "expired": 2}
    assert b'{"custom_id":"3","result":{"type":"expired"}}\n' in view_results("msgbatch_a", slow, content(4))


def test_results_are_archived_after_29_days() -> None:
    days = ARCHIVED_US / SECOND
    assert view(TIMED, days - 1)["results_url"] == URL
    archived = view(TIMED, days)
    assert (archived["archived_at"], archived["results_url"]) == ("2026-12-17T11:06:40.493319+00:00", None)
    assert has_results(TIMED, START + ARCHIVED_US - 1)
    assert not has_results(TIMED, START + ARCHIVED_US)


def test_an_empty_batch_has_no_lines() -> None:
    assert view_results("msgbatch_a", BatchFacts(START, 0, 0, "drawn", ""), b"") == b""


@given(batch_id=st.text(max_size=9), count=st.integers(0, 60))
def test_the_order_is_drawn_and_never_that_of_the_requests(batch_id: str, count: int) -> None:
    order = list(draw_order(batch_id, count))
    assert sorted(order) == list(range(count))
    assert order == list(draw_order(batch_id, count))
    assert count < 2 or order != sorted(order)


@given(
    takes=st.none() | st.integers(0, 3 * DAY_US),
    polls=st.integers(0, 3),
    kinds=st.text("secx", min_size=1, max_size=6),
    steps=st.lists(st.tuples(st.integers(0, DAY_US), st.sampled_from(["poll", "cancel", "look"])), max_size=8),
)
def test_a_batch_never_goes_back(takes: int | None, polls: int, kinds: str, steps: list[tuple[int, str]]) -> None:
    facts, now = BatchFacts(START, takes, polls, "drawn", kinds), START
    stages, seen = ["in_progress", "canceling", "ended"], [0]
    for wait, step in steps:
        now += wait
        facts = facts.cancel(now) if step == "cancel" else facts.poll(now) if step == "poll" else facts
        facts = BatchFacts.from_json(facts.to_json())
        shown = view_batch("b", facts, now, URL)
        seen.append(stages.index(shown["processing_status"]))
        assert sum(shown["request_counts"].values()) == len(kinds)
        assert (shown["ended_at"] is None) == (shown["processing_status"] != "ended")
        assert shown["processing_status"] == "ended" or shown["request_counts"]["processing"] == len(kinds)
        assert view_results("b", facts, content(len(kinds))).count(b"\n") == len(kinds)
    assert seen == sorted(seen)
    assert facts.status(START + DAY_US) == "ended"
