"""The summary of a run: requests by status, unmatched and stale requests by reason."""

from __future__ import annotations

from collections import Counter

from mockclaude.engine.reply_inputs import STALE
from mockclaude.journal.entry import JournalEntry

_NAMED = 10
"""The maximum number of printed reasons, because each request may have another."""


class Summary:
    """Counts ended requests by status, items, unmatched and stale requests by reason."""

    def __init__(self) -> None:
        self._statuses: Counter[int] = Counter()
        self._unmatched: Counter[tuple[str, str]] = Counter()
        self._batches: Counter[tuple[str, str]] = Counter()
        self._stale: Counter[str] = Counter()

    @property
    def unmatched(self) -> int:
        """The number of unmatched requests."""
        return self._count("unmatched")

    @property
    def stale(self) -> int:
        """The number of requests that were refused as stale."""
        return self._count("stale")

    def _count(self, kind: str) -> int:
        return sum(times for (of, _), times in self._unmatched.items() if of == kind)

    @property
    def count(self) -> int:
        """The number of requests."""
        return self._statuses.total()

    def add(self, entry: JournalEntry) -> None:
        """Count an ended request."""
        if entry.batch is None:
            self._statuses[entry.status] += 1
        else:
            self._batches[entry.scenario, entry.batch[0]] += 1
        if entry.unmatched:
            self._unmatched["stale" if entry.is_stale else "unmatched", entry.reason] += 1
        elif note := next((note for note in entry.raw_notes if note.startswith(STALE)), ""):
            self._stale[f"{entry.reason}: {note}"] += 1

    def list_warnings(self) -> list[str]:
        """Describe the answered requests that differ from the recorded ones."""
        lines = [f"warning{_times(times)}: {note}" for note, times in self._stale.most_common(_NAMED)]
        more = len(self._stale) - _NAMED
        return [*lines, f"and {more} more warnings"] if more > 0 else lines

    def __str__(self) -> str:
        count = self.count
        named = {str(status or "no response"): times for status, times in self._statuses.items()}
        statuses = ", ".join(f"{status}: {times}" for status, times in sorted(named.items()))
        lines = [f"mockclaude: {count or 'no'} request{'s' * (count != 1)}{f' ({statuses})' if statuses else ''}"]
        if self._batches:
            batches, items = len(self._batches), self._batches.total()
            lines.append(f"{batches:,} batch{'es' * (batches != 1)} of {items:,} item{'s' * (items != 1)}")
        for (kind, reason), times in self._unmatched.most_common(_NAMED):
            lines.append(f"{kind}{_times(times)}: {reason}")
        if len(self._unmatched) > _NAMED:
            lines.append(f"and {len(self._unmatched) - _NAMED} more reasons")
        return "\n".join([*lines, *self.list_warnings()])


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""
