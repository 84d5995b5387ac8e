"""The proof that generated conditions match the requests of their rules, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.conditions.work import TooMuchWorkError
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.validation import validate
from mockclaude.scenario.match import find_matches
from mockclaude.scenario.recording.distinctions import Conditions
from mockclaude.scenario.recording.request_groups import RequestGroup
from mockclaude.scenario.rules import Rule, build_rules


class Proof(NamedTuple):
    """The requests that the rules of groups match.

    Attributes:
        collisions: Number of a group -> the numbers of the other groups whose requests its rule matches.
        failed: Number of a group -> the keys of the conditions that a request of the group does not match.
        unmatched: The groups with a request that takes too much work to match.
    """

    collisions: dict[int, set[int]]
    failed: dict[int, set[str]]
    unmatched: set[int]


def prove(groups: Sequence[RequestGroup], whens: Sequence[Conditions]) -> Proof:
    """Match the conditions of each group with every request.

    Groups with equal conditions have one rule.
    """
    shared = share_conditions(whens)
    rules = _compile([whens[numbers[0]] for numbers in shared])
    groups_of = dict(zip(rules, shared, strict=True))
    own = {number: rule for rule, numbers in groups_of.items() for number in numbers}
    proof = Proof({}, {}, set())
    for number, group in enumerate(groups):
        for recorded in group.requests:
            request = recorded.read()
            try:
                matched = list(find_matches(rules, request))
            except TooMuchWorkError:
                proof.unmatched.add(number)
                continue
            if own[number] not in matched:
                proof.failed.setdefault(number, set()).update(_list_failed(own[number], request))
            for rule in matched:
                if rule is not own[number]:
                    for other in groups_of[rule]:
                        proof.collisions.setdefault(other, set()).add(number)
    return proof


def share_conditions(whens: Sequence[Conditions]) -> list[list[int]]:
    """List the numbers of the groups with equal conditions, which have one rule."""
    shared: dict[bytes, list[int]] = {}
    for number, when in enumerate(whens):
        shared.setdefault(orjson.dumps(when, option=orjson.OPT_SORT_KEYS), []).append(number)
    return list(shared.values())


def _compile(whens: Sequence[Conditions]) -> RuleList:
    source = InlineSource("recording", {"rules": [{"when": when, "reply": "recorded"} for when in whens]})
    return RuleList(build_rules([(source, validate(source))]))


def _list_failed(rule: Rule, request: MessagesRequest) -> set[str]:
    failed = {condition.key for condition in rule.conditions if not condition.holds(condition.look(request))}
    return {key.partition(".")[0] for key in failed}
