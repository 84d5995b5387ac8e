"""The search for the fewest conditions that tell the requests of a session apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import attrgetter

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.recording.body_differences import Stability
from mockclaude.scenario.recording.distinctions import (
    DISTINCTIONS,
    Conditions,
    Distinction,
    describe_session,
    matches,
    merge,
)
from mockclaude.scenario.recording.proof import Proof, prove, share_conditions
from mockclaude.scenario.recording.request_groups import RequestGroup, choose_conditions

_ROUNDS = 6
"""Times that conditions which failed in the proof are chosen again."""

_RIVALS = 8
"""Requests that are compared with a request in one round. The next proof finds others that its rule still matches."""


class ConditionSearch:
    """The conditions of each group of requests.

    Args:
        groups: The groups of a session.
        stability: What conditions may look at.
        contested: The numbers of exchanges whose rules also look at their session.

    Attributes:
        whens: The conditions of each group.
    """

    def __init__(self, groups: Sequence[RequestGroup], stability: Stability, contested: Collection[int] = ()) -> None:
        self._groups = groups
        self._stability = stability
        self._base = choose_conditions(groups)
        for number, group in enumerate(groups):
            if any(exchange.number in contested for exchange in group.exchanges):
                self._base[number] = merge(self._base[number], describe_session(self._read(number), stability))
        self._rivals: list[list[int]] = [[] for _ in groups]
        self._barred: list[set[str]] = [set() for _ in groups]
        self.whens = list(self._base)

    def run(self) -> Proof:
        """Choose the conditions, and return their proof."""
        for numbers in share_conditions(self._base):
            self._pick_rivals(numbers)
        self._choose_again([number for number, rivals in enumerate(self._rivals) if rivals])
        proof = prove(self._groups, self.whens)
        rounds = _ROUNDS
        while rounds and self._improve(proof):
            proof = prove(self._groups, self.whens)
            rounds -= 1
        while self._share_conditions(proof):
            proof = prove(self._groups, self.whens)
        return proof

    def _share_conditions(self, proof: Proof) -> bool:
        """Give two rules that match all requests of each other the conditions of the more specific one.

        Return whether there are such rules.
        """
        rule_of = {number: numbers for numbers in share_conditions(self.whens) for number in numbers}
        joined: set[int] = set()
        for number, others in sorted(proof.collisions.items()):
            for other in sorted(others):
                both = {*rule_of[number], *rule_of[other]}
                of_other = proof.collisions.get(other, set())
                if joined.isdisjoint(both) and both <= {*rule_of[number], *others} & {*rule_of[other], *of_other}:
                    specific = max(number, other, key=lambda each: len(self.whens[each]))
                    self.whens = [self.whens[specific if each in both else each] for each in range(len(self.whens))]
                    joined |= both
        return bool(joined)

    def _improve(self, proof: Proof) -> bool:
        """Choose the conditions of the groups again that failed; return whether any have changed."""
        for number, others in proof.collisions.items():
            self._rivals[number] += _sample(others.difference(self._rivals[number]))
        for number, keys in proof.failed.items():
            self._barred[number] |= keys
        return self._choose_again({*proof.collisions, *proof.failed})

    def _pick_rivals(self, numbers: Sequence[int]) -> None:
        """Pick for each of some groups with equal conditions a few others, which differ from it in each of the facts.

        The groups are divided by one fact after the other, in time linear in their number.
        """
        undivided = [list(numbers)]
        for distinction in DISTINCTIONS:
            parts = [part for alike in undivided for part in self._divide(alike, distinction)]
            undivided = [part for part in parts if len(part) > 1]

    def _divide(self, numbers: Sequence[int], distinction: Distinction) -> Collection[list[int]]:
        """Divide groups by a fact, and note for each one of the next part."""
        fact = attrgetter(distinction.fact)
        parts: dict[object, list[int]] = {}
        for number in numbers:
            parts.setdefault(fact(self._groups[number].facts), []).append(number)
        if len(parts) > 1:
            divided = list(parts.values())
            for part, before, after in zip(divided, [divided[-1], *divided], [*divided[1:], divided[0]], strict=False):
                for number in part:
                    self._rivals[number] += dict.fromkeys((before[0], after[0]))
        return parts.values()

    def _choose_again(self, numbers: Collection[int]) -> bool:
        """Choose the conditions of groups; return whether any have changed."""
        before = list(self.whens)
        for number in sorted(numbers):
            when = merge(self._base[number], self._distinguish(number))
            self.whens[number] = {key: value for key, value in when.items() if key not in self._barred[number]}
        return before != self.whens

    def _distinguish(self, number: int) -> list[Conditions]:
        """Return the fewest conditions that a group matches and its rivals do not."""
        own, facts = self._read(number), self._groups[number].facts
        left = {rival: self._read(rival) for rival in self._rivals[number]}
        rivals = list(left.values())
        chosen: list[Conditions] = []
        for distinction in DISTINCTIONS:
            fact = attrgetter(distinction.fact)
            differing = [rival for rival in left if fact(self._groups[rival].facts) != fact(facts)]
            if not differing:
                continue
            for condition in distinction.build(own, [left[rival] for rival in differing], self._stability):
                excluded = [rival for rival in left if not matches(condition, left[rival])]
                if excluded and matches(condition, own):
                    chosen.append(condition)
                    left = {rival: request for rival, request in left.items() if rival not in excluded}
        return _drop_needless(chosen, [rival for rival in rivals if not any(rival is each for each in left.values())])

    def _read(self, number: int) -> MessagesRequest:
        return self._groups[number].requests[0].read()


def _drop_needless(conditions: list[Conditions], excluded: Sequence[MessagesRequest]) -> list[Conditions]:
    """Drop the conditions without which the others still exclude all these requests."""
    needed = list(conditions)
    for condition in conditions[:-1]:
        rest = [each for each in needed if each is not condition]
        if not any(all(matches(each, request) for each in rest) for request in excluded):
            needed = rest
    return needed


def _sample(numbers: Collection[int]) -> list[int]:
    """Return a few of the numbers, spread evenly."""
    return sorted(numbers)[:: max(1, -(-len(numbers) // _RIVALS))]
