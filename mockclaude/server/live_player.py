"""The player of live replies.

The generation of a reply stops if its client goes or does not read.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from aiohttp import web

from mockclaude.engine.decision import Decision, Live
from mockclaude.server.clock import Clock
from mockclaude.server.player import CLOSED, SentResponse, play
from mockclaude.wire.encode import BatchEncoder
from mockclaude.wire.script import Script


async def play_live(
    live: Live, request: web.BaseRequest, clock: Clock, sent: list[int], complete: Callable[[Decision, Script], None]
) -> tuple[Script, SentResponse]:
    """Send each part of a live reply as soon as it is complete.

    Args:
        live: The reply.
        request: The request.
        clock: The clock of the response.
        sent: Receives the time of each write, in microseconds from the start of the response.
        complete: Called with the decision and its script before the last part is sent, or when the client has gone.

    Returns:
        The script of all sent parts, and aiohttp's view of the response.
    """
    begin = clock.begin()
    encoder, whole, played = BatchEncoder(http11=request.version >= (1, 1)), None, CLOSED
    try:
        async with aclosing(live.parts()) as parts:
            async for response, whole in parts:
                script = encoder.encode(response)
                if whole is not None:
                    complete(whole, encoder.script)
                start, written = clock.since(begin), list[int]()
                try:
                    played = await play(script, request, clock, sent=written)
                finally:
                    sent += [start + at for at in written]
    finally:
        if whole is None:
            complete(live.partial_decision(), encoder.script)
    return encoder.script, played
