"""Which rule answers a request, and why the others do not.

Matching and explaining evaluate the same conditions: matching stops at the first that fails, explaining evaluates all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import Condition, ConditionResult, Look
from mockclaude.scenario.conditions.hints import check_with_hint
from mockclaude.scenario.conditions.rule_index import Found, RuleIndex, RuleList, is_decided, may_match
from mockclaude.scenario.conditions.searches import spend
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.rules import Rule, RuleKey

_LIKELY = 16
"""How many rules are compared in full to find the closest."""


def find_matches(rules: Sequence[Rule], request: MessagesRequest) -> Iterator[Rule]:
    """Yield the rules whose conditions all hold, in order, whether exhausted or not.

    Raises:
        TooMuchWorkError: The conditions take more work than one request may.
    """
    if isinstance(rules, RuleList) and rules.is_long:
        yield from _matching_many(rules, request)
        return
    looked: Look | None = None
    found: Any = None
    text = request.user
    for rule in rules:
        if rule.needle not in text:
            continue
        for look, holds, _ in rule.tests:
            if look is not looked:
                looked, found = look, look(request)
            if not holds(found):
                break
        else:
            yield rule


def _matching_many(rules: RuleList, request: MessagesRequest) -> Iterator[Rule]:
    """Do what `find_matches` does, but skip rules whose needles are missing and count the work of searches."""
    for rule, tests in rules.needles.candidates(request):
        for look, holds, searches in tests:
            spend(searches, request)
            if not holds(look(request)):
                break
        else:
            yield rule


@dataclass(frozen=True, slots=True)
class MatchResult:
    """One rule held against one request: a check for each condition, for whether the rule was used up, and, if it
    would answer but for a rule above it, for that.
    """

    rule: Rule
    checks: tuple[ConditionResult, ...]

    @property
    def failed(self) -> tuple[ConditionResult, ...]:
        """The checks that did not hold."""
        return tuple(check for check in self.checks if not check.held)

    @property
    def shadowed(self) -> bool:
        """Whether the rule would answer, if none above it did."""
        return [check.key for check in self.failed] == ["order"]


def explain(rules: Sequence[Rule], request: MessagesRequest, counts: Mapping[RuleKey, int]) -> list[MatchResult]:
    """Return every rule with all its checks, in order; the first without a failed one is the one that answers."""
    explained: list[MatchResult] = []
    answering: Rule | None = None
    for rule in rules:
        explanation = _explained(rule, request, counts, check_with_hint)
        if not explanation.failed and answering:
            explanation = MatchResult(rule, (*explanation.checks, _shadowed(answering)))
        elif not explanation.failed:
            answering = rule
        explained.append(explanation)
    return explained


def _explained(
    rule: Rule,
    request: MessagesRequest,
    counts: Mapping[RuleKey, int],
    check: Callable[[Condition, MessagesRequest], ConditionResult] = Condition.check,
) -> MatchResult:
    checks = tuple(check(condition, request) for condition in rule.conditions)
    return MatchResult(rule, checks if rule.times is None else (*checks, _spent(rule.times, counts.get(rule.key, 0))))


def _spent(times: int, answered: int) -> ConditionResult:
    hint = "" if answered < times else f"already used up (times: {times})"
    return ConditionResult("times", f"at most {times}", f"{answered} before", not hint, hint)


def _shadowed(by: Rule) -> ConditionResult:
    return ConditionResult("order", "no rule above that holds", by.label, False, f"shadowed by {by.label}")


def find_near_miss(
    rules: Sequence[Rule], request: MessagesRequest, counts: Mapping[RuleKey, int]
) -> MatchResult | None:
    """Return how the rule that comes nearest to `request`, which none answers, was held against it.

    Only the rules that come nearest by their cheap conditions are held against it wholly.

    Raises:
        TooMuchWorkError: The conditions take more work than one request may.
    """
    index = rules.needles if isinstance(rules, RuleList) else RuleIndex(rules)
    found = index.find(request)
    likely = nsmallest(_LIKELY, rules, key=lambda rule: _estimate(rule, request, found, counts))
    explained = [_explained(rule, request, counts) for rule in likely]
    nearest = min(explained, key=lambda explanation: distance(explanation.checks), default=None)
    return nearest and _explained(nearest.rule, request, counts, check_with_hint)


def _estimate(rule: Rule, request: MessagesRequest, found: Found, counts: Mapping[RuleKey, int]) -> tuple[int, bool]:
    """Estimate the distance of a rule that does not match, as if its costly conditions held.

    The only condition of a rule fails without being tested.
    """
    if rule.times is None and len(rule.conditions) == 1:
        return 1, rule.conditions[0].key != "user"
    spent = rule.times is not None and counts.get(rule.key, 0) >= rule.times
    failed = [condition.key for condition in rule.conditions if not _may_hold(condition, request, found)]
    total = len(rule.conditions) + (rule.times is not None)
    return 2 * (len(failed) + spent) - total, spent or any(key != "user" for key in failed)


def _may_hold(condition: Condition, request: MessagesRequest, found: Found) -> bool:
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


def describe_unmatched(nearest: MatchResult | None) -> str:
    """Return one sentence that names the closest rule and the conditions that failed there."""
    if nearest is None:
        return "No rule answers this request: there are none yet"
    reasons = "; ".join(map(str, nearest.failed))
    return f"No rule answers this request. The closest is {nearest.rule.label}: {reasons}"


def distance(checks: Sequence[ConditionResult]) -> tuple[int, bool]:
    """Return what is smaller for closer checks: few failures beside what held, and those of what the user said."""
    failed = [check for check in checks if not check.held]
    return 2 * len(failed) - len(checks), any(check.key != "user" for check in failed)
