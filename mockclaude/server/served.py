"""A scenario that is being served.

In: a scenario. Out: what has happened in it so far, and what follows from both for the next request.
Knows nothing of how a request is answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope
from mockclaude.reply.signatures import Signatures
from mockclaude.scenario.rules import Recorded, Rule, Scenario
from mockclaude.server.admission import Admission
from mockclaude.server.calls import Call
from mockclaude.server.memory import Memory
from mockclaude.server.prompt_cache import PromptCache
from mockclaude.server.threads import Threads


class Served:
    """A scenario, the rules that were added to it, and what has happened in it.

    `rules` are those that were added and then the scenario's own. Clients are told to retry errors `retry_speed` times
    as fast as is written; with 0, after a millisecond.
    """

    def __init__(self, scenario: Scenario, retry_speed: float = 1.0) -> None:
        self.retry_speed = retry_speed
        self.reset()
        self.use(scenario)

    def reset(self) -> None:
        """Forget what has happened."""
        self.memory = Memory()
        self.prompt_cache = PromptCache()
        self.threads = Threads()

    def use(self, scenario: Scenario, added: Sequence[Scenario] = ()) -> None:
        """Let `scenario` answer from now on, and before its rules those of `added`."""
        self.scenario = scenario
        self.rules: tuple[Rule, ...] = (*(rule for other in added for rule in other.rules), *scenario.rules)
        recorded = Recorded.together([scenario.recorded, *(other.recorded for other in added)])
        self.admission = Admission(scenario.policy, self._mentions, Signatures(scenario.seed, recorded))

    def _mentions(self, model: str) -> bool:
        conditions = (condition for rule in self.rules for condition in rule.conditions)
        return any(condition.key == "model" and condition.holds(model) for condition in conditions)

    def draws(self, rule: str, fingerprint: str, lane: str) -> Draws:
        """Return the draws for the answer that a rule gives to a request, counting its occurrence."""
        occurrence = self.memory.occurrence(rule, fingerprint, lane)
        return Draws(self.scenario.seed, rule, fingerprint, lane, occurrence)

    def envelope(self, call: Call, draws: Draws) -> Envelope:
        """Return what the response to `call` carries, with ids from `draws`."""
        return Envelope(*draws.ids(), call.now, call.chunked, self.retry_speed)

    def undecided(self, call: Call, fingerprint: str | None = None) -> Envelope:
        """Return what a response that no rule decides carries."""
        asked = call.fingerprint() if fingerprint is None else fingerprint
        return self.envelope(call, self.draws("", asked, call.lane))
