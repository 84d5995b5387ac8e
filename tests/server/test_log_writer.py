"""Log lines are written together, after the entries of the journal file."""

from __future__ import annotations

import asyncio
import errno

import pytest

from mockclaude.journal.entry import JournalEntry
from mockclaude.server import log_writer
from mockclaude.server.log_writer import LogWriter
from tests.journal.entries import journal_entry
from tests.serving import PATIENCE

ENTRY = journal_entry(1, 0, "GET", "/", status=200, reason="index", seconds=0.001)


async def test_lines_that_come_together_are_written_together() -> None:
    lines: list[str] = []
    writer = LogWriter(lines.append, colour=False)
    writer.log(ENTRY)
    writer.log(journal_entry(2, 0, "GET", "/two", status=200, reason="index", seconds=0.001))
    assert lines == []

    writer.flush()
    writer.flush()
    assert lines == ["200        GET /  index  1.0 ms\n200        GET /two  index  1.0 ms"]


async def test_entries_are_written_if_their_lines_cannot_be() -> None:
    def fail(_: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    written: list[JournalEntry] = []
    writer = LogWriter(fail, written.extend, colour=False)
    writer.log(ENTRY)
    with pytest.raises(OSError, match="No space left"):
        writer.flush()

    assert written == [ENTRY]


async def test_lines_are_written_soon_without_a_flush() -> None:
    lines: asyncio.Queue[str] = asyncio.Queue()
    LogWriter(lines.put_nowait, colour=True).log(ENTRY)

    assert (await asyncio.wait_for(lines.get(), PATIENCE)).startswith("\x1b[32m200\x1b[0m ")


async def test_pending_entries_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_writer, "MAX_PENDING", 3)
    lines: list[str] = []
    writer = LogWriter(lines.append, colour=False)
    for _ in range(4):
        writer.log(ENTRY)

    assert [text.count("\n") + 1 for text in lines] == [3]
    writer.flush()
    assert len(lines) == 2
