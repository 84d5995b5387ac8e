"""What a run of requests came to, in a few lines.

In: entries of the journal as they end. Out: text. Knows nothing of who asked.
"""

from __future__ import annotations

from collections import Counter

from mockclaude.journal.entry import JournalEntry

_NAMED = 10
"""Reasons that are told; there may be one for each request."""


class Summary:
    """Counts requests by status, and those that no rule answered by the reason."""

    def __init__(self) -> None:
        self._statuses: Counter[str] = Counter()
        self._unmatched: Counter[str] = Counter()

    @property
    def unmatched(self) -> int:
        """How many requests no rule answered."""
        return self._unmatched.total()

    def add(self, entry: JournalEntry) -> None:
        """Count a request that has ended."""
        self._statuses[str(entry.status or "no response")] += 1
        if entry.unmatched:
            self._unmatched[entry.reason] += 1

    def __str__(self) -> str:
        count = self._statuses.total()
        statuses = ", ".join(f"{status}: {times}" for status, times in sorted(self._statuses.items()))
        lines = [f"mockclaude: {count or 'no'} request{'s' * (count != 1)}{f' ({statuses})' if statuses else ''}"]
        for reason, times in self._unmatched.most_common(_NAMED):
            lines.append(f"unmatched{f', {times} times' if times > 1 else ''}: {reason}")
        if len(self._unmatched) > _NAMED:
            lines.append(f"and {len(self._unmatched) - _NAMED} more that no rule answered")
        return "\n".join(lines)
