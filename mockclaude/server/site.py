"""The server of scenarios: it reads a request, decides, sends the response and writes the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.api.redaction import redact
from mockclaude.engine.routes import answer, refuse
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust
from mockclaude.journal.entry import PLAYING, JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.scenario.rules import Scenario
from mockclaude.server import index_page
from mockclaude.server.admin import is_admin_path
from mockclaude.server.clock import REAL, Clock
from mockclaude.server.handled_request import HandledRequest
from mockclaude.server.heads import HeadKey, Heads, KnownHead, build_http_request, head_key
from mockclaude.server.player import CLOSED
from mockclaude.server.request_body import read_body

_LOCAL = Trust()


class Site:
    """The scenarios of a server by name; '' is the scenario at the root.

    Attributes:
        clock: The clock of responses.
        journal: The journal, with an entry for each request.
        served: The states of the scenarios by name.
        trust: The access rules.
        refuse: Called to refuse connections for a number of microseconds of a clock. The owner of the socket sets it.
        numbers: The numbers of the next requests.
    """

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        *,
        clock: Clock = REAL,
        journal: Journal | None = None,
        trust: Trust = _LOCAL,
        retry_speed: float = 1.0,
    ) -> None:
        self.clock = clock
        self.journal = Journal() if journal is None else journal
        self.served = {name: ScenarioState(scenario, retry_speed) for name, scenario in scenarios.items()}
        self.trust = trust
        self._heads = Heads(self.served, trust)
        self._retry_speed = retry_speed
        self.refuse: Callable[[int, Clock], None] = lambda *_: None
        self._began = clock.now()
        self.numbers: Iterator[int] = count(1)

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios by name."""
        return {name: served.scenario for name, served in self.served.items()}

    def prepare(self) -> None:
        """Prepare the rules of all scenarios for the first request."""
        for served in self.served.values():
            served.rules.prepare()

    def forget_heads(self) -> None:
        """Drop the known heads, which contain credentials."""
        self._heads.known.clear()

    def use(self, scenarios: Mapping[str, Scenario]) -> None:
        """Replace the scenarios. A scenario with the same name keeps its state."""
        self.served = {name: self._update_state(name, scenario) for name, scenario in scenarios.items()}
        self._heads.use(self.served)

    def _update_state(self, name: str, scenario: Scenario) -> ScenarioState:
        served = self.served.get(name)
        if served is None:
            return ScenarioState(scenario, self._retry_speed)
        if served.scenario is not scenario:
            served.use(scenario)
        served.problem = ""
        return served

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        path = request.raw_path
        if path.startswith("/_") and is_admin_path(path):
            from mockclaude.server.admin.serve_admin import serve_admin

            return await serve_admin(self, request, self._heads.check_host)
        begin = time.perf_counter()
        key = head_key(request)
        known = self._heads.known.get(key)
        shown = redact(path) if known is None else known.path
        entry = JournalEntry(next(self.numbers), self.clock.now(), request.method, shown, request.headers)
        handled = HandledRequest()
        try:
            handled = await self._decide(request, key, known, entry.at)
            return await handled.send(request, entry, self)
        except ConnectionError:
            return CLOSED
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            entry.ending = "internal error"
            raise RuntimeError("a request could not be answered") from error  # aiohttp answers exceptions only
        finally:
            if handled.decision.at_end:
                handled.release()
            if entry.ending == PLAYING:
                entry.ending = "client gone"
            entry.seconds = time.perf_counter() - begin
            self.journal.end(entry)

    async def _decide(
        self, request: web.BaseRequest, key: HeadKey, known: KnownHead | None, now: float
    ) -> HandledRequest:
        body = b""
        try:
            if known is None:
                self._heads.check_host(request.headers.get("host", "localhost"))
            body = await read_body(request)
            if known is None or known.scenario not in self.served:  # a reload may remove it while the body arrives
                if request.raw_path.partition("?")[0] == "/":
                    return HandledRequest(index_page.respond(request, self.scenarios, self.trust, int(now)))
                known = self._heads.read(request, key)
            http = build_http_request(known.head, request, body, self._began, now)
            state = self.served[known.scenario]
            return HandledRequest(answer(http, state), known.scenario, http, state, state.resets)
        except ApiError as error:
            http = build_http_request(self._heads.read_stray(request, error), request, body, self._began, now)
            return HandledRequest(refuse(http, self.served[""], error), http=http)
