"""An entry keeps the bytes of a request and refers to its decision; it counts for the memory that it takes."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Mapping
from types import FunctionType, ModuleType

import pytest

from mockclaude.engine.decision import NO_RESPONSE
from mockclaude.engine.http_request import Head
from mockclaude.journal.entry import MAX_BODY, JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.scenario.rules import Rule
from mockclaude.server.request_body import MAX_BODY as WHOLE
from mockclaude.wire.script import Script, Send
from tests.conftest import Serve
from tests.journal.entries import journal_entry
from tests.serving import asking, http_request, post, request

BOUND = 2 * 1024 * 1024


def handled(number: int, body: int, writes: int, size: int, max_body: int) -> JournalEntry:
    """Return an entry of a request whose body and whose writes have so many bytes of their own."""
    headers = {"host": f"127.0.0.1:{number}"}
    script = Script(200, [Send(number + at, bytes(size) + b"%d" % at) for at in range(writes)])
    entry = JournalEntry(number, number * 1.5, "POST", "/v1/messages", headers)
    entry.record_decision(NO_RESPONSE._replace(reason="hello"), script, max_body)
    entry.record_request(http_request("POST", "/v1/messages", {}, headers, bytes(body), 0), "", max_body)
    entry.sent += [1_000 + number + at for at in range(writes)]
    return entry


@pytest.mark.parametrize(
    ("body", "writes", "size", "max_body"),
    [(200_000, 1, 1_000, MAX_BODY), (200_000, 1, 200_000, WHOLE), (200, 300, 50, MAX_BODY), (200, 300, 500, MAX_BODY)],
    ids=["long requests", "kept whole", "many writes", "many writes of a long response"],
)
def test_entries_take_no_more_memory_than_the_journal_counts(body: int, writes: int, size: int, max_body: int) -> None:
    journal = Journal(max_bytes=BOUND, max_body=max_body)
    journal.keep(handled(0, body, writes, size, max_body))  # what is compiled and cached once is no entry's memory
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(1, 200):
            journal.keep(handled(number, body, writes, size, max_body))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(journal) < 200
    assert taken < BOUND


def test_entry_holds_no_parsed_body(serve: Serve) -> None:
    journal = Journal()
    server = serve("rules: [{when: {user: Hello}, reply: '${{ user }}', fault: {drop: ping}}]", journal=journal)
    beta = {"anthropic_beta": "message-threads-2026-08-12"}
    server.ask(post(stream=True))
    server.ask(post("Bye"))
    server.ask(request("POST", "/v1/messages", asking(thread={"type": "create"}), **beta))

    for entry in journal.entries():
        assert not [found for found in reachable(entry) if isinstance(found, dict) and "messages" in found]


def reachable(entry: JournalEntry) -> list[object]:
    """Return the objects that an entry keeps alive, without code, rules and heads, which are there anyway."""
    waiting: list[object] = [entry]
    found: dict[int, object] = {}
    while waiting:
        value = waiting.pop()
        if id(value) not in found and not isinstance(value, (type, FunctionType, ModuleType, Rule, Head)):
            found[id(value)] = value
            waiting += gc.get_referents(value)
    return list(found.values())


@pytest.mark.parametrize("notes", [(), ("sk-ant-api03-abcdefgh",)])
def test_entry_keeps_no_credentials_in_its_texts(notes: tuple[str, ...]) -> None:
    entry = journal_entry(reason="no sk-ant-api03-abcdefgh", notes=notes)

    assert (entry.reason, entry.notes) == ("no sk-ant-[redacted]", tuple("sk-ant-[redacted]" for _ in notes))


def test_entry_redacts_the_name_of_its_rule(serve: Serve) -> None:
    entries = Journal()
    serve("rules: [{name: sk-ant-api03-abcdefgh, reply: Hello}]", journal=entries).ask(post())

    (entry,) = entries.entries()
    assert entry.reason.startswith("'sk-ant-[redacted]' (")


def test_entry_of_the_page_at_the_root_has_no_request() -> None:
    entry = JournalEntry(1, 0, "GET", "/", headers := {"accept": "text/html"})
    shown: Mapping[str, str] = entry.headers

    assert (entry.endpoint, entry.body, entry.is_question, shown) == ("", b"", False, headers)
    assert repr(entry) == "<JournalEntry 1: GET / -> 0>"
