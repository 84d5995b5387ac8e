"""Live answers, played as they are made.

A client that goes, or does not read, ends the making of its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing

from aiohttp import web

from mockclaude.engine.decision import Decision, Live
from mockclaude.server.clock import Clock
from mockclaude.server.player import CLOSED, Played, play
from mockclaude.wire.encode import BatchEncoder
from mockclaude.wire.script import Script


async def play_live(
    live: Live, request: web.BaseRequest, clock: Clock, sent: list[int], complete: Callable[[Decision, Script], None]
) -> tuple[Script, Played]:
    """Send each part of `live` as soon as it is made; return all that was sent, and how it was played.

    `complete` is called with the decision and its script before its last part is sent, or as far as it was made when
    the client went. To `sent` is added, for each write, how many microseconds after the beginning it was written.
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
