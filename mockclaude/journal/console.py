"""Lines on standard output and standard error, which may be closed before the server ends."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

import click

from mockclaude.journal.entry import JournalEntry


def write_line(text: str) -> None:
    """Write to standard output. If it cannot be written, it ends, and only a full disk or the like is reported."""
    error = _write(sys.stdout, text)
    if error is not None and not isinstance(error, BrokenPipeError):
        write_error(f"standard output: the log ends here: {error.strerror}")


def write_error(text: str) -> None:
    """Write a line to standard error. If it cannot be written, it ends."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> OSError | None:
    """Write a line at once. Characters that `stream` cannot show are escaped. After an error, all that follows is lost.

    Python ends with exit code 120 if something is left in a buffer that cannot be written.
    """
    encoding = stream.encoding
    try:
        stream.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        return error
    return None


def wants_colour() -> bool:
    """Return whether standard output is a terminal whose user has not refused colour (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def log_line(line: JournalEntry, *, colour: bool) -> str:
    """Return status, whether streamed, what was asked, the rule that answered or why none did, the duration, notes."""
    status = click.style(line.status or "---", fg=_colour(line.status)) if colour else str(line.status or "---")
    kind = "stream" if line.streamed else "      "
    ending = f" [{line.ending}]" if line.ending else ""
    asked = _printable(f"{line.method} {line.path}  {line.reason}")
    notes = "".join(f"  [{_printable(note)}]" for note in line.notes)
    return f"{status} {kind} {asked}{ending}  {line.seconds * 1000:.1f} ms{notes}"


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _printable(text: str) -> str:
    """Return `text` with control characters escaped: what a client sends must not steer the terminal."""
    return text if text.isprintable() else _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def _colour(status: int) -> str:
    return "green" if 200 <= status < 300 else "yellow" if 400 <= status < 500 else "red"
