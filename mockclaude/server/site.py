"""Everything that is served, and the way of a request through it: HTTP in, a decision, HTTP out, a journal entry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import NamedTuple, Protocol, TypeAlias, cast
from urllib.parse import unquote

from aiohttp import web
from yarl import URL

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.redaction import redact
from mockclaude.engine.decision import NO_RESPONSE, Decision, for_method
from mockclaude.engine.http_request import SCENARIO_HEADER, Head, HttpRequest
from mockclaude.engine.routes import answer, commit, refuse
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.trust import Trust, in_lane_of_pages
from mockclaude.engine.validate import mode
from mockclaude.journal.entry import PLAYING, JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.reply.response import End
from mockclaude.scenario.diagnostics import did_you_mean
from mockclaude.scenario.rules import Scenario
from mockclaude.server.admin import admin_api
from mockclaude.server.clock import REAL, Clock
from mockclaude.server.index_page import index, locked
from mockclaude.server.live_player import play_live
from mockclaude.server.player import CLOSED, Played, play
from mockclaude.server.request_body import read_body
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script

MAX_HEADS = 1_000
"""Heads of requests that are remembered with what follows from them; beyond, all are forgotten."""

_LOCAL = Trust()

_HeadKey: TypeAlias = tuple[str, str, bool, tuple[tuple[bytes, bytes], ...]]


class _KnownHead(NamedTuple):
    """A head that was accepted before, its scenario, and its path as the journal shows it."""

    head: Head
    scenario: str
    path: str


class Connection(Protocol):
    """What is counted of a connection."""

    requests: int


@dataclass
class _Handled:
    """A request and its decision, which a live reply completes.

    `http` is None for the index page; its path is '' where no scenario has the request, which then has no `state`.
    """

    decision: Decision
    scenario: str = ""
    http: HttpRequest | None = None
    state: ScenarioState | None = None


class Site:
    """Everything that is served: scenarios by name, the one at the root under ''.

    Each request is written into `journal`. `retry_speed` is as `ScenarioState` takes it. Whoever lets it listen sets
    `refuse`, which is called with the microseconds for which a fault lets no connection be accepted, and their clock.
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
        self._check_host = lru_cache(maxsize=64)(trust.check_host)
        self._retry_speed = retry_speed
        self._heads: dict[_HeadKey, _KnownHead] = {}
        self.refuse: Callable[[int, Clock], None] = lambda *_: None
        self._began = clock.now()
        self.numbers: Iterator[int] = count(1)
        """The number of the next request, and of those after it."""

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios by name."""
        return {name: served.scenario for name, served in self.served.items()}

    def use(self, scenarios: Mapping[str, Scenario]) -> None:
        """Serve `scenarios` from now on. One that is served already, and the same, forgets nothing."""
        self.served = {name: self._serving(name, scenario) for name, scenario in scenarios.items()}
        self._heads.clear()

    def _serving(self, name: str, scenario: Scenario) -> ScenarioState:
        served = self.served.get(name)
        if served is None:
            return ScenarioState(scenario, self._retry_speed)
        if served.scenario is not scenario:
            served.use(scenario)
        served.problem = ""
        return served

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.raw_path.startswith(admin_api.PREFIX):
            return await self._administer(request)
        begin = time.perf_counter()
        key = _key(request)
        known = self._heads.get(key)
        path = redact(request.raw_path) if known is None else known.path
        entry = JournalEntry(next(self.numbers), self.clock.now(), request.method, path, request.headers)
        handled = _Handled(NO_RESPONSE)
        try:
            handled = await self._handled(request, key, known, entry.at)
            return await self._played(handled, request, entry)
        except ConnectionError:
            return CLOSED
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            entry.ending = "internal error"
            raise RuntimeError("a request could not be answered") from error  # aiohttp answers exceptions only
        finally:
            if handled.decision.at_end and handled.state is not None:
                handled.state.store.commit(handled.decision.at_end)
            if entry.ending == PLAYING:
                entry.ending = "client gone"
            entry.seconds = time.perf_counter() - begin
            self.journal.end(entry)

    async def _administer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request to the admin API; it leaves a line in the log only if it fails."""
        entry = JournalEntry(0, self.clock.now(), request.method, redact(request.raw_path.partition("?")[0]), {})
        begin = time.perf_counter()
        with suppress(ConnectionError):
            decision = for_method(await self._administered(request, entry), request.method)
            script = encode(decision.response, http11=_is_http11(request))
            if script.status >= 400:
                entry.record_decision(decision, script)
                entry.ending, entry.seconds = "", time.perf_counter() - begin
                self.journal.end(entry)
            return await play(script, request)
        return CLOSED

    async def _administered(self, request: web.BaseRequest, entry: JournalEntry) -> Decision:
        path = request.raw_path.partition("?")[0]
        head = Head(request.method, path, request.query, request.headers, http11=_is_http11(request))
        http = HttpRequest(head, request.headers, b"", int(entry.at))
        try:
            self._check_host(request.headers.get("host", "localhost"))
            return await admin_api.answer(self, http._replace(body=await read_body(request)))
        except ApiError as error:
            return admin_api.refusal(http, error)

    async def _played(self, handled: _Handled, request: web.BaseRequest, entry: JournalEntry) -> Played:
        http11 = _is_http11(request)
        decision = handled.decision = for_method(handled.decision, request.method)
        script = encode(decision.response, http11=http11)
        entry.record_decision(decision, script, self.journal.max_body)
        if handled.http is not None:
            entry.record_request(handled.http, handled.scenario, self.journal.max_body)
            self.journal.keep(entry)
        if decision.live is not None:
            complete = partial(self._complete, entry, handled)
            script, played = await play_live(decision.live, request, self.clock, entry.sent, complete)
        else:
            if script.down:
                self.refuse(script.down, self.clock)
            played = await play(script, request, self.clock, sent=entry.sent)
        as_usual = script.end is End.KEEP or (script.end is End.CLOSE and not http11)
        entry.ending = "" if as_usual else script.end.name.lower()
        return played

    def _complete(self, entry: JournalEntry, handled: _Handled, decision: Decision, script: Script) -> None:
        """Take the decision of a live reply, once it is made."""
        assert handled.state is not None, "only a scenario has live replies"
        decision = handled.decision = commit(handled.state, decision)
        entry.record_decision(decision, script, self.journal.max_body)
        self.journal.grow(entry)
        if script.down:
            self.refuse(script.down, self.clock)

    async def _handled(self, request: web.BaseRequest, key: _HeadKey, known: _KnownHead | None, now: float) -> _Handled:
        body = b""
        try:
            if known is None:
                self._check_host(request.headers.get("host", "localhost"))
            body = await read_body(request)
            if known is None:
                if request.raw_path.partition("?")[0] == "/":
                    return _Handled(self._index(request, int(now)))
                known = self._read_head(request, key)
            head, name, _ = known
            http = self._http(head, request, body, now)
            state = self.served[name]
            return _Handled(answer(http, state), name, http, state)
        except ApiError as error:
            http = self._stray(request, error, body, now)
            return _Handled(refuse(http, self.served[""], error), http=http)

    def _http(self, head: Head, request: web.BaseRequest, body: bytes, now: float) -> HttpRequest:
        connection = cast("Connection", request.protocol)
        reused, connection.requests = connection.requests > 0, connection.requests + 1
        headers = head.headers if head.page else request.headers
        since_start_us, fraction_us = int((now - self._began) * 1e6), int(now % 1 * 1e6)
        return HttpRequest(head, headers, body, int(now), since_start_us, reused, fraction_us)

    def _read_head(self, request: web.BaseRequest, key: _HeadKey) -> _KnownHead:
        """Return what follows from a head that is new. Raises `ApiError`."""
        page = self.trust.page(request.headers)
        headers = self.trust.headers_of_page(page, request.headers) if page else request.headers
        name, path = self._addressed(request)
        head = self._head(request, path, headers, page)
        known = _KnownHead(head, name, redact(request.raw_path))
        if "/v1/" in request.raw_path:  # otherwise the path depends on the mode, which may change
            if len(self._heads) >= MAX_HEADS:
                self._heads.clear()
            self._heads[key] = known
        return known

    def _head(self, request: web.BaseRequest, path: str, headers: Mapping[str, str], page: str) -> Head:
        query = request.query if "?" in request.raw_path else {}
        guest = bool(self.trust.token) and self.trust.is_guest(request.headers)
        return Head(request.method, path, query, headers, http11=_is_http11(request), page=page, guest=guest)

    def _stray(self, request: web.BaseRequest, error: ApiError, body: bytes, now: float) -> HttpRequest:
        """Return a request that reaches no scenario. That of a stranger is in no lane of its own choice."""
        page = self.trust.page(request.headers)
        is_strange = page or error.type == "permission_error"
        headers = in_lane_of_pages(request.headers) if is_strange else request.headers
        return self._http(self._head(request, "", headers, page), request, body, now)

    def _index(self, request: web.BaseRequest, now: int) -> Decision:
        html = "text/html" in request.headers.get("accept", "")
        try:
            self.trust.check_token(request.headers)
        except ApiError as error:
            if not html:
                raise
            return Decision(locked(_origin(request), now), error.message)
        return Decision(index(self.scenarios, _origin(request), now, html=html), "index")

    def _addressed(self, request: web.BaseRequest) -> tuple[str, str]:
        """Return the scenario of `request`, and the API's path. Some gateways leave out the `/v1`."""
        path = request.raw_path.partition("?")[0]
        prefix, slash, rest = path.partition("/v1/")
        if not slash:
            prefix, slash, rest = path.partition("/messages")
        name = unquote(prefix.strip("/")) if prefix else request.headers.get(SCENARIO_HEADER, "")
        served = self.served.get(name)
        if served is None or not slash:
            raise self._unknown(path, name)
        if slash == "/v1/":
            return name, slash + rest
        if mode(request.headers, served.scenario.policy) == "gateway":
            return name, f"/v1{slash}{rest}"
        raise self._unknown(path, name)

    def _unknown(self, path: str, name: str) -> ApiError:
        if "/v1/" in path:
            known = [known for known in self.served if known]
            hint = did_you_mean(name, known) or "; the scenarios are listed at /"
            return ApiError("not_found_error", f"No scenario is named '{name}'{hint}")
        return ApiError(
            "not_found_error", f"Not found: {path}; the API's paths begin with /v1/, after a scenario's name"
        )


_LENGTH = (b"content-length", b"Content-Length")


def _key(request: web.BaseRequest) -> _HeadKey:
    headers = tuple([header for header in request.raw_headers if header[0] not in _LENGTH])
    return request.method, request.raw_path, _is_http11(request), headers


def _is_http11(request: web.BaseRequest) -> bool:
    return bool(request.version >= (1, 1))


def _origin(request: web.BaseRequest) -> URL:
    try:
        return request.url.origin()
    except ValueError:
        raise invalid("The Host header is not a host and a port") from None
