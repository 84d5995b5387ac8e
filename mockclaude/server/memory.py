"""What has happened: how often each rule has answered, and how often each request was seen.

In: rules, lanes and fingerprints. Out: counts. Knows nothing of what a rule says. Counts are kept per lane, so that
what one client does never changes what another gets; nothing is awaited between reading a count and raising it.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Hashable
from typing import TypeAlias

from mockclaude.scenario.rules import Rule

MAX_COUNTS = 100_000
"""Counts of a kind that are kept; the one that was begun longest ago is forgotten first."""


_Counts: TypeAlias = OrderedDict[Hashable, int]
"""A plain dict looks for its oldest key among all that were deleted before."""


class Memory:
    """The counters of one scenario."""

    def __init__(self) -> None:
        self._answers: _Counts = OrderedDict()
        self._seen: _Counts = OrderedDict()

    def answered(self, rule: Rule, lane: str) -> int:
        """Return how often `rule` has answered in `lane`."""
        return self._answers.get((rule, lane), 0)

    def answers(self) -> Counter[Rule]:
        """Return how often each rule has answered, in all lanes together."""
        counts: Counter[Rule] = Counter()
        for key, count in tuple(self._answers.items()):
            if isinstance(key, tuple):
                counts[key[0]] += count
        return counts

    def answer(self, rule: Rule, lane: str) -> int:
        """Note that `rule` answers in `lane`; return how often it had before."""
        return _raise_count(self._answers, (rule, lane))

    def forget(self, lane: str) -> None:
        """Forget what was counted for `lane`."""
        for counts in (self._answers, self._seen):
            for key in [key for key in counts if (key[-1] if isinstance(key, tuple) else key) == lane]:
                del counts[key]

    def request(self, lane: str) -> int:
        """Note a request of `lane` that a rule answers; return how many of them there were before."""
        return _raise_count(self._answers, lane)

    def occurrence(self, rule: str, fingerprint: str, lane: str) -> int:
        """Note a request that the rule with this id decides; return how often it was seen before."""
        return _raise_count(self._seen, (rule, fingerprint, lane))


def _raise_count(counts: _Counts, key: Hashable) -> int:
    before = counts.get(key, 0)
    counts[key] = before + 1
    if len(counts) > MAX_COUNTS:
        counts.popitem(last=False)
    return before
