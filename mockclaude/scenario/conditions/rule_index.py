"""An index of the texts that rules search for: one pass over a text excludes most rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import Condition, Test
from mockclaude.scenario.conditions.needles import Needle, NeedleIndex
from mockclaude.scenario.conditions.searches import Search
from mockclaude.scenario.rules import Rule

FEW, _FEW_SEARCHES = 20, 64
"""With fewer rules and searched texts, each rule is tested separately: that is faster than a pass over all texts."""

Found: TypeAlias = Mapping[str, Collection[Needle]]
"""Subject -> the needles that its text contains."""


class RuleList(tuple[Rule, ...]):
    """Rules in order, with an index."""

    @cached_property
    def needles(self) -> RuleIndex:
        """The index, built on first use: rules may be added many times before a request."""
        return RuleIndex(self)

    def prepare(self) -> None:
        """Build the index now if requests need it."""
        if self.is_long:
            _ = self.needles

    @cached_property
    def tests(self) -> tuple[tuple[str, tuple[Test, ...], Rule], ...]:
        """The needle and the tests of each rule, for requests without an index."""
        return tuple((rule.needle, rule.tests, rule) for rule in self)

    @cached_property
    def is_long(self) -> bool:
        """Whether every request needs the index."""
        return len(self) > FEW or sum(search.texts + search.regexes for search in self._searches()) > _FEW_SEARCHES

    def _searches(self) -> Iterator[Search]:
        return (search for rule in self for condition in rule.conditions for search in condition.searches)


class RuleIndex:
    """An index of the needles of all conditions, by the searched text."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [(rule, _filters(rule.conditions), tuple(_tests(rule))) for rule in rules]
        needles: dict[str, set[Needle]] = {}
        self._texts: dict[str, Callable[[MessagesRequest], str | None]] = {}
        for _, filters, _ in self._rules:
            for search in filters:
                needles.setdefault(search.subject, set()).update(search.needles)
                self._texts[search.subject] = search.text
        self._indexes = {subject: NeedleIndex(each) for subject, each in needles.items()}

    def find(self, request: MessagesRequest) -> Found:
        """Return the needles that the texts of a request contain."""
        return {
            subject: frozenset(index.find(self._texts[subject](request) or ""))
            for subject, index in self._indexes.items()
        }

    def candidates(self, request: MessagesRequest) -> Iterator[tuple[Rule, tuple[Test, ...]]]:
        """Yield the rules that can match, in order, each with its undecided tests."""
        found = self.find(request)
        for rule, filters, tests in self._rules:
            for search in filters:
                if search.needles.isdisjoint(found[search.subject]):
                    break
            else:
                yield rule, tests


def may_match(condition: Condition, found: Found) -> bool:
    """Return whether the texts of a request contain a needle of `condition`."""
    return not any(search.needles.isdisjoint(found[search.subject]) for search in _filters([condition]))


def is_decided(condition: Condition) -> bool:
    """Return whether `condition` matches every request that contains its needles."""
    return bool(condition.searches) and all(search.is_exact for search in condition.searches)


def _tests(rule: Rule) -> Iterator[Test]:
    for condition, test in zip(rule.conditions, rule.tests, strict=True):
        if not is_decided(condition):
            yield test


def _filters(conditions: Iterable[Condition]) -> list[Search]:
    return [search for condition in conditions for search in condition.searches if search.needles]
