"""Log lines of ended requests, written in batches: a write for each line takes longer than a request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from mockclaude.journal.console import log_line
from mockclaude.journal.entry import JournalEntry

FLUSH_AFTER = 0.05
"""The maximum number of seconds before a line is written."""

MAX_PENDING = 1_000
"""The number of waiting entries at which all are written."""

WriteEntries: TypeAlias = Callable[[Sequence[JournalEntry]], Any]


class LogWriter:
    """Writes ended requests in batches.

    Args:
        write: Called with the log lines of a batch.
        write_entries: Called before with the entries of the batch.
        colour: Whether log lines have colours.
    """

    def __init__(self, write: Callable[[str], Any], write_entries: WriteEntries | None = None, *, colour: bool) -> None:
        self._write = write
        self._write_entries = write_entries
        self._colour = colour
        self._pending: list[JournalEntry] = []

    def log(self, entry: JournalEntry) -> None:
        """Write `entry` within `FLUSH_AFTER` seconds."""
        if not self._pending:
            asyncio.get_running_loop().call_later(FLUSH_AFTER, self.flush)
        self._pending.append(entry)
        if len(self._pending) >= MAX_PENDING:
            self.flush()

    def flush(self) -> None:
        """Write all pending entries."""
        entries, self._pending = self._pending, []
        if entries:
            if self._write_entries:
                self._write_entries(entries)
            logged = [entry for entry in entries if entry.batch is None]  # the create call counts its items
            if logged:
                self._write("\n".join(log_line(entry, colour=self._colour) for entry in logged))
