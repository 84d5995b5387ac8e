"""The server of scenarios: it reads a request, decides, sends the response and writes the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Protocol, cast

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.api.redaction import redact
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState, create_store
from mockclaude.engine.trust import Trust
from mockclaude.journal.journal import Journal
from mockclaude.scenario.format.policy import LaneSource
from mockclaude.scenario.rules import Scenario
from mockclaude.server.admin import is_admin_path
from mockclaude.server.clock import REAL, Clock
from mockclaude.server.handled_request import ClientConnection, HandledRequest
from mockclaude.server.heads import Heads, KnownHead, build_http_request, to_origin_form
from mockclaude.server.player import CLOSED
from mockclaude.server.request_body import MAX_UPLOAD, find_limit, read_body

_LOCAL = Trust()

_CREATE_BATCH = ("POST", "/v1/messages/batches")


class SiteOwner(Protocol):
    """A server for a site, which may be replaced between two requests."""

    site: Site


class Site:
    """The scenarios of a server by name; '' is the scenario at the root.

    Attributes:
        clock: The clock of responses.
        max_upload: The maximum number of bytes of an upload, and of the files, or of the skills, of a lane.
        heads: The accepted heads of requests.
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
        max_upload: int = MAX_UPLOAD,
        data: Path | None = None,
    ) -> None:
        self.clock = clock
        self.max_upload = max_upload
        self._data = data
        self._retry_speed = retry_speed
        self.journal = Journal() if journal is None else journal
        self.served = {name: self._create_state(name, scenario) for name, scenario in scenarios.items()}
        self.trust = trust
        self.heads = Heads(self.served, trust)
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
        self.heads.known.clear()

    def use(self, scenarios: Mapping[str, Scenario]) -> None:
        """Replace the scenarios. A scenario with the same name keeps its state."""
        self.served = {name: self._update_state(name, scenario) for name, scenario in scenarios.items()}
        self.heads.use(self.served)

    def renew(
        self,
        scenarios: Mapping[str, Scenario],
        clock: Clock,
        retry_speed: float,
        create: Callable[..., Site] | None = None,
    ) -> Site:
        """Create a site in place of this one, without state and requests.

        Args:
            scenarios: The scenarios by name.
            clock: The clock.
            retry_speed: The divisor of retry delays.
            create: Creates a site of another kind, which must read all heads itself. None: a usual one.
        """
        journal = Journal(max_body=self.journal.max_body)
        site = (create or Site)(
            scenarios,
            clock=clock,
            journal=journal,
            trust=self.trust,
            retry_speed=retry_speed,
            max_upload=self.max_upload,
        )
        site.refuse, site._began = self.refuse, self._began
        if create is None and _lane_sources(scenarios) == _lane_sources(self.scenarios):
            site.heads.known = self.heads.known  # a known head depends on nothing else
        return site

    def _create_state(self, name: str, scenario: Scenario) -> ScenarioState:
        store = create_store(name, self.max_upload, self._data)
        state = ScenarioState(scenario, self._retry_speed, store, self.max_upload)
        state.is_instant = not self.clock.waits
        return state

    def _update_state(self, name: str, scenario: Scenario) -> ScenarioState:
        served = self.served.get(name)
        if served is None:
            return self._create_state(name, scenario)
        if served.scenario is not scenario:
            served.use(scenario)
        served.problem = ""
        return served

    def decide(self, handled: HandledRequest, known: KnownHead, body: bytes, connection: ClientConnection) -> None:
        """Decide and journal the response to a request with a known head."""
        entry, head = handled.entry, known.head
        http = build_http_request(head, entry.raw_headers, body, self._began, entry.at, connection)
        state = self.served[known.scenario]
        handled.record(answer(http, state), http, known.scenario, state, http11=head.http11)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        connection = cast("ClientConnection", request.protocol)
        handled, key = connection.handled, connection.key
        connection.handled, connection.key = None, b""
        if not request.raw_path.startswith("/"):
            request = to_origin_form(request)
        path = request.raw_path
        if path.startswith("/_") and is_admin_path(path):
            from mockclaude.server.admin.serve_admin import serve_admin

            return await serve_admin(self, request, self.heads.check_host)
        known = self.heads.known.get(key)
        if handled is None:
            shown = redact(path) if known is None else known.path
            handled = HandledRequest(self, request.method, shown, request.headers)
        try:
            return await self._respond(request, handled, key, known)
        except ConnectionError:
            return CLOSED
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            handled.entry.ending = "internal error"
            raise RuntimeError("a request could not be answered") from error  # aiohttp answers exceptions only
        finally:
            handled.end()

    async def _respond(
        self, request: web.BaseRequest, handled: HandledRequest, key: bytes, known: KnownHead | None
    ) -> web.StreamResponse:
        """Read a request unless it is decided, and send the response."""
        if handled.script is None:
            await self._read(request, handled, key, known)
        return await handled.send(request)

    async def _read(
        self, request: web.BaseRequest, handled: HandledRequest, key: bytes, known: KnownHead | None
    ) -> None:
        """Read a request, then decide and journal the response; raise the error of an earlier decision."""
        if handled.error is not None:
            raise handled.error
        body, entry, connection = b"", handled.entry, cast("ClientConnection", request.protocol)
        try:
            if known is None:
                self.heads.check_host(request.headers.get("host", "localhost"))
            body = await read_body(request, find_limit(request.raw_path, self.max_upload))
            if known is None or known.scenario not in self.served:  # a reload may remove it while the body arrives
                if request.raw_path.partition("?")[0] == "/":
                    from mockclaude.server import index_page

                    page = index_page.respond(request, self.scenarios, self.trust, int(entry.at))
                    handled.record(page, http11=request.version >= (1, 1))
                    return
                known = self.heads.read(request, key)
            if (known.head.method, known.head.path) == _CREATE_BATCH:
                http = build_http_request(known.head, entry.raw_headers, body, self._began, entry.at, connection)
                await handled.decide_batch(http, known.scenario, self.served[known.scenario])
            else:
                self.decide(handled, known, body, connection)
        except ApiError as error:
            head = self.heads.read_stray(request, error)
            http = build_http_request(head, request.headers, body, self._began, entry.at, connection)
            handled.refuse(error, http, self.served[""])


def _lane_sources(scenarios: Mapping[str, Scenario]) -> dict[str, tuple[LaneSource, ...]]:
    return {name: scenario.policy.lane_from for name, scenario in scenarios.items()}
