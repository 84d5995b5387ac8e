"""An index of the texts that rules search for: one pass over a text excludes most rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeAlias

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import Condition, Test
from mockclaude.scenario.conditions.needles import Needle, NeedleIndex
from mockclaude.scenario.conditions.pattern_index import index_patterns
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.conditions.searches import Search
from mockclaude.scenario.conditions.work import work_of
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
        tests = [tuple(_tests(rule)) for rule in rules]
        firsts = [_required_patterns(of_rule) for of_rule in tests]
        self._searches = {search.subject: search for search in firsts if search}
        self._patterns = index_patterns(search for search in firsts if search)
        self._rules = [
            (
                rule,
                [(search.subject, search.needles) for search in _filters(rule.conditions)],
                of_rule,
                (search.subject, search.patterns, search.regexes) if search and self._is_indexed(search) else None,
            )
            for rule, of_rule, search in zip(rules, tests, firsts, strict=True)
        ]
        needles: dict[str, set[Needle]] = {}
        self._texts: dict[str, Callable[[MessagesRequest], str | None]] = {}
        for search in [search for rule in rules for search in _filters(rule.conditions)]:
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
        """Yield the rules that can match, in order, each with its undecided tests.

        The work of a test that the index of patterns decides is counted as if it were made.
        """
        found, matches, work, unpaid = self.find(request), self._find_patterns(request), work_of(request), 0
        for rule, filters, tests, first in self._rules:
            for subject, needles in filters:
                if needles.isdisjoint(found[subject]):
                    break
            else:
                if first is not None:
                    subject, patterns, count = first
                    known, price = matches[subject]
                    if known is not None and known.isdisjoint(patterns):
                        unpaid += price * count
                        continue
                if unpaid:
                    work.spend(unpaid)
                    unpaid = 0
                yield rule, tests
        if unpaid:
            work.spend(unpaid)

    def _find_patterns(self, request: MessagesRequest) -> dict[str, tuple[frozenset[Regex] | None, int]]:
        """Return the patterns that match, if known, and the work of one pattern, by the searched text."""
        return {
            subject: (index.find(search.text(request) or ""), search.price(request) // search.regexes)
            for subject, index in self._patterns.items()
            for search in [self._searches[subject]]
        }

    def _is_indexed(self, search: Search) -> bool:
        """Return whether an index searches for all patterns of `search`."""
        index = self._patterns.get(search.subject)
        return index is not None and search.patterns <= index.patterns


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


def _required_patterns(tests: Sequence[Test]) -> Search | None:
    """Return the search of the first test if it requires one of its patterns."""
    searches = tests[0][2] if tests else ()
    return searches[0] if len(searches) == 1 and searches[0].patterns else None


def _filters(conditions: Iterable[Condition]) -> list[Search]:
    return [search for condition in conditions for search in condition.searches if search.needles]
