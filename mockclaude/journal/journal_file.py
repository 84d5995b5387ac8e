"""The journal as a file of JSON lines, and its reader.

A line is torn if the server was killed or the disk was full during the write. The reader skips torn lines.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from mockclaude.journal.console import write_error
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json, log_fields


class JournalError(Exception):
    """A journal file is unwritable, unreadable or invalid."""


PRIVATE = 0o600
"""The mode of files with requests: only the owner may read them."""


class JournalFile:
    """Appends entries to a file that only its owner may read.

    Entries begin on a new line after a torn one. On a full disk, the server continues without its journal file and
    reports the error once on standard error.

    Raises:
        JournalError: The file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = open(path, "ab", buffering=0, opener=_open_private)  # noqa: SIM115 (it stays open)
            self._begin()
        except OSError as error:
            raise JournalError(f"{path}: cannot write this journal: {error.strerror}") from None

    def _begin(self) -> None:
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return
        if stat.S_IMODE(status.st_mode) & ~PRIVATE:
            self._make_private()
        if status.st_size and _last_byte(self._path) != b"\n":
            self._file.write(b"\n")
            self._warn("the last line is incomplete; new requests begin on the next line")

    def _make_private(self) -> None:
        try:
            self._path.chmod(PRIVATE)
        except OSError as error:
            self._warn(f"other users may read this journal: {error.strerror}; change its mode to 600")

    def _warn(self, problem: str) -> None:
        write_error(f"{self._path}: {problem}")

    def write(self, entries: Iterable[JournalEntry]) -> None:
        """Append the entries of requests to the API."""
        lines = b"".join([orjson.dumps(entry_to_json(entry)) + b"\n" for entry in entries if entry.endpoint])
        try:
            while lines and not self._file.closed:
                lines = lines[self._file.write(lines) :]
        except OSError as error:
            self._warn(f"the journal ends here: {error.strerror}")
            self.close()

    def close(self) -> None:
        """Close the file. Later entries are ignored."""
        self._file.close()


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)


class RecordedEntry(NamedTuple):
    """An entry of a file, with the number of its line from 1."""

    line: int
    data: dict[str, Any]


def read_journal(path: Path, warn: Callable[[str], None]) -> list[RecordedEntry]:
    """Read the entries of a file.

    Args:
        path: The file. Its first line may be the end of an entry, as after a rotation.
        warn: Called with a warning for each torn line.

    Raises:
        JournalError: The file cannot be read, or a line is not an entry.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise JournalError(f"{path}: cannot read this journal: {error.strerror}") from None
    placed = [(number, f"{path}:{number}", line.strip()) for number, line in enumerate(lines, 1)]
    entries: list[RecordedEntry] = []
    torn: JournalError | None = None
    for number, place, line in placed:
        try:
            data = _entries(place, line, warn) if line else []
        except JournalError as error:
            if number > 1:
                raise torn or error from None
            torn = error
        else:
            entries += [RecordedEntry(number, entry) for entry in data]
    if torn:
        if not entries:
            raise torn
        warn(f"{path}:1: incomplete entry, {len(lines[0])} bytes without their beginning; it is left out")
    return entries


BEGIN = b'{"number":'
"""The start of every entry. Quotes are escaped within an entry, so it appears nowhere else."""


def _entries(place: str, line: bytes, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the entries of a line: several if two servers wrote at the same time, or after a torn entry."""
    try:
        return [_check_entry(place, orjson.loads(line))]
    except orjson.JSONDecodeError:
        begin = line.find(BEGIN)
        if begin < 0 and not BEGIN.startswith(line.strip(b"\0")):
            raise _entry_error(place) from None
    head, *rest = line.split(BEGIN)
    entries: list[dict[str, Any]] = []
    torn = len(head)
    for part in rest:
        try:
            entries.append(_check_entry(place, orjson.loads(BEGIN + part)))
        except orjson.JSONDecodeError:
            torn += len(BEGIN) + len(part)
    if torn:
        warn(f"{place}: incomplete entry, {torn} bytes without their end; it is left out")
    return entries


def _check_entry(place: str, data: Any) -> dict[str, Any]:
    try:
        log_fields(data)
    except (KeyError, TypeError):
        raise _entry_error(place) from None
    return data  # type: ignore[no-any-return]


def _entry_error(place: str) -> JournalError:
    return JournalError(f"{place}: not a journal entry; expected a JSON line written by `serve --journal`")
