"""The aiohttp server: connections in, calls out, scripts back.

In: HTTP requests. Out: what the scenarios answer, played on the connection, and a line in the log for each.
Knows nothing of the Messages API but the shape of its errors. It is built on aiohttp's low-level server: there is one
handler, and the bytes of a response are written by `play`, not by aiohttp.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from yarl import URL

from mockclaude.api.errors import ApiError, invalid
from mockclaude.reply.draws import Draws
from mockclaude.reply.plan import Envelope
from mockclaude.reply.script import End, Script, Send
from mockclaude.scenario.mistakes import did_you_mean
from mockclaude.scenario.rules import Scenario
from mockclaude.server.admission import mode
from mockclaude.server.bodies import MAX_BODY, read_body
from mockclaude.server.calls import SCENARIO_HEADER, Answer, Call
from mockclaude.server.endpoints import answer
from mockclaude.server.pages import index
from mockclaude.server.play import CLOSED, Played, play
from mockclaude.server.served import Served

KEEPALIVE_TIMEOUT = 75.0
_LOOPBACK = re.compile(r"(localhost|([\w-]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)


class Line(NamedTuple):
    """What the log says of one request. `status` is 0 where no response was sent; `seconds` is how long it took."""

    method: str
    path: str
    status: int
    streamed: bool
    reason: str
    ending: str
    seconds: float
    notes: tuple[str, ...] = ()


_NOTHING = Answer(Script(0, ()))


@dataclass(frozen=True)
class Site:
    """Everything that is served: scenarios by name, the one at the root under ''.

    `refuse` is called with the seconds for which a fault lets no connection be accepted.
    """

    scenarios: Mapping[str, Scenario]
    log: Callable[[Line], None]
    clock: Callable[[], float] = time.time
    any_host: bool = False
    refuse: Callable[[float], None] = lambda _: None
    served: dict[str, Served] = field(init=False)
    began: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.clock())
        object.__setattr__(self, "served", {name: Served(scenario) for name, scenario in self.scenarios.items()})

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        begin = time.perf_counter()
        given = _NOTHING
        ending = "client gone"
        try:
            given = await self._answer(request)
            if request.method == "HEAD":
                given = _bodiless(given)
            if given.script.down:
                self.refuse(given.script.down / 1e6)
            played = await play(given.script, request)
            ending = _ending(given.script.end, request)
        except ConnectionError:
            return CLOSED
        except Exception:
            ending = "internal error"
            raise
        finally:
            path, seconds = request.raw_path, time.perf_counter() - begin
            reason, status = given.reason, given.script.status
            self.log(Line(request.method, path, status, given.streamed, reason, ending, seconds, given.notes))
        return played

    async def _answer(self, request: web.BaseRequest) -> Answer:
        clock = self.clock()
        now = int(clock)
        try:
            self._check_host(request)
            body = await read_body(request)
            if request.raw_path.partition("?")[0] == "/":
                html = "text/html" in request.headers.get("accept", "")
                return Answer(index(self.scenarios, _origin(request), now, html=html), "index")
            return self._route(request, body, clock)
        except ApiError as error:
            return _refused(error, now)

    def _check_host(self, request: web.BaseRequest) -> None:
        if not self.any_host and not _is_loopback(request.headers.get("host", "localhost")):
            raise ApiError(
                "permission_error",
                "This server answers on this machine only; use --host to open it to others",
            )

    def _route(self, request: web.BaseRequest, body: bytes, clock: float) -> Answer:
        served, path = self._addressed(request)
        query = request.query if "?" in request.raw_path else {}
        chunked = request.version >= (1, 1)
        time_since = int((clock - self.began) * 1e6)
        reused = _is_reused(request)
        return answer(
            served, Call(request.method, path, query, request.headers, body, int(clock), chunked, time_since, reused)
        )

    def _addressed(self, request: web.BaseRequest) -> tuple[Served, str]:
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
            return served, slash + rest
        if mode(request.headers, served.scenario.policy) == "gateway":
            return served, f"/v1{slash}{rest}"
        raise self._unknown(path, name)

    def _unknown(self, path: str, name: str) -> ApiError:
        if "/v1/" in path:
            known = [known for known in self.served if known]
            hint = did_you_mean(name, known) or "; the scenarios are listed at /"
            return ApiError("not_found_error", f"No scenario is named '{name}'{hint}")
        return ApiError(
            "not_found_error", f"Not found: {path}; the API's paths begin with /v1/, after a scenario's name"
        )


def _bodiless(given: Answer) -> Answer:
    """Return the answer to `HEAD`, where `given` is what another method would get: its headers alone."""
    head, end_of_head, _ = given.script.sends[0].data.partition(b"\r\n\r\n")
    return given._replace(script=given.script._replace(sends=[Send(0, head + end_of_head)]))


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


def _refused(error: ApiError, now: int, *, chunked: bool = True) -> Answer:
    ids = Draws(0, "refused", error.message).ids()
    return Answer(Envelope(*ids, now, chunked).error(error), error.message)


@lru_cache(maxsize=64)
def _is_loopback(host: str) -> bool:
    return _LOOPBACK.fullmatch(host) is not None


class _Refusal(Played):
    """The response to bytes that are no HTTP request."""

    def __init__(self, script: Script) -> None:
        super().__init__(keep_alive=False)
        self._script = script

    async def prepare(self, request: web.BaseRequest) -> None:
        await play(self._script, request)


class _Connection(web.RequestHandler):
    """One connection. Words aiohttp's own refusals as the API's errors, and keeps them out of the log."""

    __slots__ = ("requests",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
        return _Refusal(_refused(ApiError(kind, problem, status), int(time.time()), chunked=False).script)


class _Server(web.Server):
    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)


def make_server(site: Site) -> web.Server:
    """Return aiohttp's server for `site`; needs a running event loop."""
    loop = asyncio.get_running_loop()

    def make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)

    return _Server(
        site.handle,
        request_factory=make_request,
        handler_cancellation=True,
        access_log=None,
        keepalive_timeout=KEEPALIVE_TIMEOUT,
    )
