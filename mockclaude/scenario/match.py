"""Find the rules that match a request, and explain why the others do not.

Matching stops at the first condition that fails. Explaining evaluates all of them, with the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import nsmallest
from typing import Any, NamedTuple

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import Condition, ConditionResult, Look
from mockclaude.scenario.conditions.rule_index import Found, RuleIndex, RuleList, is_decided, may_match
from mockclaude.scenario.conditions.searches import spend
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.rules import Rule, RuleKey

_MAX_CANDIDATES = 16
"""The number of rules that are evaluated in full to find the near miss."""


def find_matches(rules: Sequence[Rule], request: MessagesRequest) -> Iterator[Rule]:
    """Yield the rules whose conditions all match, in order, exhausted rules included.

    Raises:
        TooMuchWorkError: The conditions exceed the work limit of one request.
    """
    if not isinstance(rules, RuleList):
        rules = RuleList(rules)
    if rules.is_long:
        yield from _find_indexed_matches(rules, request)
        return
    looked: Look | None = None
    found: Any = None
    text = request.typed_text
    for needle, tests, rule in rules.tests:
        if needle not in text:
            continue
        for look, holds, _ in tests:
            if look is not looked:
                looked, found = look, look(request)
            if not holds(found):
                break
        else:
            yield rule


def _find_indexed_matches(rules: RuleList, request: MessagesRequest) -> Iterator[Rule]:
    """Do what `find_matches` does, but skip rules whose needles are missing and count the work of searches."""
    for rule, tests in rules.needles.candidates(request):
        for look, holds, searches in tests:
            spend(searches, request)
            if not holds(look(request)):
                break
        else:
            yield rule


class MatchResult(NamedTuple):
    """The outcome of every condition of one rule for one request.

    The results of `times` and `order` report an exhausted and a shadowed rule.
    """

    rule: Rule
    checks: tuple[ConditionResult, ...]

    @property
    def failed(self) -> tuple[ConditionResult, ...]:
        """The results of the conditions that do not match."""
        return tuple(check for check in self.checks if not check.held)

    @property
    def shadowed(self) -> bool:
        """Whether the rule matches but comes after the selected rule."""
        return [check.key for check in self.failed] == ["order"]


def explain(rules: Sequence[Rule], request: MessagesRequest, counts: Mapping[RuleKey, int]) -> list[MatchResult]:
    """Return the match results of all rules, in order.

    The first without a failure is the selected rule.
    """
    from mockclaude.scenario.conditions.hints import check_with_hint

    results: list[MatchResult] = []
    selected: Rule | None = None
    for rule in rules:
        result = _evaluate(rule, request, counts, check_with_hint)
        if not result.failed and selected:
            result = MatchResult(rule, (*result.checks, _order_result(selected)))
        elif not result.failed:
            selected = rule
        results.append(result)
    return results


def _evaluate(
    rule: Rule,
    request: MessagesRequest,
    counts: Mapping[RuleKey, int],
    check: Callable[[Condition, MessagesRequest], ConditionResult] = Condition.check,
) -> MatchResult:
    checks = tuple(check(condition, request) for condition in rule.conditions)
    return MatchResult(
        rule, checks if rule.times is None else (*checks, _times_result(rule.times, counts.get(rule.key, 0)))
    )


def _times_result(times: int, answered: int) -> ConditionResult:
    hint = "" if answered < times else f"exhausted (times: {times})"
    return ConditionResult("times", f"at most {times}", f"{answered} before", not hint, hint)


def _order_result(by: Rule) -> ConditionResult:
    return ConditionResult("order", "no earlier rule that matches", by.label, False, f"shadowed by {by.label}")


def find_near_miss(
    rules: Sequence[Rule], request: MessagesRequest, counts: Mapping[RuleKey, int]
) -> MatchResult | None:
    """Return the match result of the rule that comes closest to an unmatched request.

    Only the rules that are closest by their cheap conditions are evaluated in full.

    Raises:
        TooMuchWorkError: The conditions exceed the work limit of one request.
    """
    from mockclaude.scenario.conditions.hints import check_with_hint

    index = rules.needles if isinstance(rules, RuleList) else RuleIndex(rules)
    found = index.find(request)
    likely = nsmallest(_MAX_CANDIDATES, rules, key=lambda rule: _estimate(rule, request, found, counts))
    results = [_evaluate(rule, request, counts) for rule in likely]
    nearest = min(results, key=lambda result: distance(result.checks), default=None)
    return nearest and _evaluate(nearest.rule, request, counts, check_with_hint)


def _estimate(rule: Rule, request: MessagesRequest, found: Found, counts: Mapping[RuleKey, int]) -> tuple[int, bool]:
    """Estimate the distance of a rule that does not match, as if its costly conditions matched.

    The only condition of a rule fails without being tested.
    """
    if rule.times is None and len(rule.conditions) == 1:
        return 1, rule.conditions[0].key != "user"
    spent = rule.times is not None and counts.get(rule.key, 0) >= rule.times
    failed = [condition.key for condition in rule.conditions if not _may_match(condition, request, found)]
    total = len(rule.conditions) + (rule.times is not None)
    return 2 * (len(failed) + spent) - total, spent or any(key != "user" for key in failed)


def _may_match(condition: Condition, request: MessagesRequest, found: Found) -> bool:
    """Return False if a condition certainly fails, without a search by expression, a call, or too much work."""
    if not may_match(condition, found):
        return False
    if condition.costly or is_decided(condition):
        return True
    try:
        spend(condition.searches, request)
    except TooMuchWorkError:
        return True
    return condition.holds(condition.look(request))


_WAYS_TO_ADD = "`mockclaude.when(...).reply(...)` or `POST /_mockclaude/rules`"


def describe_unmatched(nearest: MatchResult | None) -> str:
    """Describe the near miss of an unmatched request and its failed conditions."""
    if nearest is None:
        return f"no rule matched: no rules are defined; add one with {_WAYS_TO_ADD}"
    reasons = "; ".join(map(str, nearest.failed))
    return f"no rule matched; near miss {nearest.rule.label}: {reasons}"


def distance(checks: Sequence[ConditionResult]) -> tuple[int, bool]:
    """Compute the distance that ranks near misses: 2 x failed - total conditions.

    On a tie, a rule that failed on `user` alone wins.
    """
    failed = [check for check in checks if not check.held]
    return 2 * len(failed) - len(checks), any(check.key != "user" for check in failed)
