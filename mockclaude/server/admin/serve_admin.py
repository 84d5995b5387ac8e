"""Requests to the admin API, from the socket to the sent response."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from mockclaude.api.errors import ApiError
from mockclaude.api.redaction import redact
from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.server.admin.admin_api import answer, refusal
from mockclaude.server.admin.handlers import AdminApi
from mockclaude.server.player import CLOSED, play
from mockclaude.server.request_body import read_body
from mockclaude.wire.encode import encode


async def serve_admin(
    admin: AdminApi, request: web.BaseRequest, check_host: Callable[[str], None]
) -> web.StreamResponse:
    """Answer a request to the admin API. Only a failed request is logged."""
    begin, path = time.perf_counter(), request.raw_path.partition("?")[0]
    entry = JournalEntry(0, admin.clock.now(), request.method, redact(path), {})
    http11 = bool(request.version >= (1, 1))
    head = Head(request.method, path, request.query, request.headers, http11=http11)
    http = HttpRequest(head, request.headers, b"", int(entry.at))
    with suppress(ConnectionError):
        decision = await _decide(admin, request, http, check_host)
        if request.method == "HEAD":
            decision = decision.without_body()
        script = encode(decision.response, http11=http11)
        if script.status >= 400:
            entry.record_decision(decision, script)
            entry.ending, entry.seconds = "", time.perf_counter() - begin
            admin.journal.end(entry)
        return await play(script, request)
    return CLOSED


async def _decide(
    admin: AdminApi, request: web.BaseRequest, http: HttpRequest, check_host: Callable[[str], None]
) -> Decision:
    try:
        check_host(request.headers.get("host", "localhost"))
        return await answer(admin, http._replace(body=await read_body(request)))
    except ApiError as error:
        return refusal(http, error)
