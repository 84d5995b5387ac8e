"""Counters of one scenario: how often each rule was selected, and how often each request was received.

Counters and their bounds belong to a lane, so that one client never changes what another gets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from mockclaude.engine.state.bounded import Bounded
from mockclaude.engine.state.store import Attempt, Claim, Ticket
from mockclaude.scenario.rules import RuleKey

K = TypeVar("K", bound=Hashable)

GENERATION = 10_000
"""Counts of a kind that a lane keeps at least; at twice as many, the older half is dropped."""

MAX_LANES = 10_000
"""Lanes that are kept; the one used longest ago is dropped first."""

MAX_COUNTS = 500_000
"""Counts of all lanes together; beyond them, the lane used longest ago is dropped first."""


class Counters:
    """The counters of one scenario.

    Args:
        drop: Called with a note for each thing that is dropped.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        self._drop = drop
        self._lanes: Bounded[str, _Lane] = Bounded(MAX_LANES, MAX_COUNTS)
        self._newest: tuple[str, _Lane] | None = None

    def get(self, rule: RuleKey, lane: str) -> int:
        """Return how often `rule` has been selected in `lane`."""
        counts = self._lanes.get(lane)
        return 0 if counts is None else counts.selected.get(rule)

    def totals(self) -> Counter[RuleKey]:
        """Return how often each rule has been selected, in all lanes together."""
        totals: Counter[RuleKey] = Counter()
        for lane in self._lanes.values():
            totals.update(lane.selected.all())
        return totals

    def claim(self, claim: Claim) -> Ticket | None:
        """Raise the counters of one request; return None, and raise none, if its rule is exhausted."""
        lane, fingerprint, rule, times, is_message, attempts = claim
        newest = self._newest
        counts = newest[1] if newest is not None and newest[0] == lane else self._lane(lane)
        if times is not None and rule is not None and counts.selected.get(rule) >= times:
            return None
        request = counts.requests
        if is_message:
            counts.requests += 1
        position, dropped = (0, 0) if rule is None else counts.selected.add(rule)
        occurrence, more = counts.occurrences.add(("" if rule is None else rule.id, fingerprint))
        before = []
        for attempt in attempts:
            count, most = counts.attempts.add(attempt)
            before.append(count)
            more += most
        if dropped or more:
            kept = f"{GENERATION} to {2 * GENERATION}"
            self._drop(f"dropped: {dropped + more} counts of lane '{lane or '-'}', which keeps {kept}")
        return Ticket(position, occurrence, request, tuple(before))

    def forget(self, lane: str) -> None:
        """Forget what was counted for `lane`."""
        self._lanes.pop(lane)
        self._newest = None

    def fork(self, drop: Callable[[str], None]) -> Counters:
        """Return a copy, which changes apart from this."""
        fork = Counters(drop)
        fork._lanes = self._lanes.copied(_Lane.copy)
        return fork

    def _lane(self, name: str) -> _Lane:
        """Return the counters of a lane as the newest; what it grew by is noted when another becomes that."""
        newest = self._newest
        if newest is not None and newest[0] == name:
            return newest[1]
        if newest is not None:
            self._put(*newest)
        found = self._lanes.get(name) or _Lane()
        self._put(name, found)
        self._newest = name, found
        return found

    def _put(self, name: str, counts: _Lane) -> None:
        for lane in self._lanes.put(name, counts, counts.size):
            self._drop(f"dropped: all counts of lane '{lane or '-'}', the one used longest ago")


class _Counts(Generic[K]):
    """Counts in two generations: a full one becomes the older, and what was not counted again since is dropped."""

    def __init__(self) -> None:
        self._newer: dict[K, int] = {}
        self._older: dict[K, int] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def get(self, key: K) -> int:
        """Return the count of `key`."""
        return self._newer.get(key) or self._older.get(key, 0)

    def add(self, key: K) -> tuple[int, int]:
        """Raise the count of `key`; return what it was before, and how many counts were dropped."""
        newer = self._newer
        before = newer.get(key)
        if before is None:
            before = self._older.pop(key, 0)
        newer[key] = before + 1
        if len(newer) < GENERATION:
            return before, 0
        dropped = len(self._older)
        self._newer, self._older = {}, self._newer
        return before, dropped

    def all(self) -> dict[K, int]:
        """Return all counts."""
        return self._older | self._newer

    def copy(self) -> _Counts[K]:
        copy: _Counts[K] = _Counts()
        copy._newer, copy._older = dict(self._newer), dict(self._older)
        return copy


class _Lane:
    """The counters of one lane."""

    def __init__(self) -> None:
        self.requests = 0
        self.selected: _Counts[RuleKey] = _Counts()
        self.occurrences: _Counts[tuple[str, str]] = _Counts()
        self.attempts: _Counts[Attempt] = _Counts()

    @property
    def size(self) -> int:
        """How many counts it has."""
        return len(self.selected) + len(self.occurrences) + len(self.attempts)

    def copy(self) -> _Lane:
        copy = _Lane()
        copy.requests = self.requests
        copy.selected, copy.occurrences = self.selected.copy(), self.occurrences.copy()
        copy.attempts = self.attempts.copy()
        return copy
