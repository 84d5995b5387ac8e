"""A scenario that is served: its rules with those that were added, and its store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from typing import Any

from mockclaude.api.fingerprint import Fingerprints
from mockclaude.engine.http_request import HttpRequest, lane_of
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.store import Claim, Store
from mockclaude.engine.validate import RequestValidator
from mockclaude.reply.draws import Draws
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.signatures import Signatures
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.loading import inline
from mockclaude.scenario.loading.inline import RuleBatch
from mockclaude.scenario.rules import KnownSignatures, Rule, Scenario

_LONGEST_MODEL = 1_000
"""Characters of a model name that is compared with those of the rules."""


class ScenarioState:
    """A scenario, the rules that were added to it, and the store of what has happened in it.

    Attributes:
        rules: The rules that were added, then the scenario's own.
        retry_speed: Clients are told to retry errors so many times as fast as is written; with 0, after a millisecond.
        problem: What is wrong with the files as they are now, if they cannot be used and what they were before is
            served on.
        limits_revision: A number that changes when the limits do.
    """

    def __init__(self, scenario: Scenario, retry_speed: float = 1.0, store: Store | None = None) -> None:
        self.retry_speed = retry_speed
        self.added: dict[str | None, tuple[RuleBatch, ...]] = {}
        self.problem = ""
        self.scenario = scenario
        self.store: Store = MemoryStore() if store is None else store
        self.limits_revision = 0
        self._batches = 0
        self.use(scenario)

    def use(self, scenario: Scenario) -> None:
        """Serve `scenario` from now on, after the rules that were added: those of a lane, then those of all.

        Counters belong to the keys of rules: a rule that is in both scenarios goes on where it was.
        """
        if scenario.limits is not self.scenario.limits:
            self.limits_revision += 1
        self.scenario = scenario
        lanes = sorted(self.added, key=lambda lane: lane is None)
        parts = [*(addition.scenario for lane in lanes for addition in self.added[lane]), scenario]
        self.rules = RuleList(rule for part in parts for rule in part.rules)
        recorded = KnownSignatures.together([part.known_signatures for part in parts])
        self.validator = RequestValidator(scenario.policy, self._mentions, Signatures(scenario.seed, recorded))

    def add(
        self, rules: Any, where: str, lane: str | None = None, *, made: Callable[[Rule], Rule] | None = None
    ) -> tuple[Rule, ...]:
        """Let `rules`, one or a list as a file has them, answer before those of the scenario and after those added
        before; if `lane` is given, only in it. Raises `ScenarioError` with what is wrong, told as being at `where`.

        `made` gives rules what no file can say: functions.
        """
        before = self.added.get(lane, ())
        self._batches += 1
        addition = inline.compile_rules(rules, where, before).with_batch(self._batches)
        if lane is not None:
            addition = addition.with_condition(_in_lane(lane))
        if made is not None:
            addition = addition.with_functions(made, before)
        self.added[lane] = (*before, addition)
        self.use(self.scenario)
        return addition.scenario.rules

    def remove(self, rule_id: str, lane: str | None = None) -> bool:
        """Take back the added rules of this id, or of them those of one lane; return whether there were any."""
        return self._remove(lambda rule: rule.id == rule_id, lane)

    def take_back(self, rules: Iterable[Rule]) -> None:
        """Take back these very rules, as `add` returned them, if they are still there."""
        self._remove(frozenset(rules).__contains__)

    def _remove(self, gone: Callable[[Rule], bool], lane: str | None = None) -> bool:
        before = len(self.rules)
        for where, additions in self.added.items():
            if lane in (None, where):
                self.added[where] = tuple(addition.without(gone) for addition in additions)
        self.use(self.scenario)
        return len(self.rules) < before

    def reset(self, lane: str | None = None) -> None:
        """Take back the rules that were added, and forget what has happened; with `lane`, only what concerns it."""
        if lane is None:
            self.added.clear()
            self.limits_revision += 1
        else:
            self.added.pop(lane, None)
        self.store.forget(lane)
        self.use(self.scenario)

    def _mentions(self, model: str) -> bool:
        if len(model) > _LONGEST_MODEL:
            return False
        conditions = (condition for rule in self.rules for condition in rule.conditions)
        return any(condition.key == "model" and condition.holds(model) for condition in conditions)

    def fork(self) -> ScenarioState:
        """Return a copy whose decisions change nothing here."""
        fork = copy(self)
        fork.store = self.store.fork()
        return fork

    def undecided(self, http: HttpRequest, fingerprints: Fingerprints | None = None) -> ResponseContext:
        """Claim an occurrence for a request that no rule decides; return what its response carries."""
        head = http.head
        whole, canonical = fingerprints or http.raw_fingerprints()
        ticket = self.store.claim(Claim(head.lane, whole, is_message=head.is_message))
        assert ticket is not None, "only a rule can be exhausted"
        draws = Draws(self.scenario.seed, "", whole, head.lane, ticket.occurrence, canonical)
        return ResponseContext(*draws.ids(), http.now, self.retry_speed)


def _in_lane(lane: str) -> Condition:
    return Condition("lane", f"exactly {lane!r}", lambda request: lane_of(request.headers), lane.__eq__)
