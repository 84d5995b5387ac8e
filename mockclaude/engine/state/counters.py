"""Counters of one scenario: selections of each rule, and occurrences of each request.

Counters and their bounds belong to a lane, so that no client changes the responses to another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from mockclaude.engine.state.bounded import BoundedMap
from mockclaude.engine.state.store import Attempt, Claim, Ticket, new_ticket
from mockclaude.scenario.rules import RuleKey

K = TypeVar("K", bound=Hashable)

GENERATION = 10_000
"""The minimum number of counts of one kind that a lane keeps. At twice this number the older half is dropped."""

MAX_LANES = 10_000
"""The maximum number of lanes. The lane used longest ago is dropped first."""

MAX_COUNTS = 500_000
"""The maximum number of counts of all lanes. The lane used longest ago is dropped first."""


class Counters:
    """The counters of one scenario.

    Args:
        drop: Called with a note on dropped counts.
    """

    def __init__(self, drop: Callable[[str], None]) -> None:
        self._drop = drop
        self._lanes: BoundedMap[str, _Lane] = BoundedMap(MAX_LANES, MAX_COUNTS)
        self._newest: tuple[str, _Lane] | None = None

    def get(self, rule: RuleKey, lane: str) -> int:
        """Return the number of selections of `rule` in `lane`."""
        counts = self._lanes.get(lane)
        return 0 if counts is None else counts.selected.get(rule)

    def totals(self) -> Counter[RuleKey]:
        """Return the number of selections of each rule in all lanes."""
        totals: Counter[RuleKey] = Counter()
        for lane in self._lanes.values():
            totals.update(lane.selected.all())
        return totals

    def claim(self, claim: Claim) -> Ticket | None:
        """Raise the counters of one request; return None if its rule is exhausted."""
        lane, fingerprint, rule, times, is_message, attempts = claim
        newest = self._newest
        counts = newest[1] if newest is not None and newest[0] == lane else self._renew(lane)
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
        return new_ticket((position, occurrence, request, tuple(before)))

    def forget(self, lane: str) -> None:
        """Drop the counters of `lane`."""
        self._lanes.pop(lane)
        self._newest = None

    def fork(self, drop: Callable[[str], None]) -> Counters:
        """Return an independent copy."""
        fork = Counters(drop)
        fork._lanes = self._lanes.copy(_Lane.copy)
        return fork

    def _renew(self, name: str) -> _Lane:
        """Return the counters of a lane as the newest. A lane's size is updated when another becomes the newest."""
        if self._newest is not None:
            self._put(*self._newest)
        counts = self._lanes.get(name) or _Lane()
        self._put(name, counts)
        self._newest = name, counts
        return counts

    def _put(self, name: str, counts: _Lane) -> None:
        for lane in self._lanes.put(name, counts, counts.size):
            self._drop(f"dropped: all counts of lane '{lane or '-'}', the one used longest ago")


_NOTHING: dict[Any, int] = {}
"""The older generation of counts that have none: most lanes are small. Counts are only taken from it."""


class _Counts(Generic[K]):
    """Counts in two generations: a full newer one becomes the older, and the older one is dropped."""

    __slots__ = ("_newer", "_older")

    def __init__(self) -> None:
        self._newer: dict[K, int] = {}
        self._older: dict[K, int] = _NOTHING

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def get(self, key: K) -> int:
        """Return the count of `key`."""
        return self._newer.get(key) or self._older.get(key, 0)

    def add(self, key: K) -> tuple[int, int]:
        """Raise a count; return the earlier count and the number of dropped counts."""
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

    __slots__ = ("attempts", "occurrences", "requests", "selected")

    def __init__(self) -> None:
        self.requests = 0
        self.selected: _Counts[RuleKey] = _Counts()
        self.occurrences: _Counts[tuple[str, str]] = _Counts()
        self.attempts: _Counts[Attempt] = _Counts()

    @property
    def size(self) -> int:
        """The number of counts."""
        return len(self.selected) + len(self.occurrences) + len(self.attempts)

    def copy(self) -> _Lane:
        copy = _Lane()
        copy.requests = self.requests
        copy.selected, copy.occurrences = self.selected.copy(), self.occurrences.copy()
        copy.attempts = self.attempts.copy()
        return copy
