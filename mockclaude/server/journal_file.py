"""The journal as a file of JSON lines: written while a server runs, read back without one.

In: entries, or a file. Out: lines, or the data of each. Knows nothing of what is done with them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from mockclaude.server.journal import Entry
from mockclaude.server.journal_data import as_data, logged


class JournalError(Exception):
    """A file that cannot be written, or is no journal; says which, and what to do."""


class JournalFile:
    """Appends entries to a file. Raises `JournalError` where it cannot be written.

    A server outlives its journal: when the disk is full, that is told on standard error, once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise JournalError(f"{path}: cannot write this journal: {error.strerror}") from None

    def write(self, entries: Iterable[Entry]) -> None:
        """Append what of `entries` was asked of the API."""
        lines = [orjson.dumps(as_data(entry)) + b"\n" for entry in entries if entry.endpoint]
        if lines and not self._file.closed:
            try:
                self._file.write(b"".join(lines))
            except OSError as error:
                sys.stderr.write(f"{self._path}: the journal ends here: {error.strerror}\n")
                self.close()

    def close(self) -> None:
        """Write nothing more."""
        self._file.close()


class Recorded(NamedTuple):
    """An entry of a file: its line, counted from 1, and its data."""

    line: int
    data: dict[str, Any]


def read_journal(path: Path) -> list[Recorded]:
    """Return the entries of a file. Raises `JournalError` with the first line that is none."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise JournalError(f"{path}: cannot read this journal: {error.strerror}") from None
    return [Recorded(number, _entry(f"{path}:{number}", line)) for number, line in enumerate(lines, 1) if line.strip()]


def _entry(place: str, line: bytes) -> dict[str, Any]:
    try:
        data: dict[str, Any] = orjson.loads(line)
        logged(data)
    except (ValueError, KeyError, TypeError):
        raise JournalError(f"{place}: this is no entry of a journal; expected a line of `serve --journal`") from None
    return data
