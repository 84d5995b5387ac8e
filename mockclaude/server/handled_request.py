"""A request with a decision: encode, journal and send the response, then release the claims."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from aiohttp import web

from mockclaude.engine.decision import NO_RESPONSE, Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.routes import commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.reply.response import End
from mockclaude.server.clock import Clock
from mockclaude.server.live_player import play_live
from mockclaude.server.player import SentResponse, play
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script


class Server(Protocol):
    """The parts of a server that sending a response needs.

    Attributes:
        clock: The clock of responses.
        journal: The journal.
        refuse: Refuses connections for a number of microseconds of a clock.
    """

    clock: Clock
    journal: Journal
    refuse: Callable[[int, Clock], None]


@dataclass(slots=True)
class HandledRequest:
    """A request and its decision, which a complete live reply replaces.

    Attributes:
        decision: The decision.
        scenario: The name of the scenario.
        http: The request; None for the index page.
        state: The state of the scenario; None for a request to no scenario.
        resets: The number of resets of the state at the time of the decision. After another one nothing is committed.
    """

    decision: Decision = NO_RESPONSE
    scenario: str = ""
    http: HttpRequest | None = None
    state: ScenarioState | None = None
    resets: int = 0

    async def send(self, request: web.BaseRequest, entry: JournalEntry, server: Server) -> SentResponse:
        """Journal the decision, send the response, and journal its ending."""
        http11 = bool(request.version >= (1, 1))
        decision, max_body = self.decision, server.journal.max_body
        if request.method == "HEAD":
            decision = self.decision = decision.without_body()
        script = encode(decision.response, http11=http11)
        entry.record_decision(decision, script, max_body)
        if self.http is not None:
            entry.record_request(self.http, self.scenario, max_body)
            server.journal.keep(entry)
        if decision.live is not None:
            complete = partial(self._complete, entry, server)
            script, played = await play_live(decision.live, request, server.clock, entry.sent, complete)
        else:
            if script.down_us:
                server.refuse(script.down_us, server.clock)
            played = await play(script, request, server.clock, sent=entry.sent)
        as_usual = script.end is End.KEEP or (script.end is End.CLOSE and not http11)
        entry.ending = "" if as_usual else script.end.name.lower()
        return played

    def _complete(self, entry: JournalEntry, server: Server, decision: Decision, script: Script) -> None:
        """Commit and journal the decision of a complete live reply."""
        assert self.state is not None, "only a scenario has live replies"
        self.decision = decision
        if self.state.resets == self.resets:
            decision = self.decision = commit(self.state, decision)
        entry.record_decision(decision, script, server.journal.max_body)
        server.journal.grow(entry)
        if script.down_us:
            server.refuse(script.down_us, server.clock)

    def release(self) -> None:
        """Commit the effects of the end of the response, even after an error."""
        assert self.state is not None, "only a scenario has effects"
        if self.state.resets == self.resets:
            self.state.store.commit(self.decision.at_end)
