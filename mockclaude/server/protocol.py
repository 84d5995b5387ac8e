"""aiohttp's low-level server with one handler: connections, and the API's errors for malformed HTTP.

The module `player` writes the bytes of responses, not aiohttp.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from mockclaude.api.errors import ApiError
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.routes import refuse
from mockclaude.server.player import SentResponse, play
from mockclaude.server.request_body import MAX_BODY
from mockclaude.server.site import Site
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script

KEEPALIVE_TIMEOUT = 75.0


class _Refusal(SentResponse):
    """The response to malformed HTTP."""

    def __init__(self, script: Script) -> None:
        super().__init__(keep_alive=False)
        self._script = script

    async def prepare(self, request: web.BaseRequest) -> None:
        await play(self._script, request)


class _Connection(web.RequestHandler):
    """One connection. Converts aiohttp's errors to the API's, and keeps them out of the log."""

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
        """Build the API's error for a request that aiohttp could not read."""
        if exc is not None and not isinstance(exc, BadHttpMessage):
            self.log_exception("Error handling request", exc_info=exc)
        kind = "api_error" if status >= 500 else "invalid_request_error"
        problem = (message or "").partition("\n")[0].partition(": bytearray")[0].rstrip(":")
        http = HttpRequest(Head("", "", {}, {}, http11=False), {}, b"", int(self._site.clock.now()))
        decision = refuse(http, self._site.served[""], ApiError(kind, problem, status))
        return _Refusal(encode(decision.response, http11=False))


def _to_origin_form(message: Any) -> Any:
    """Convert a request whose target is a whole URL to one with a path and a `Host` header."""
    url, headers = message.url, CIMultiDict(message.headers)
    host, path = url.host_port_subcomponent or "", url.raw_path_qs
    headers["host"] = host
    raw_headers = [(name, value) for name, value in message.raw_headers if name.lower() != b"host"]
    return message._replace(
        path=path,
        url=URL(path, encoded=True),
        headers=CIMultiDictProxy(headers),
        raw_headers=(*raw_headers, (b"host", host.encode())),
    )


class _Server(web.Server):
    def __init__(self, site: Site, **options: Any) -> None:
        super().__init__(site.handle, **options)
        self._site = site

    def __call__(self) -> web.RequestHandler:
        return _Connection(self._site, self, loop=self._loop, **self._kwargs)


def make_server(site: Site) -> web.Server:
    """Create aiohttp's server for `site` in the running event loop."""
    loop = asyncio.get_running_loop()

    def make_request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        if not message.path.startswith("/") and message.url.scheme:
            message = _to_origin_form(message)
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=MAX_BODY)

    return _Server(
        site,
        request_factory=make_request,
        handler_cancellation=True,
        access_log=None,
        keepalive_timeout=KEEPALIVE_TIMEOUT,
        auto_decompress=False,  # aiohttp would decompress the whole body before its size can be checked
    )
