"""The server of a recorder: it passes unmatched requests on to another server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple, cast

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.engine.passing import PassedOn, decide_or_pass
from mockclaude.proxy.passed_request import PassedRequest
from mockclaude.scenario.rules import Scenario
from mockclaude.server.handled_request import ClientConnection, HandledRequest
from mockclaude.server.heads import KnownHead, build_http_request
from mockclaude.server.player import play
from mockclaude.server.relay import Passage, Relay
from mockclaude.server.request_body import BodyLimit, decompress, read_raw_body
from mockclaude.server.site import Site
from mockclaude.wire.script import CONTINUE

_NOT_FOUND = 404


class _ReadRequest(NamedTuple):
    """A request, the scenario of its path, and its query as sent."""

    http: HttpRequest
    scenario: str
    target: str
    path: str
    is_known: bool


class RecordingSite(Site):
    """A site whose unmatched requests are passed on.

    Args:
        scenarios: The scenarios by name.
        relay: Passes requests on.
        grows: Whether requests of other sessions than the recorded ones are passed on, too.
        options: The options of a site.
    """

    def __init__(self, scenarios: Mapping[str, Scenario], relay: Relay, *, grows: bool = False, **options: Any) -> None:
        super().__init__(scenarios, **options)
        self._relay = relay
        self._grows = grows
        self._limit = BodyLimit(relay.limits.size)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, or pass it on."""
        cast("ClientConnection", request.protocol).key = b""  # a known head would be answered without the relay
        return await super().handle(request)

    async def _respond(
        self, request: web.BaseRequest, handled: HandledRequest, key: bytes, known: KnownHead | None
    ) -> web.StreamResponse:
        path = request.raw_path
        if path.partition("?")[0] == "/" or not path.startswith("/"):
            return await super()._respond(request, handled, key, known)
        passage = await self._find_passage(request, handled)
        return await (handled.send(request) if passage is None else self._relay.pass_on(passage))

    async def _find_passage(self, request: web.BaseRequest, handled: HandledRequest) -> Passage | None:
        """Read a request; return its passage, or decide and journal the response of a rule."""
        raw: bytes | AsyncIterator[bytes] = b""
        try:
            self.heads.check_host(request.headers.get("host", "localhost"))
            raw = await _read_body(request, self._limit)
            body = _decode_body(request, raw, self._limit)
            read = self._read_head(request, handled, body or b"")
            state = self.served[read.scenario]
            is_passed = body is None or not read.is_known
            decision = PassedOn() if is_passed else decide_or_pass(read.http, state, grows=self._grows)
        except ApiError as error:
            kept = raw if isinstance(raw, bytes) else b""
            handled.refuse(error, self._build_stray(request, handled, kept, error), self.served[""])
            return None
        if isinstance(decision, Decision):
            handled.record(decision, read.http, read.scenario, state, http11=read.http.head.http11)
            return None
        day = time.strftime("%Y-%m-%d", time.gmtime(handled.entry.at))
        passed = PassedRequest(handled.entry.number, read.http, read.path, body, day, decision.refusal, read.is_known)
        return Passage(request, handled, passed, read.target, raw, read.scenario, state)

    def _read_head(self, request: web.BaseRequest, handled: HandledRequest, body: bytes) -> _ReadRequest:
        """Read the head of a request, whose path may be unknown here.

        Raises:
            ApiError: 403, a page has sent a control header.
        """
        target = request.raw_path
        try:
            known = self.heads.read(request)
        except ApiError as error:
            if error.status != _NOT_FOUND:
                raise
            return _ReadRequest(self._build_stray(request, handled, body, error), "", target, target, is_known=False)
        head = known.head
        http = self._build_request(request, handled, head, body)
        if known.scenario:
            target = target.removeprefix(head.prefix)
        query = target.partition("?")[2]
        return _ReadRequest(http, known.scenario, target, f"{head.path}?{query}" if query else head.path, is_known=True)

    def _build_request(self, request: web.BaseRequest, handled: HandledRequest, head: Head, body: bytes) -> HttpRequest:
        connection = cast("ClientConnection", request.protocol)
        return build_http_request(head, request.headers, body, self._began, handled.entry.at, connection)

    def _build_stray(
        self, request: web.BaseRequest, handled: HandledRequest, body: bytes, error: ApiError
    ) -> HttpRequest:
        """Build a request to no scenario."""
        return self._build_request(request, handled, self.heads.read_stray(request, error), body)


async def _read_body(request: web.BaseRequest, limit: BodyLimit) -> bytes | AsyncIterator[bytes]:
    """Read the body of a request; of a large one, return an iterator.

    Raises:
        ApiError: The body is malformed, or does not arrive.
    """
    if (request.content_length or 0) <= limit.size:
        return await read_raw_body(request, limit)
    if request.headers.get("expect", "").lower() == "100-continue":
        await play(CONTINUE, request)
    return request.content.iter_any()


def _decode_body(request: web.BaseRequest, raw: bytes | AsyncIterator[bytes], limit: BodyLimit) -> bytes | None:
    """Decompress the body of a request; return None if it is large or invalid."""
    if not isinstance(raw, bytes):
        return None
    encoding = request.headers.get("content-encoding", "").lower()
    try:
        return decompress(raw, encoding, limit) if encoding in ("", "identity", "gzip", "deflate") else None
    except ApiError:
        return None
