"""The journal entries of the items of a batch, which follow the entry of the create call."""

from __future__ import annotations

from collections.abc import Iterator

from mockclaude.engine.decision import DecidedBatch
from mockclaude.engine.slices import Slices
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.wire.script import Script


def keep_items(journal: Journal, created: JournalEntry, batch: DecidedBatch, numbers: Iterator[int]) -> Slices[None]:
    """Journal the items of a batch, each in a slice. They have ended, without bytes.

    Args:
        journal: The journal.
        created: The entry of the create call.
        batch: The batch that it has created.
        numbers: The numbers of the next entries.
    """
    for http, decision in batch.items:
        entry = JournalEntry(next(numbers), created.at, created.method, created.path, http.headers)
        entry.batch = batch.id, http.head.custom_id or ""
        entry.record_decision(decision, Script(decision.response.status, ()), journal.max_body)
        entry.record_request(http, created.scenario, journal.max_body)
        entry.ending = ""
        journal.keep(entry)
        journal.end(entry)
        yield
