"""Lines on standard output and standard error, which may be closed before the server ends."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.journal.entry import JournalEntry


def write_line(text: str) -> None:
    """Write a line to standard output.

    After an error, later lines are lost. A closed pipe is not reported.
    """
    error = _write(sys.stdout, text)
    if error is not None and not isinstance(error, BrokenPipeError):
        write_error(f"standard output: the log ends here: {error.strerror}")


def write_error(text: str) -> None:
    """Write a line to standard error. After an error, later lines are lost."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> OSError | None:
    """Write a line and flush. Characters that `stream` cannot encode are escaped.

    After an error the stream is redirected to the null device: Python ends with exit code 120 if its buffer cannot be
    written.
    """
    encoding = stream.encoding
    try:
        stream.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except OSError as error:
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), stream.fileno())
        return error
    return None


def wants_colour() -> bool:
    """Return whether standard output is a terminal without `NO_COLOR`.

    See no-color.org.
    """
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def log_line(entry: JournalEntry, *, colour: bool) -> str:
    """Format a log line: status, `stream`, request, reason, ending, duration, notes."""
    status = entry.status or "---"
    if colour:
        status = click.style(status, fg=_colour(entry.status))
    kind = "stream" if entry.streamed else "      "
    ending = f" [{entry.ending}]" if entry.ending else ""
    request = _printable(f"{entry.method} {entry.path}  {entry.reason}")
    notes = "".join([f"  [{_printable(note)}]" for note in entry.notes]) if entry.raw_notes else ""
    return f"{status} {kind} {request}{ending}  {entry.seconds * 1000:.1f} ms{notes}"


_UNPRINTABLE = compile_lazily(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _printable(text: str) -> str:
    """Escape control characters: text from a client must not control the terminal."""
    return text if text.isprintable() else _UNPRINTABLE.sub(lambda match: ascii(match[0])[1:-1], text)


def _colour(status: int) -> str:
    return "green" if 200 <= status < 300 else "yellow" if 400 <= status < 500 else "red"
