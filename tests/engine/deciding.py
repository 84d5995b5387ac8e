"""Requests to a scenario without a server, decided and ended as a server does it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any, NamedTuple

from mockclaude.engine.decision import Decision, Live
from mockclaude.engine.http_request import LANE_HEADER, HttpRequest
from mockclaude.engine.routes import answer, commit
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.wire.encode import BatchEncoder, encode
from mockclaude.wire.script import Script
from tests.serving import NOW, Received, asking, http_request, received, with_client_headers

CREATE = {"type": "create"}
"""The `thread` of a request that begins one."""


def after(message_id: str) -> dict[str, Any]:
    """Return the `thread` of a request that continues a reply."""
    return {"type": "continue", "previous_message_id": message_id}


def call(content: Any = "Hello", lane: str = "", key: str = "mock", later: int = 0, **fields: Any) -> HttpRequest:
    """Return a Messages request that comes so many seconds `later` than `NOW`; None as a value leaves a field out."""
    own = {"x-api-key": key, LANE_HEADER: lane, "anthropic-beta": "message-threads-2026-08-12"}
    headers = with_client_headers({**own, **fields.pop("headers", {})})
    return http_request("POST", "/v1/messages", {}, headers, asking(content, **fields), NOW + later)


class Sent(NamedTuple):
    """A response as it is sent, and the notes on it."""

    script: Script
    notes: tuple[str, ...]

    @property
    def response(self) -> Received:
        return received(b"".join(send.data for send in self.script.sends))


def send(state: ScenarioState, asked: HttpRequest, *, is_client_there: bool = True) -> Sent:
    """Return the response to a request, which has ended then. A client that is not there reads one part at most."""
    return asyncio.run(_send(state, asked, is_client_there=is_client_there))


async def _send(state: ScenarioState, asked: HttpRequest, *, is_client_there: bool) -> Sent:
    decision = answer(asked, state)
    script = encode(decision.response, http11=True)
    try:
        if live := decision.live:
            encoder = BatchEncoder(http11=True)
            decision = commit(state, await _whole(live, encoder, is_client_there=is_client_there))
            script = encoder.script
    finally:
        state.store.commit(decision.at_end)
    return Sent(script._replace(sends=tuple(script.sends)), decision.notes)


async def _whole(live: Live, encoder: BatchEncoder, *, is_client_there: bool) -> Decision:
    """Return the decision of a live reply, as far as it is made when the client goes after the first part."""
    whole: Decision | None = None
    async with aclosing(live.parts()) as parts:
        async for response, decision in parts:
            encoder.encode(response)
            whole = decision
            if not is_client_there:
                break
    return whole or live.partial_decision()
