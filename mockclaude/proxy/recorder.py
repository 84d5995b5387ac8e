"""The steps from exchanges to a recording, which a session calls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from mockclaude.scenario.recording.exchange import Exchange


class SavedRecording(NamedTuple):
    """The result of saving a recording.

    Attributes:
        notes: Lines for the user, e.g. `tide.yaml: 7 of 7 replayed byte for byte`.
        problems: Lines for the user that make the exit code 1, e.g. a difference in the check.
    """

    notes: Sequence[str] = ()
    problems: Sequence[str] = ()


class Recorder(Protocol):
    """Redacts exchanges, and saves those of one lane as a recording.

    A session calls it in a thread of its own, one call at a time, except for `add_secrets`.
    """

    def add_secrets(self, values: Iterable[str]) -> None:
        """Redact these credentials from now on."""
        ...

    def redact(self, exchange: Exchange) -> Exchange:
        """Return the exchange without secrets."""
        ...

    def to_line(self, exchange: Exchange) -> bytes:
        """Encode a redacted exchange as a line of `FILE.part`."""
        ...

    def read_lines(self, data: bytes) -> list[Exchange]:
        """Decode the lines of `FILE.part`."""
        ...

    def save(self, path: Path, exchanges: Sequence[Exchange]) -> SavedRecording:
        """Save redacted exchanges, in the order of their requests, as a recording.

        Raises:
            OSError: The recording cannot be written.
        """
        ...
