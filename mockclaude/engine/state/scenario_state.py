"""A scenario that is being served.

In: a scenario. Out: what has happened in it so far, and what follows from both for the next request.
Knows nothing of how a request is answered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from mockclaude.engine.admission import RequestValidator
from mockclaude.engine.http_request import Answer, Call, Fingerprints, lane_of
from mockclaude.engine.state.counters import Memory
from mockclaude.engine.state.limits import Limits
from mockclaude.engine.state.prompt_cache import PromptCache
from mockclaude.engine.state.threads import Threads
from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope
from mockclaude.reply.signatures import Signatures
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.conditions.rule_index import RuleList
from mockclaude.scenario.loading import inline
from mockclaude.scenario.loading.inline import Addition
from mockclaude.scenario.rules import Recorded, Rule, Scenario

_LONGEST_MODEL = 1_000
"""Characters of a model name that is compared with those of the rules."""


class Served:
    """A scenario, the rules that were added to it, and what has happened in it.

    `rules` are those that were added and then the scenario's own. Clients are told to retry errors `retry_speed` times
    as fast as is written; with 0, after a millisecond. `problem` says what is wrong with the files as they are now, if
    they cannot be used and what they were before is served on. `dropped` has notes for the journal on what bounds made
    it forget.
    """

    def __init__(self, scenario: Scenario, retry_speed: float = 1.0) -> None:
        self.retry_speed = retry_speed
        self.added: dict[str | None, tuple[Addition, ...]] = {}
        self.problem = ""
        self.dropped: list[str] = []
        self.scenario = scenario
        self._forget()
        self.use(scenario)

    def _forget(self) -> None:
        self.dropped.clear()
        drop = self.dropped.append
        self.memory = Memory(drop)
        self.prompt_cache = PromptCache(drop)
        self.threads = Threads(drop)
        self.limits = Limits()

    def use(self, scenario: Scenario) -> None:
        """Let `scenario` answer from now on, after the rules that were added: those of a lane, then those of all.

        A rule that was there before, by its id, goes on where it was.
        """
        if scenario is not self.scenario:
            before, now = _numbered(self.scenario.rules), _numbered(scenario.rules)
            self.memory.renew({rule: now[key] for key, rule in before.items() if key in now})
        self.scenario = scenario
        lanes = sorted(self.added, key=lambda lane: lane is None)
        parts = [*(addition.scenario for lane in lanes for addition in self.added[lane]), scenario]
        self.rules = RuleList(rule for part in parts for rule in part.rules)
        recorded = Recorded.together([part.recorded for part in parts])
        self.admission = RequestValidator(scenario.policy, self._mentions, Signatures(scenario.seed, recorded))
        if self.limits.limits is not scenario.limits:
            self.limits = Limits(scenario.limits, self.dropped.append)

    def add(
        self, rules: Any, where: str, lane: str | None = None, *, made: Callable[[Rule], Rule] | None = None
    ) -> tuple[Rule, ...]:
        """Let `rules`, one or a list as a file has them, answer before those of the scenario and after those added
        before; if `lane` is given, only in it. Raises `ScenarioError` with what is wrong, told as being at `where`.

        `made` gives rules what no file can say: functions.
        """
        before = self.added.get(lane, ())
        addition = inline.add(rules, where, before)
        if lane is not None:
            addition = addition.narrowed(_in_lane(lane))
        if made is not None:
            addition = addition.made(made, before)
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
            self._forget()
        else:
            self.added.pop(lane, None)
            self.memory.forget(lane)
        self.use(self.scenario)

    def _mentions(self, model: str) -> bool:
        if len(model) > _LONGEST_MODEL:
            return False
        conditions = (condition for rule in self.rules for condition in rule.conditions)
        return any(condition.key == "model" and condition.holds(model) for condition in conditions)

    def draws(self, rule: str, fingerprints: Fingerprints, lane: str) -> Draws:
        """Return the draws for the answer that a rule gives to a request, counting its occurrence."""
        whole, question = fingerprints
        occurrence = self.memory.occurrence(rule, whole, lane)
        return Draws(self.scenario.seed, rule, whole, lane, occurrence, question)

    def envelope(self, call: Call, draws: Draws) -> Envelope:
        """Return what the response to `call` carries, with ids from `draws`."""
        return Envelope(*draws.ids(), call.now, call.chunked, self.retry_speed)

    def undecided(self, call: Call, fingerprints: Fingerprints | None = None) -> Envelope:
        """Return what a response that no rule decides carries."""
        return self.envelope(call, self.draws("", fingerprints or call.as_it_came(), call.lane))

    def noted(self, answer: Answer) -> Answer:
        """Return `answer` with notes on what was dropped since the last one; a live one gets its notes later."""
        if not self.dropped or answer.live:
            return answer
        notes = (*answer.notes, *self.dropped)
        self.dropped.clear()
        return answer._replace(notes=notes)


def _numbered(rules: Iterable[Rule]) -> dict[tuple[str, int], Rule]:
    """Return rules by their ids, and by their order where several say the same."""
    seen: Counter[str] = Counter()
    numbered: dict[tuple[str, int], Rule] = {}
    for rule in rules:
        numbered[rule.id, seen[rule.id]] = rule
        seen[rule.id] += 1
    return numbered


def _in_lane(lane: str) -> Condition:
    return Condition("lane", f"exactly {lane!r}", lambda request: lane_of(request.headers), lane.__eq__)
