"""The relay: passes a request on to another server, and the response back while it arrives.

A task of its own reads each response to its end, also if the client leaves.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable
from typing import NamedTuple

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import NO_RESPONSE, Decision
from mockclaude.engine.passing import store_thread
from mockclaude.engine.refusal import refuse
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.proxy.passed_request import PassedRequest
from mockclaude.proxy.session import RecordingSession
from mockclaude.proxy.upstream import ReceivedBody, Upstream
from mockclaude.proxy.upstream_errors import UpstreamError
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.server.client_writer import ClientWriter
from mockclaude.server.handled_request import HandledRequest
from mockclaude.server.player import ALIVE, CLOSED, SentResponse, reset
from mockclaude.wire.script import Script

PASSED_ON = "passed on"
"""The reason of such a request in the journal."""

_OK = 200
_ENDING = 0.25
"""Seconds that responses have to end before they are cancelled: a client may have all bytes of a response."""

_DO_NOT_RETRY = {"x-should-retry": "false"}


class Passage(NamedTuple):
    """A request that is passed on.

    Attributes:
        request: The client's request.
        handled: Its journal entry.
        passed: The request as the recording needs it.
        target: The path with the query that is sent.
        body: The body that is sent: its bytes as they came, or an iterator over a large one.
        scenario: The name of the scenario.
        state: The scenario, for an error without a response.
    """

    request: web.BaseRequest
    handled: HandledRequest
    passed: PassedRequest
    target: str
    body: bytes | AsyncIterable[bytes]
    scenario: str
    state: ScenarioState


class Relay:
    """Passes requests on to one server, and the responses to a session.

    Attributes:
        limits: The limits of each body.
    """

    def __init__(self, upstream: Upstream, session: RecordingSession) -> None:
        self.limits = upstream.limits
        self._upstream = upstream
        self._session = session
        self._tasks: set[asyncio.Task[ClientWriter]] = set()

    async def pass_on(self, passage: Passage) -> SentResponse:
        """Pass a request on; return when the response has been sent.

        Raises:
            CancelledError: The client has left. The response is read all the same.
        """
        self._session.begin()
        task = asyncio.get_running_loop().create_task(self._relay(passage))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            writer = await asyncio.shield(task)
        except UpstreamError as error:
            return await self._refuse(passage, str(error))
        entry, transport = passage.handled.entry, passage.request.transport
        if writer.is_whole or transport is None:
            return ALIVE if writer.keeps_alive else CLOSED
        if writer.ends_by_close:  # a FIN would end the body
            entry.ending = "reset"
            await reset(transport)
        transport.close()
        return CLOSED

    async def _relay(self, passage: Passage) -> ClientWriter:
        """Send a request, and relay and record its response.

        Raises:
            UpstreamError: No response arrived.
        """
        request, passed = passage.request, passage.passed
        writer = ClientWriter(request, lambda status: self._journal_head(passage, status), self._upstream.timeout)
        fetching = self._upstream.fetch(request.method, passage.target, request.raw_headers, passage.body, writer)
        try:
            received = await fetching
        except UpstreamError as error:
            self._session.add_failure(passed, str(error))
            raise
        except asyncio.CancelledError:
            self._session.add_failure(passed, "the recorder was stopped")
            raise
        writer.finish(is_whole=not received.ending)
        if not writer.has_left:
            passage.handled.entry.ending = "" if writer.is_whole else "close"
        self._journal_body(passage, received, writer)
        missed = writer.has_left and (received.body is None or writer.body_sent < len(received.body))
        exchange = self._session.add(passed, received, writer.body_sent if missed else None)
        if exchange is not None and b'"thread"' in exchange.body:
            _store_thread(passage, exchange)
        return writer

    async def _refuse(self, passage: Passage, reason: str) -> SentResponse:
        message = f"No response from {self._upstream.host}: {reason}"
        error = ApiError("api_error", message, 502, _DO_NOT_RETRY)
        handled, http = passage.handled, passage.passed.http
        decision = refuse(http, passage.state, error)
        handled.record(decision, http, passage.scenario, passage.state, http11=http.head.http11)
        return await handled.send(passage.request)

    def _journal_head(self, passage: Passage, status: int) -> None:
        entry, journal = passage.handled.entry, passage.handled.journal
        entry.record_request(passage.passed.http, passage.scenario, journal.max_body)
        entry.record_decision(_PASSED_ON, Script(status, ()), journal.max_body)
        journal.keep(entry)

    def _journal_body(self, passage: Passage, received: ReceivedBody, writer: ClientWriter) -> None:
        """Journal the bytes of the response, as they would go to a client that stays."""
        entry, journal = passage.handled.entry, passage.handled.journal
        if received.body is not None:
            script = writer.write_script(received.body, received.head_us, received.arrivals)
            is_stream = b"text/event-stream" in (writer.content_type or b"").lower()
            entry.record_decision(_PASSED_ON._replace(streamed=is_stream), script, journal.max_body)
            entry.sent += [send.at for send in script.sends]
            journal.grow(entry)

    @property
    def waiting(self) -> int:
        """The number of responses that have not ended."""
        return len(self._tasks)

    async def finish(self) -> None:
        """Wait until all responses have ended, and close the connections to the server."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self._upstream.close()

    async def cancel(self) -> None:
        """End all responses without recording them, and close the connections.

        Responses that are almost complete are recorded.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_ENDING)
        for task in self._tasks:
            task.cancel()
        await self.finish()


def _store_thread(passage: Passage, exchange: Exchange) -> None:
    assembled = exchange.assembled
    if assembled is not None and assembled.is_complete and exchange.reception.status == _OK:
        store_thread(passage.passed.http, passage.state, assembled.message)


_PASSED_ON: Decision = NO_RESPONSE._replace(reason=PASSED_ON)
