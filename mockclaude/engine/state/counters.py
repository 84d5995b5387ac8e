"""Counters of one scenario: how often each rule has answered, and how often each request was received.

Every change is one call that returns the count before it; nothing is awaited between reading a count and raising it.
Counters and their bounds belong to a lane, so that one client never changes what another gets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeAlias, TypeVar

from mockclaude.engine.state.bounded import Bounded
from mockclaude.scenario.rules import Rule

K = TypeVar("K", bound=Hashable)

Attempted: TypeAlias = tuple[str, str, bytes]
"""Whose scripts count an attempt: `fault`, `chaos` or `wish`; the id of the rule, "" for all; the hash of the turn."""

GENERATION = 10_000
"""Counts of a kind that a lane keeps at least; at twice as many, the older half is dropped."""

MAX_LANES = 10_000
"""Lanes that are kept; the one used longest ago is dropped first."""

MAX_COUNTS = 500_000
"""Counts of all lanes together; beyond them, the lane used longest ago is dropped first."""


class Memory:
    """The counters of one scenario.

    Args:
        drop: Called with a note for each thing that is dropped.
    """

    def __init__(self, drop: Callable[[str], None] = lambda _: None) -> None:
        self._drop = drop
        self._lanes: Bounded[str, _Lane] = Bounded(MAX_LANES, MAX_COUNTS)
        self._newest: tuple[str, _Lane] | None = None

    def answered(self, rule: Rule, lane: str) -> int:
        """Return how often `rule` has answered in `lane`."""
        counts = self._lanes.get(lane)
        return 0 if counts is None else counts.answers.get(rule)

    def answers(self) -> Counter[Rule]:
        """Return how often each rule has answered, in all lanes together."""
        counts: Counter[Rule] = Counter()
        for lane in self._lanes.values():
            counts.update(lane.answers.all())
        return counts

    def answer(self, rule: Rule, lane: str) -> int:
        """Count an answer of `rule` in `lane`; return how many there were before."""
        return self._raise(self._lane(lane).answers, rule, lane)

    def renew(self, rules: Mapping[Rule, Rule]) -> None:
        """Count on for the rules of a scenario that was read again: old rule -> new one."""
        for lane in self._lanes.values():
            lane.answers.renew(rules)

    def forget(self, lane: str) -> None:
        """Forget what was counted for `lane`."""
        self._lanes.pop(lane)
        self._newest = None

    def request(self, lane: str) -> int:
        """Count a Messages request of `lane`; return how many there were before."""
        counts = self._lane(lane)
        counts.requests += 1
        return counts.requests - 1

    def occurrence(self, rule: str, fingerprint: str, lane: str) -> int:
        """Count a request that the rule with this id decides; return how many equal ones there were before."""
        return self._raise(self._lane(lane).occurrences, (rule, fingerprint), lane)

    def attempt(self, script: Attempted, lane: str) -> int:
        """Count an attempt of a turn under scripts of one kind; return how many there were before."""
        return self._raise(self._lane(lane).attempts, script, lane)

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

    def _raise(self, counts: _Counts[K], key: K, lane: str) -> int:
        before, dropped = counts.add(key)
        if dropped:
            self._drop(
                f"dropped: {dropped} counts of lane '{lane or '-'}', which keeps {GENERATION} to {2 * GENERATION}"
            )
        return before


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
        before = self.get(key)
        self._older.pop(key, None)
        self._newer[key] = before + 1
        if len(self._newer) < GENERATION:
            return before, 0
        dropped = len(self._older)
        self._newer, self._older = {}, self._newer
        return before, dropped

    def renew(self, keys: Mapping[K, K]) -> None:
        """Let counts belong to other keys: old key -> new one. The others stay."""
        self._newer, self._older = (
            {keys.get(key, key): count for key, count in counts.items()} for counts in (self._newer, self._older)
        )

    def all(self) -> dict[K, int]:
        """Return all counts."""
        return self._older | self._newer


class _Lane:
    """The counters of one lane."""

    def __init__(self) -> None:
        self.requests = 0
        self.answers: _Counts[Rule] = _Counts()
        self.occurrences: _Counts[tuple[str, str]] = _Counts()
        self.attempts: _Counts[Attempted] = _Counts()

    @property
    def size(self) -> int:
        """How many counts it has."""
        return len(self.answers) + len(self.occurrences) + len(self.attempts)
