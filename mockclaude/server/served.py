"""A scenario that is being served.

In: a scenario. Out: what has happened in it so far, and what follows from both for the next request.
Knows nothing of how a request is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope
from mockclaude.reply.signatures import Signatures
from mockclaude.scenario.rules import Scenario
from mockclaude.server.admission import Admission
from mockclaude.server.calls import Call
from mockclaude.server.memory import Memory
from mockclaude.server.prompt_cache import PromptCache
from mockclaude.server.threads import Threads


@dataclass(frozen=True)
class Served:
    """A scenario, and what has happened in it."""

    scenario: Scenario
    memory: Memory = field(default_factory=Memory)
    prompt_cache: PromptCache = field(default_factory=PromptCache)
    threads: Threads = field(default_factory=Threads)
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        issued = Signatures(self.scenario.seed, self.scenario.recorded)
        object.__setattr__(self, "admission", Admission(self.scenario.policy, self._mentions, issued))

    def _mentions(self, model: str) -> bool:
        conditions = (condition for rule in self.scenario.rules for condition in rule.conditions)
        return any(condition.key == "model" and condition.holds(model) for condition in conditions)

    def draws(self, rule: str, fingerprint: str, lane: str) -> Draws:
        """Return the draws for the answer that a rule gives to a request, counting its occurrence."""
        occurrence = self.memory.occurrence(rule, fingerprint, lane)
        return Draws(self.scenario.seed, rule, fingerprint, lane, occurrence)

    def envelope(self, call: Call, fingerprint: str | None = None) -> Envelope:
        """Return what a response that no rule decides carries."""
        asked = call.fingerprint() if fingerprint is None else fingerprint
        return Envelope(*self.draws("", asked, call.lane).ids(), call.now, call.chunked)
