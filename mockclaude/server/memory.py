"""What has happened: how often each rule has answered, and how often each request was seen.

In: rules, lanes and fingerprints. Out: counts. Knows nothing of what a rule says. Counts are kept per lane, so that
what one client does never changes what another gets; nothing is awaited between reading a count and raising it.
"""

from __future__ import annotations

from collections.abc import Hashable

from mockclaude.scenario.rules import Rule

MAX_REQUESTS = 100_000
"""Different requests whose occurrences are remembered; the one that was first seen longest ago is forgotten first."""


class Memory:
    """The counters of one scenario."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, int] = {}
        self._seen: dict[Hashable, int] = {}

    def answered(self, rule: Rule, lane: str) -> int:
        """Return how often `rule` has answered in `lane`."""
        return self._answers.get((rule, lane), 0)

    def answer(self, rule: Rule, lane: str) -> int:
        """Note that `rule` answers in `lane`; return how often it had before."""
        before = self.answered(rule, lane)
        self._answers[rule, lane] = before + 1
        return before

    def occurrence(self, rule: str, fingerprint: str, lane: str) -> int:
        """Note a request that the rule with this id decides; return how often it was seen before."""
        key = (rule, fingerprint, lane)
        before = self._seen.get(key, 0)
        self._seen[key] = before + 1
        if len(self._seen) > MAX_REQUESTS:
            del self._seen[next(iter(self._seen))]
        return before
