"""A request with a decision: encode, journal and send the response, then release the claims."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import NO_RESPONSE, Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.refusal import refuse
from mockclaude.engine.routes import commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.journal.entry import PLAYING, JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.reply.response import End
from mockclaude.server.clock import Clock
from mockclaude.server.player import SentResponse, play
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script


class Server(Protocol):
    """The parts of a server that sending a response needs.

    Attributes:
        clock: The clock of responses.
        journal: The journal.
        numbers: The numbers of the next requests.
        refuse: Refuses connections for a number of microseconds of a clock.
    """

    clock: Clock
    journal: Journal
    numbers: Iterator[int]
    refuse: Callable[[int, Clock], None]


class HandledRequest:
    """A request and its decision, which a complete live reply replaces.

    Attributes:
        entry: The journal entry.
        script: The bytes of the response; None before the decision.
        error: The error that prevented the decision.
    """

    __slots__ = ("_begin", "_decision", "_resets", "_server", "_state", "entry", "error", "script")

    def __init__(self, server: Server, method: str, path: str, headers: Mapping[str, str]) -> None:
        self._begin = time.perf_counter()
        self._server = server
        self._decision = NO_RESPONSE
        self._state: ScenarioState | None = None
        self._resets = 0
        self.entry = JournalEntry(next(server.numbers), server.clock.now(), method, path, headers)
        self.script: Script | None = None
        self.error: BaseException | None = None

    @property
    def journal(self) -> Journal:
        """The journal of the server."""
        return self._server.journal

    def record(
        self,
        decision: Decision,
        http: HttpRequest | None = None,
        scenario: str = "",
        state: ScenarioState | None = None,
        *,
        http11: bool,
    ) -> None:
        """Encode the response, and journal the decision.

        Args:
            decision: The decision.
            http: The request; None for the index page, which the journal does not keep.
            scenario: The name of the scenario.
            state: The state of the scenario; None for a request to no scenario.
            http11: Whether the client speaks HTTP/1.1.
        """
        entry, journal = self.entry, self._server.journal
        if entry.method == "HEAD":
            decision = decision.without_body()
        self._decision = decision
        if state is not None:
            self._state, self._resets = state, state.resets
        self.script = script = encode(decision.response, http11=http11)
        entry.record_decision(decision, script, journal.max_body)
        if http is not None:
            entry.record_request(http, scenario, journal.max_body)
            journal.keep(entry)

    async def decide_batch(self, http: HttpRequest, scenario: str, state: ScenarioState) -> None:
        """Decide and journal a request to create a batch; other requests run meanwhile."""
        from mockclaude.server.batch_decision import decide_batch, journal_items

        decision = await decide_batch(http, state)
        self.record(decision, http, scenario, state, http11=http.head.http11)
        if decision.batch is not None:
            await journal_items(self._server.journal, self.entry, decision.batch, self._server.numbers)

    def refuse(self, error: ApiError, http: HttpRequest, root: ScenarioState) -> None:
        """Refuse a request to no scenario."""
        self.record(refuse(http, root, error), http, http11=http.head.http11)

    def sent_at_once(self) -> None:
        """Journal the ending of an instant response."""
        self.entry.sent.append(0)
        self.entry.ending = ""
        self.end()

    async def send(self, request: web.BaseRequest) -> SentResponse:
        """Send the response, and journal its ending."""
        script, server, sent = self.script, self._server, self.entry.sent
        assert script is not None, "a decision is sent"
        if self._decision.live is not None:
            from mockclaude.server.live_player import play_live

            script, played = await play_live(self._decision.live, request, server.clock, sent, self._complete)
        else:
            if script.down_us:
                server.refuse(script.down_us, server.clock)
            self._decision = self._decision._replace(response=NO_RESPONSE.response)  # the script has its bytes
            played = await play(script, request, server.clock, sent=sent)
        as_usual = script.end is End.KEEP or (script.end is End.CLOSE and request.version < (1, 1))
        self.entry.ending = "" if as_usual else script.end.name.lower()
        return played

    def _complete(self, decision: Decision, script: Script) -> None:
        """Commit and journal the decision of a complete live reply."""
        assert self._state is not None, "only a scenario has live replies"
        server, self._decision = self._server, decision
        if self._state.resets == self._resets:
            decision = self._decision = commit(self._state, decision)
        self.entry.record_decision(decision, script, server.journal.max_body)
        server.journal.grow(self.entry)
        if script.down_us:
            server.refuse(script.down_us, server.clock)

    def end(self) -> None:
        """Commit the effects of the end of the response, and publish the end."""
        entry = self.entry
        if self._decision.at_end:
            assert self._state is not None, "only a scenario has effects"
            self._state.store.commit(self._decision.at_end)  # after a reset they change nothing
        if entry.ending == PLAYING:
            entry.ending = "client gone"
        entry.seconds = time.perf_counter() - self._begin
        self._server.journal.end(entry)


class ClientConnection(Protocol):
    """A connection to a client.

    Attributes:
        requests: The number of its requests.
        handled: The decided request that is handed over, if any.
        key: The key of the head of the current request; b'' for an unknown key.
    """

    requests: int
    handled: HandledRequest | None
    key: bytes
