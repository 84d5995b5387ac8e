"""The state of a scenario that is served: its rules, the added rules, and its store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

from mockclaude.api.fingerprint import Fingerprints
from mockclaude.api.request import MessagesRequest
from mockclaude.engine.http_request import HttpRequest, find_lane
from mockclaude.engine.state.memory_store import MemoryStore
from mockclaude.engine.state.resources import MAX_LANE_BYTES
from mockclaude.engine.state.store import Claim, Store
from mockclaude.engine.validate import RequestValidator
from mockclaude.reply.draws import Draws
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.signatures import Signatures
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.rules import KnownSignatures, Rule, Scenario

if TYPE_CHECKING:
    from mockclaude.scenario.loading.inline import RuleBatch

_OTHER_LANE = "the rule was added for another lane; send its API key, or its name in `x-mockclaude-lane`"
_LONGEST_MODEL = 1_000
"""Characters of a model name that is compared with those of the rules."""


ENDS_AT_POLL = "the first poll that may find the end of the batch ends it"
"""The note on a batch without a duration: the clock is instant, or the scenario counts polls."""


class ScenarioState:
    """A scenario with its added rules and its store.

    Rules may be added in any thread: a request reads the rules once, and a change replaces them by one assignment.

    Attributes:
        scenario: The scenario of the files.
        added: The added rules by lane; None is every lane.
        rules: The added rules, then the scenario's own.
        recorded_rules: The rules with a recorded reply, which also answer requests that are refused.
        endpoint_rules: The rules that name an endpoint. Only these match requests to other endpoints than `messages`.
        endpoint_chaos: The faults of chaos that name an endpoint.
        store: Counters, limits, prompt cache, threads and resources.
        max_upload: The maximum number of bytes of the files of a lane, and of its skills.
        retry_speed: Divides the retry delays sent to clients; 0 makes them 1 ms.
        problem: The errors in the current files, if an earlier version is served instead; '' for none.
        limits_revision: A number that changes when the limits do.
        is_instant: Whether the clock is instant, so that polls end batches.
        resets: How often the state was reset. Effects of decisions before a reset are not committed after it.
    """

    def __init__(
        self,
        scenario: Scenario,
        retry_speed: float = 1.0,
        store: Store | None = None,
        max_upload: int = MAX_LANE_BYTES,
    ) -> None:
        self.retry_speed = retry_speed
        self.max_upload = max_upload
        self.added: dict[str | None, tuple[RuleBatch, ...]] = {}
        self.problem = ""
        self.scenario = scenario
        self.store: Store = MemoryStore(max_upload) if store is None else store
        self.limits_revision = self.resets = 0
        self.is_instant = False
        self._batches = 0
        self._lock = RLock()
        """Held while the rules are changed."""
        self.use(scenario)

    def use(self, scenario: Scenario) -> None:
        """Replace the scenario, and keep the added rules before its own.

        Rules added to one lane come before rules added to all lanes. Counters follow the key of a rule: a rule that
        does not change keeps them, also if it is missing from a scenario in between.
        """
        with self._lock:
            self._use(scenario)

    def _use(self, scenario: Scenario) -> None:
        if scenario.limits is not self.scenario.limits:
            self.limits_revision += 1
        self.scenario = scenario
        added = self.added
        lanes = sorted(added, key=lambda lane: lane is None)
        parts = [*(batch.scenario for lane in lanes for batch in added[lane]), scenario]
        self.rules = RuleList(rule for part in parts for rule in part.rules)
        self.recorded_rules = RuleList(rule for rule in self.rules if any(reply.recorded for reply in rule.replies))
        self.endpoint_rules = RuleList(rule for rule in self.rules if _names_endpoint(rule.conditions))
        self.endpoint_chaos = [fault for fault in scenario.chaos if _names_endpoint(fault.conditions)]
        recorded = KnownSignatures.together([part.known_signatures for part in parts])
        self.validator = RequestValidator(
            scenario.policy,
            partial(_mentions, self.rules),
            partial(_names, self.rules),
            Signatures(scenario.seed, recorded),
        )

    def add(
        self, rules: Any, where: str, lane: str | None = None, *, bind: Callable[[Rule], Rule] | None = None
    ) -> tuple[Rule, ...]:
        """Add rules after earlier added rules and before the scenario's own.

        Args:
            rules: One rule or a list, as in a file.
            where: The place of the rules, for diagnostics.
            lane: The lane that the rules apply to; None for every lane.
            bind: Adds functions, which a file cannot specify, to each rule.

        Raises:
            ScenarioError: A rule is invalid.
        """
        from mockclaude.scenario.loading.inline import compile_rules

        with self._lock:
            before = self.added.get(lane, ())
            self._batches += 1
            batch = compile_rules(rules, where, before, self._batches)
            if lane is not None:
                batch = batch.with_condition(self._lane_condition(lane))
            if bind is not None:
                batch = batch.with_functions(bind, before)
            self.added = {**self.added, lane: (*before, batch)}
            self._use(self.scenario)
        return batch.scenario.rules

    def remove(self, rule_id: str, lane: str | None = None) -> bool:
        """Remove the added rules with this id; return whether any existed.

        Args:
            rule_id: The id.
            lane: The lane that the rules apply to; None removes the rules of every lane.
        """
        return self._remove(lambda rule: rule.id == rule_id, lane)

    def remove_rules(self, rules: Iterable[Rule]) -> None:
        """Remove these rules, which `add` returned. Ignore rules removed before."""
        self._remove(frozenset(rules).__contains__)

    def _remove(self, is_removed: Callable[[Rule], bool], lane: str | None = None) -> bool:
        with self._lock:
            before = len(self.rules)
            self.added = {
                where: tuple(batch.without(is_removed) for batch in batches) if lane in (None, where) else batches
                for where, batches in self.added.items()
            }
            self._use(self.scenario)
            return len(self.rules) < before

    def reset(self, lane: str | None = None) -> None:
        """Remove the added rules and clear the store; with `lane`, only those of the lane."""
        with self._lock:
            if lane is None:
                self.added = {}
                self.limits_revision += 1
                self.resets += 1
            else:
                self.added = {where: batches for where, batches in self.added.items() if where != lane}
            self.store.forget(lane)
            self._use(self.scenario)

    def fork(self) -> ScenarioState:
        """Return a copy with a store of its own."""
        fork = copy(self)
        fork.store = self.store.fork()
        return fork

    def response_context(self, http: HttpRequest, fingerprints: Fingerprints | None = None) -> ResponseContext:
        """Claim an occurrence for a request without a rule; return its context."""
        head = http.head
        whole, canonical = fingerprints or http.raw_fingerprints()
        ticket = self.store.claim(Claim(head.lane, whole, is_message=head.is_message))
        assert ticket is not None, "only a rule can be exhausted"
        draws = Draws(self.scenario.seed, "", whole, head.lane, ticket.occurrence, canonical)
        return ResponseContext(*draws.ids(), http.now, self.retry_speed)

    def _lane_condition(self, lane: str) -> Condition:
        def look(request: MessagesRequest) -> str:
            return find_lane(request.headers, self.scenario.policy.lane_from, request.body)

        return Condition("lane", f"exactly {lane!r}", look, lane.__eq__, difference=lambda _: _OTHER_LANE)


def create_store(name: str, lane_bytes: int, data: Path | None = None) -> Store:
    """Create the store of a scenario.

    Args:
        name: The name of the scenario.
        lane_bytes: The maximum size of the resources of a kind in a lane.
        data: The folder that keeps files and skills over a restart; None keeps them in memory only.
    """
    if data is None:
        return MemoryStore(lane_bytes)
    from mockclaude.engine.state.data_folder import FolderStore

    return FolderStore(data, name, lane_bytes)


def _mentions(rules: RuleList, model: str) -> bool:
    """Return whether a condition of `rules` accepts the name of a model."""
    return len(model) <= _LONGEST_MODEL and any(condition.holds(model) for condition in _model_conditions(rules))


def _names(rules: RuleList, model: str) -> bool:
    """Return whether a condition of `rules` names exactly this model."""
    return any(model in condition.texts for condition in _model_conditions(rules))


def _model_conditions(rules: RuleList) -> Iterator[Condition]:
    return (condition for rule in rules for condition in rule.conditions if condition.key == "model")


def _names_endpoint(conditions: Iterable[Condition]) -> bool:
    return any(condition.key == "endpoint" for condition in conditions)
