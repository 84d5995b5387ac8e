"""The aiohttp server: connections in, calls out, responses back.

In: HTTP requests. Out: what the scenarios answer, played on the connection, and a line in the log for each.
Knows nothing of the Messages API but the shape of its errors. It is built on aiohttp's low-level server: there is one
handler, and the bytes of a response are written by `play`, not by aiohttp.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from itertools import count
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.redaction import redact
from mockclaude.engine.admission import mode
from mockclaude.engine.http_request import NOTHING, SCENARIO_HEADER, Answer, Call, for_method
from mockclaude.engine.routes import answer
from mockclaude.engine.state.scenario_state import Served
from mockclaude.engine.trust import Trust, in_lane_of_pages
from mockclaude.journal.journal import PLAYING, Entry, Journal, asked, decided
from mockclaude.reply.response import End
from mockclaude.scenario.diagnostics import did_you_mean
from mockclaude.scenario.rules import Scenario
from mockclaude.server.admin import admin_api
from mockclaude.server.clock import REAL, Clock
from mockclaude.server.index_page import index, locked
from mockclaude.server.live_player import play_live
from mockclaude.server.player import CLOSED, Played, play
from mockclaude.server.request_body import MAX_BODY, read_body
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script

KEEPALIVE_TIMEOUT = 75.0
_LOCAL = Trust()


class _Heard(NamedTuple):
    """A request and its answer. `call` is None for the index page; its path is '' where no scenario has the request."""

    answer: Answer
    scenario: str = ""
    call: Call | None = None


class Site:
    """Everything that is served: scenarios by name, the one at the root under ''.

    `log` is called with the entry of each request that has ended. `retry_speed` is as `Served` takes it. Whoever lets
    it listen sets `refuse`, which is called with the microseconds for which a fault lets no connection be accepted, and
    the clock they are of.
    """

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        log: Callable[[Entry], None],
        *,
        clock: Clock = REAL,
        journal: Journal | None = None,
        trust: Trust = _LOCAL,
        retry_speed: float = 1.0,
    ) -> None:
        self.clock = clock
        self.journal = Journal() if journal is None else journal
        self.served = {name: Served(scenario, retry_speed) for name, scenario in scenarios.items()}
        self._log = log
        self.trust = trust
        self._check_host = lru_cache(maxsize=64)(trust.check_host)
        self._retry_speed = retry_speed
        self.refuse: Callable[[int, Clock], None] = lambda *_: None
        self._began = clock.now()
        self.numbers: Iterator[int] = count(1)
        """The number of the next request, and of those after it."""

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios by name."""
        return {name: served.scenario for name, served in self.served.items()}

    def use(self, scenarios: Mapping[str, Scenario]) -> None:
        """Let `scenarios` answer from now on. One that is served already, and the same, forgets nothing."""
        self.served = {name: self._serving(name, scenario) for name, scenario in scenarios.items()}

    def _serving(self, name: str, scenario: Scenario) -> Served:
        served = self.served.get(name)
        if served is None:
            return Served(scenario, self._retry_speed)
        if served.scenario is not scenario:
            served.use(scenario)
        served.problem = ""
        return served

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if admin_api.is_for(request.raw_path):
            return await self._administer(request)
        begin = time.perf_counter()
        path = redact(request.raw_path)
        entry = Entry(next(self.numbers), self.clock.now(), request.method, path, request.headers)
        heard = _Heard(NOTHING)
        try:
            heard = await self._heard(request, entry.at)
            given = for_method(heard.answer, request.method)
            script = encode(given.response, http11=_is_http11(request))
            self._keep(entry, heard, given, script)
            return await self._played(given, script, request, entry)
        except ConnectionError:
            return CLOSED
        except (asyncio.CancelledError, KeyboardInterrupt):
            raise
        except BaseException as error:
            entry.ending = "internal error"
            raise RuntimeError("a request could not be answered") from error  # aiohttp answers exceptions only
        finally:
            heard.answer.ended()
            if entry.ending == PLAYING:
                entry.ending = "client gone"
            entry.seconds = time.perf_counter() - begin
            self._log(entry)

    async def _administer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request to the admin plane; it leaves a line in the log only if it fails."""
        entry = Entry(0, self.clock.now(), request.method, redact(request.raw_path.partition("?")[0]), {})
        begin = time.perf_counter()
        with suppress(ConnectionError):
            given = for_method(await self._administered(request, entry), request.method)
            script = encode(given.response, http11=_is_http11(request))
            if script.status >= 400:
                decided(entry, given, script)
                entry.ending, entry.seconds = "", time.perf_counter() - begin
                self._log(entry)
            return await play(script, request)
        return CLOSED

    async def _administered(self, request: web.BaseRequest, entry: Entry) -> Answer:
        path = request.raw_path.partition("?")[0]
        call = Call(request.method, path, request.query, request.headers, b"", int(entry.at), _is_http11(request))
        try:
            self._check_host(request.headers.get("host", "localhost"))
            return await admin_api.answer(self, call._replace(body=await read_body(request)))
        except ApiError as error:
            return admin_api.refusal(call, error)

    def _keep(self, entry: Entry, heard: _Heard, given: Answer, script: Script) -> None:
        decided(entry, given, script, self.journal.max_body)
        if heard.call is not None:
            asked(entry, heard.call, heard.scenario, self.journal.max_body)
            self.journal.keep(entry)

    async def _played(self, given: Answer, script: Script, request: web.BaseRequest, entry: Entry) -> Played:
        if given.live is not None:
            decide = partial(self._decide, entry)
            script, played = await play_live(given.live, request, self.clock, entry.sent, decide)
        else:
            self._refuse(script)
            played = await play(script, request, self.clock, sent=entry.sent)
        entry.ending = _ending(script.end, request)
        return played

    def _decide(self, entry: Entry, given: Answer, script: Script) -> None:
        decided(entry, given, script, self.journal.max_body)
        self.journal.grown(entry)
        self._refuse(script)

    def _refuse(self, script: Script) -> None:
        if script.down:
            self.refuse(script.down, self.clock)

    async def _heard(self, request: web.BaseRequest, now: float) -> _Heard:
        body = b""
        try:
            self._check_host(request.headers.get("host", "localhost"))
            body = await read_body(request)
            if request.raw_path.partition("?")[0] == "/":
                return _Heard(self._index(request, int(now)))
            return self._routed(request, body, now)
        except ApiError as error:
            call = self._refused_call(request, error, body, now)
            return _Heard(self.refusal(call, error), call=call)

    def _refused_call(self, request: web.BaseRequest, error: ApiError, body: bytes, now: float) -> Call:
        """Return a request that reaches no scenario. That of a stranger is in no lane of its own choice."""
        call = self._call(request, "", body, now)
        page = self.trust.page(request.headers)
        if page or error.type == "permission_error":
            return call._replace(headers=in_lane_of_pages(request.headers), page=page)
        return call

    def refusal(self, call: Call, error: ApiError) -> Answer:
        """Return the answer to a request that reaches no scenario."""
        fingerprints = call.as_it_came(error.message)
        return Answer(self.served[""].undecided(call, fingerprints).error(error), error.message)

    def _index(self, request: web.BaseRequest, now: int) -> Answer:
        html = "text/html" in request.headers.get("accept", "")
        try:
            self.trust.check_token(request.headers)
        except ApiError as error:
            if not html:
                raise
            return Answer(locked(_origin(request), now), error.message)
        return Answer(index(self.scenarios, _origin(request), now, html=html), "index")

    def _routed(self, request: web.BaseRequest, body: bytes, now: float) -> _Heard:
        page = self.trust.page(request.headers)
        headers = self.trust.headers_of_page(page, request.headers) if page else request.headers
        name, path = self._addressed(request)
        call = self._call(request, path, body, now)
        if page:
            call = call._replace(headers=headers, page=page)
        return _Heard(answer(self.served[name], call), name, call)

    def _call(self, request: web.BaseRequest, path: str, body: bytes, now: float) -> Call:
        query = request.query if "?" in request.raw_path else {}
        chunked = _is_http11(request)
        time_since, fraction = int((now - self._began) * 1e6), int(now % 1 * 1e6)
        reused = _is_reused(request)
        call = Call(request.method, path, query, request.headers, body, int(now), chunked, time_since, reused, fraction)
        return call._replace(guest=True) if self.trust.token and self.trust.is_guest(request.headers) else call

    def _addressed(self, request: web.BaseRequest) -> tuple[str, str]:
        """Return the scenario that `request` goes to, and the API's path. Some gateways leave out the `/v1`."""
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


def _is_http11(request: web.BaseRequest) -> bool:
    return bool(request.version >= (1, 1))


def _ending(end: End, request: web.BaseRequest) -> str:
    """Return what the log says of how the connection ended; nothing where it ended as HTTP has it."""
    as_usual = end is End.KEEP or (end is End.CLOSE and request.version < (1, 1))
    return "" if as_usual else end.name.lower()


def _is_reused(request: web.BaseRequest) -> bool:
    """Return whether the connection has served a request before, and note that it serves this one."""
    connection = cast("_Connection", request.protocol)
    before, connection.requests = connection.requests, connection.requests + 1
    return before > 0


def _origin(request: web.BaseRequest) -> URL:
    try:
        return request.url.origin()
    except ValueError:
        raise invalid("The Host header is not a host and a port") from None


class _Refusal(Played):
    """The response to bytes that are no HTTP request."""

    def __init__(self, script: Script) -> None:
        super().__init__(keep_alive=False)
        self._script = script

    async def prepare(self, request: web.BaseRequest) -> None:
        await play(self._script, request)


class _Connection(web.RequestHandler):
    """One connection. Words aiohttp's own refusals as the API's errors, and keeps them out of the log."""

    __slots__ = ("_site", "requests")

    def __init__(self, site: Site, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._site = site
        self.requests = 0

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 (aiohttp's signature)
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the API's JSON for a request that aiohttp could not read."""
        if exc is not None and not isinstance(exc, BadHttpMessage):
            self.log_exception("Error handling request", exc_info=exc)
        kind = "api_error" if status >= 500 else "invalid_request_error"
        problem = (message or "").partition("\n")[0].partition(": bytearray")[0].rstrip(":")
        call = Call("", "", {}, {}, b"", int(self._site.clock.now()), chunked=False)
        response = self._site.refusal(call, ApiError(kind, problem, status)).response
        return _Refusal(encode(response, http11=False))


def _with_origin_form(message: Any) -> Any:
    """Return a request whose target is a whole URL, as one has it whose target is a path: the URL names the host."""
    url, headers = message.url, CIMultiDict(message.headers)
    headers["host"] = url.host_port_subcomponent or ""
    path = url.raw_path_qs
    return message._replace(path=path, url=URL(path, encoded=True), headers=CIMultiDictProxy(headers))


class _Server(web.Server):
    def __init__(self, site: Site, **options: Any) -> None:
        super().__init__(site.handle, **options)
        self._site = site

    def __call__(self) -> web.RequestHandler:
        return _Connection(self._site, self, loop=self._loop, **self._kwargs)


def make_server(site: Site) -> web.Server:
    """Return aiohttp's server for `site`; needs a running event loop."""
    loop = asyncio.get_running_loop()

    def make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        if not message.path.startswith("/") and message.url.scheme:
            message = _with_origin_form(message)
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)

    return _Server(
        site,
        request_factory=make_request,
        handler_cancellation=True,
        access_log=None,
        keepalive_timeout=KEEPALIVE_TIMEOUT,
        auto_decompress=False,  # aiohttp unpacks to the end before anybody can refuse
    )
