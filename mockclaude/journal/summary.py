"""The summary of a run: requests by status, unmatched and stale requests by reason."""

from __future__ import annotations

from collections import Counter

from mockclaude.journal.entry import JournalEntry

_STALE = "stale: "
"""The begin of the note of a stale request that a recorded rule has answered."""

_NAMED = 10
"""The maximum number of printed reasons, because each request may have another."""


class Summary:
    """Counts ended requests by status, items, unmatched and stale requests by reason."""

    def __init__(self) -> None:
        self._statuses: Counter[int] = Counter()
        self._unmatched: Counter[tuple[str, str]] = Counter()
        self._warned: Counter[str] = Counter()
        self._batches: Counter[tuple[str, str]] = Counter()

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
        self._warned.update(f"{entry.reason}: {note[len(_STALE) :]}" for note in entry.notes if note.startswith(_STALE))

    def __str__(self) -> str:
        count = self.count
        named = {str(status or "no response"): times for status, times in self._statuses.items()}
        statuses = ", ".join(f"{status}: {times}" for status, times in sorted(named.items()))
        lines = [f"mockclaude: {count or 'no'} request{'s' * (count != 1)}{f' ({statuses})' if statuses else ''}"]
        if self._batches:
            batches, items = len(self._batches), self._batches.total()
            lines.append(f"{batches:,} batch{'es' * (batches != 1)} of {items:,} item{'s' * (items != 1)}")
        counted = [*self._unmatched.most_common(), *((("stale", text), n) for text, n in self._warned.most_common())]
        for (kind, reason), times in counted[:_NAMED]:
            lines.append(f"{kind}{f', {times} times' if times > 1 else ''}: {reason}")
        if len(counted) > _NAMED:
            lines.append(f"and {len(counted) - _NAMED} more reasons")
        return "\n".join(lines)
