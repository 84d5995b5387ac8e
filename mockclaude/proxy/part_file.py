"""`FILE.part`: the exchanges of a session so far, redacted, a line of JSON for each."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from mockclaude.proxy.recorder_settings import Action


class PartFile:
    """The file of one session. It is created with the first exchange.

    After an error of the disk, nothing more is written.

    Attributes:
        problem: The error of the disk; '' without one.
    """

    def __init__(self, path: Path, action: Action) -> None:
        self.problem = ""
        self._path = path
        self._head = _HEADS[action]
        self._file: IO[bytes] | None = None

    def append(self, line: bytes) -> None:
        """Append the line of an exchange, and write it to the disk."""
        if self.problem:
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._path.open("ab")
                self._file.write(self._head)
            self._file.write(_end(line))
            self._file.flush()
        except OSError as error:
            self._fail(error)

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Replace all lines: at each moment, the file has the old ones or the new ones."""
        if self.problem or self._file is None:
            return
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_bytes(self._head + b"".join(map(_end, lines)))
            new.replace(self._path)
            self.close()
            self._file = self._path.open("ab")
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # the disk is full, and that was an error before
            if self._file is not None:
                self._file.close()

    def _fail(self, error: OSError) -> None:
        self.problem = f"{self._path}: cannot be written: {error.strerror or error}"
        self.close()


def _end(line: bytes) -> bytes:
    return line.rstrip(b"\n") + b"\n"


_HEADS: dict[Action, bytes] = {
    "write": b"",
    "append": b'{"action":"append"}\n',
    "refresh": b'{"action":"refresh"}\n',
}
"""The first line: how the exchanges change the recording."""


def read_part(data: bytes) -> tuple[Action, bytes]:
    """Split the bytes of a file.

    Returns:
        How the exchanges change the recording, and the lines of the exchanges, with an empty one in place of the first.
    """
    for action, head in _HEADS.items():
        if head and data.startswith(head):
            return action, data[len(head) - 1 :]
    return "write", data


def count_exchanges(data: bytes) -> int:
    """Count the whole lines with an exchange."""
    return sum(map(bool, read_part(data)[1].split(b"\n")[:-1]))
