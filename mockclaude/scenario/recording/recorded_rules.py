"""Generate the rules of a recording from the exchanges of a session.

Conditions are chosen by fingerprints of the requests. The matcher then proves them with every request, and conditions
that also match a request of another rule get more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from mockclaude.scenario.digests import merge_digests
from mockclaude.scenario.format.recorded import PARTS, VARIES
from mockclaude.scenario.garbage import without_garbage_collection
from mockclaude.scenario.recording.body_differences import Stability
from mockclaude.scenario.recording.condition_search import ConditionSearch
from mockclaude.scenario.recording.distinctions import Conditions
from mockclaude.scenario.recording.exchange import Exchange, RecordedRule
from mockclaude.scenario.recording.proof import Proof, share_conditions
from mockclaude.scenario.recording.request_groups import RequestGroup, group_requests
from mockclaude.scenario.recording.rule_names import ANY_REQUEST, name_rule, number_names
from mockclaude.scenario.recording.rule_order import describe_shadowed, order_rules
from mockclaude.scenario.recording.session_requests import find_call_ids, read_requests
from mockclaude.scenario.volatile import compile_volatile_parts

_UNKNOWN = " ".join(f"{part} {VARIES}" for part in PARTS)
"""The hashes of a request whose body is unknown."""


_TOO_MUCH_WORK = "its request takes too much work to match"
_FAILED = "it does not match each of its requests"


def build_rules(
    exchanges: Sequence[Exchange], volatile: Sequence[str] = (), contested: Collection[int] = ()
) -> list[RecordedRule]:
    """Build the rules that replay the exchanges of a session.

    The exchanges that `find_unreadable` returns have none. Exchanges without the body of their request
    have one rule for all requests, which is the last.

    Args:
        exchanges: The Messages requests of one lane.
        volatile: Expressions of RE2 for texts that differ in a replay.
        contested: The numbers of exchanges whose request a rule of another session matches, too. Their rules also look
            at the ids of tool calls, or at the first message.

    Raises:
        ValueError: An expression is invalid.
    """
    stability = Stability(compile_volatile_parts(tuple(volatile)), find_call_ids(exchanges))
    with without_garbage_collection():  # parsed requests form no circles, and collections would visit them often
        return _build(exchanges, stability, contested)


def _build(exchanges: Sequence[Exchange], stability: Stability, contested: Collection[int]) -> list[RecordedRule]:
    groups = group_requests(read_requests(exchanges), stability)
    search = ConditionSearch(groups, stability, contested)
    proof = search.run()
    shared = share_conditions(search.whens)
    drafts = [_Draft(search.whens[numbers[0]], [groups[number] for number in numbers]) for numbers in shared]
    rules = _order(drafts, shared, proof)
    bodiless = [exchange for exchange in exchanges if not exchange.body]
    if bodiless:
        rules.append(RecordedRule(ANY_REQUEST, {}, _UNKNOWN, _fold(bodiless)))
    names = number_names(rule.name for rule in rules)
    return [rule._replace(name=name) for rule, name in zip(rules, names, strict=True)]


class _Draft(NamedTuple):
    """The groups with equal conditions, and their conditions."""

    when: Conditions
    groups: list[RequestGroup]

    @property
    def rank(self) -> tuple[str, int, int]:
        """The place of the rule: by conversation, turn and arrival."""
        first = self.groups[0]
        return first.facts.first, first.facts.turn, first.exchanges[0].number

    def build(self, problem: str) -> RecordedRule:
        first = self.groups[0]
        name = name_rule(first.facts.turn, first.question, first.facts.result_names)
        exchanges = [exchange for group in self.groups for exchange in group.exchanges]
        request = merge_digests([group.digests for group in self.groups])
        return RecordedRule(name, self.when, request, _fold(exchanges), problem)


def _order(drafts: Sequence[_Draft], shared: Sequence[Sequence[int]], proof: Proof) -> list[RecordedRule]:
    rule_of = {number: rule for rule, numbers in enumerate(shared) for number in numbers}
    overlaps: dict[int, set[int]] = {}
    for number, others in proof.collisions.items():
        overlaps.setdefault(rule_of[number], set()).update(rule_of[other] for other in others)
    earlier = {rule: _list_earlier(rule, drafts, overlaps) for rule in overlaps}
    order = order_rules([draft.rank for draft in drafts], earlier)
    problems = dict.fromkeys([rule_of[number] for number in proof.unmatched], _TOO_MUCH_WORK)
    problems |= dict.fromkeys([rule_of[number] for number in proof.failed], _FAILED)
    problems |= describe_shadowed(order, overlaps, [draft.rank[-1] for draft in drafts])
    return [drafts[rule].build(problems.get(rule, "")) for rule in order]


def _list_earlier(rule: int, drafts: Sequence[_Draft], overlaps: Mapping[int, set[int]]) -> list[int]:
    """List the rules that must come before a rule. Of two that match each other's requests, it is the more specific."""
    return [
        other
        for other in overlaps[rule]
        if rule not in overlaps.get(other, ()) or len(drafts[other].when) > len(drafts[rule].when)
    ]


def _fold(exchanges: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Return exchanges in the order of their requests, of equal ones at the end only the first."""
    ordered = sorted(exchanges, key=lambda exchange: exchange.number)
    while len(ordered) > 1 and _has_equal_response(*ordered[-2:]):
        ordered.pop()
    return tuple(ordered)


def _has_equal_response(exchange: Exchange, other: Exchange) -> bool:
    one, two = exchange.reception, other.reception
    return (one.status, one.headers, one.body, one.ending) == (two.status, two.headers, two.body, two.ending)
