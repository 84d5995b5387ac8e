"""Subscribers of the journal are called for each event; nothing that they do changes a response."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Event, Journal
from mockclaude.testing import MessagesRequest, MockClaude
from tests.conftest import Serve
from tests.journal.entries import journal_entry
from tests.serving import Running, post, request

EVENTS: tuple[Event, ...] = ("decided", "grown", "ended")


def record(journal: Journal) -> list[tuple[Event, JournalEntry]]:
    """Return the list to which the journal's events are added."""
    events: list[tuple[Event, JournalEntry]] = []

    def subscribe(event: Event) -> None:
        journal.subscribe(event, lambda entry: events.append((event, entry)))

    for event in EVENTS:
        subscribe(event)
    return events


def test_request_is_decided_and_ended(serve: Serve) -> None:
    events = record(journal := Journal())
    server = serve("rules: [{reply: Hi!}]", journal=journal)
    server.ask(post())
    server.line()

    (entry,) = journal.entries()
    assert events == [("decided", entry), ("ended", entry)]


def test_page_at_the_root_and_failed_admin_request_only_end(serve: Serve) -> None:
    events = record(journal := Journal())
    server = serve("rules: [{reply: Hi!}]", journal=journal)
    for path in ("/", "/_mockclaude/nothing", "/_mockclaude/health"):
        server.ask(request("GET", path))

    server.line(), server.line()
    assert [(event, entry.path, entry.status) for event, entry in events] == [
        ("ended", "/", 200),
        ("ended", "/_mockclaude/nothing", 404),
    ]


def test_response_of_a_generator_grows_before_it_ends() -> None:
    def count(_: MessagesRequest) -> Iterator[str]:
        yield "One, "
        yield "two."

    with MockClaude() as mock:
        mock.reply(count)
        events = record(mock._server.journal)
        Running(int(mock.url.rpartition(":")[2])).ask(post(stream=True))
        mock._wait_until_journaled()

    (entry,) = mock.journal
    assert events == [("decided", entry), ("grown", entry), ("ended", entry)]
    assert b"two." in (entry.response or b"")


@pytest.mark.parametrize("event", ["decided", "ended"])
def test_exception_of_a_subscriber_is_logged_and_changes_nothing(
    serve: Serve, caplog: pytest.LogCaptureFixture, event: Event
) -> None:
    def fail(_: JournalEntry) -> None:
        raise ValueError("boom")

    journal = Journal()
    journal.subscribe(event, fail)
    events = record(journal)
    server = serve("rules: [{reply: Hi!}]", journal=journal)
    status = server.ask(post()).status
    server.line()

    assert (status, [name for name, _ in events]) == (200, ["decided", "ended"])
    (logged,) = caplog.record_tuples
    assert logged == ("mockclaude.journal.journal", logging.ERROR, "a subscriber of the journal failed at request 1")
    assert "ValueError: boom" in caplog.text
    caplog.clear()


def test_subscription_ends_alone() -> None:
    journal, first, second = Journal(), list[JournalEntry](), list[JournalEntry]()
    unsubscribe = journal.subscribe("ended", first.append)
    journal.subscribe("ended", second.append)
    journal.end(entry := journal_entry())
    unsubscribe()
    journal.end(entry)

    assert (first, second) == ([entry], [entry, entry])
