"""Connections of aiohttp's low-level server.

A request whose head is known is decided as soon as its bytes have arrived, without a task and aiohttp's objects.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMessage

from mockclaude.api.errors import ApiError
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.refusal import refuse
from mockclaude.server.handled_request import HandledRequest
from mockclaude.server.heads import NO_HEAD, KnownHead, split_head
from mockclaude.server.player import WRITE_TIMEOUT, SentResponse, drop_unless_read, find_instant_write, play
from mockclaude.server.site import SiteOwner
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script

_UNKNOWN, _MAYBE_NONE = -1, -2
"""Values of `Connection._rest`. The bytes of the request were not counted; the last ones may end it."""


_KEEP_FOR = 0.05
"""Seconds after which aiohttp receives a request whose body is incomplete."""
_MAX_KEPT = 1024 * 1024
"""The maximum number of bytes to wait for."""


class _Refusal(SentResponse):
    """The response to malformed HTTP."""

    def __init__(self, script: Script) -> None:
        super().__init__(keep_alive=False)
        self._script = script

    async def prepare(self, request: web.BaseRequest) -> None:
        await play(self._script, request)


class Connection(web.RequestHandler):
    """A connection that answers complete requests with known heads at once.

    aiohttp receives all other bytes. It also sends responses that are not instant, such as paced, faulted and live
    ones: their requests are decided here and handed over.

    Attributes:
        handled: The decided request that is handed over to aiohttp's handler.
        key: The key of the head of the request that aiohttp's handler receives next; b'' for an unknown key.
        owner: The server.
        requests: The number of requests.
        site: The site at the beginning of the current request.
    """

    __slots__ = ("_kept", "_last", "_rest", "_timer", "handled", "key", "owner", "requests", "site")

    def __init__(self, owner: SiteOwner, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.handled: HandledRequest | None = None
        self.key = b""
        self.requests = 0
        self.owner = owner
        self.site = owner.site
        self._kept: list[bytes] = []
        self._last: KnownHead | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._rest = 0
        """Bytes of the request that are still to come; 0 if aiohttp's parser expects a head."""

    @staticmethod
    def missing_attributes() -> list[str]:
        """Return the attributes that the class needs and aiohttp's class lacks."""
        needed = "_waiter _current_request _request_count _force_close _keepalive_timeout _next_keepalive_close_time"
        return [name for name in (*needed.split(), "_loop", "transport") if not hasattr(web.RequestHandler, name)]

    def data_received(self, data: bytes) -> None:
        """Answer a request with a known head, or pass the bytes to aiohttp."""
        if self._kept:
            self._continue(data)
        elif not (data and self._begin(data)):  # aiohttp passes b'' to parse the bytes that it keeps
            super().data_received(data)

    def _begin(self, data: bytes) -> bool:
        """Begin a request; return whether it is answered, or kept until its body is complete."""
        waiter, transport = self._waiter, self.transport
        is_waiting = not waiter.done() if waiter is not None else self._request_count == 0  # the task has not begun
        is_idle = is_waiting and self._current_request is None  # `read_body` has a waiter, too
        if is_idle and self._rest == _MAYBE_NONE:
            self._rest = 0  # aiohttp waits for a request only after the end of the last one
        last = self._last.split(data) if self._rest == 0 and self._last is not None else None
        key, length, body_at, end = last or split_head(data) if self._rest == 0 else NO_HEAD
        rest = (end if key else self._rest) - len(data)
        self._rest = rest if rest >= 0 else _MAYBE_NONE if data.endswith(b"\r\n\r\n") else _UNKNOWN
        if not is_idle or self._force_close or transport is None:
            return False
        self.key = key
        if self.handled is None:
            self.site = self.owner.site
        known = self.site.heads.known.get(key) if 0 <= rest <= _MAX_KEPT else None
        self._last = known or self._last
        if known is None or not known.is_plain or transport.get_write_buffer_size():  # or the client does not read
            return False
        if self.handled is None:
            headers = known.head.headers if length == known.length else known.change_length(length)
            self.handled = HandledRequest(self.site, known.head.method, known.path, headers)
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        if rest == 0:
            return self._answer(self.handled, known, data[body_at:], transport)
        self._kept.append(data)
        self._timer = self._loop.call_later(_KEEP_FOR, self._pass_to_aiohttp)
        return True

    def _answer(self, handled: HandledRequest, known: KnownHead, body: bytes, transport: asyncio.Transport) -> bool:
        """Decide a complete request; return whether the response is sent."""
        site = self.site
        try:  # a task would have a context of its own, too
            copy_context().run(site.decide, handled, known, body, self)
        except BaseException as error:
            handled.error, handled.script = error, None  # aiohttp's handler raises it
        response = b"" if handled.script is None else find_instant_write(handled.script, site.clock)
        if not response:
            return False
        self.handled = None
        transport.write(response)
        handled.sent_at_once()
        if transport.get_write_buffer_size():  # the event loop may write at its next iteration
            self._loop.call_soon(drop_unless_read, transport, WRITE_TIMEOUT)
        return True

    def _continue(self, data: bytes) -> None:
        """Continue a kept request; begin it again if its body is complete."""
        self._kept.append(data)
        self._rest -= len(data)
        if self._rest <= 0:
            self._rest = 0
            if not self._begin(b"".join(self._kept)):
                return self._pass_to_aiohttp()
            self._stop_keeping()
        return None

    def _pass_to_aiohttp(self) -> None:
        """Pass the kept segments to aiohttp: the body takes long, or its head is not known any more."""
        for segment in self._stop_keeping():
            super().data_received(segment)

    def _stop_keeping(self) -> list[bytes]:
        segments, self._kept = self._kept, []
        if self._timer is not None:
            self._timer.cancel()
        return segments

    def connection_lost(self, exc: BaseException | None) -> None:
        """End the request that aiohttp's handler has not received."""
        super().connection_lost(exc)
        if self.handled is not None:
            self._stop_keeping()
            self.handled.end()

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
        site = self.owner.site
        http = HttpRequest(Head("", "", {}, {}, http11=False), {}, b"", int(site.clock.now()))
        decision = refuse(http, site.served[""], ApiError(kind, problem, status))
        return _Refusal(encode(decision.response, http11=False))


class SlowConnection(Connection):
    """A connection whose requests are all read by aiohttp."""

    __slots__ = ()

    def data_received(self, data: bytes) -> None:
        """Pass the bytes to aiohttp."""
        web.RequestHandler.data_received(self, data)
