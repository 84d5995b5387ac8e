"""Answers that are made while they are sent, played as far as they are made.

In: a live answer, a wire and a clock. Out: bytes on the wire, and at last the whole answer.
Knows nothing of who makes it. Each part is the whole stream so far, of which what was not sent yet is sent; its end is
held back until there is no more to come.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import NamedTuple

import orjson
from aiohttp import web

from mockclaude.api import events
from mockclaude.reply.exchange import LAST_CHUNK, Exchange, apart, chunk, names, whole_head
from mockclaude.reply.script import End, Script, Send
from mockclaude.server.calls import NOTHING, Answer, Live
from mockclaude.server.clock import Clock
from mockclaude.server.play import Played, play

_ENDING = 3
"""Events at the end of a message that stay behind: the end of its last block, `message_delta`, `message_stop`."""


class Sent(NamedTuple):
    """How many events of a stream were sent, and when the last of them was due, in microseconds."""

    events: int = 0
    at: int = 0


async def play_live(live: Live, request: web.BaseRequest, clock: Clock, sent: list[int]) -> tuple[Answer, Played]:
    """Send what `live` makes as soon as it is there; return the whole answer, and how it was played."""
    done, given = Sent(), NOTHING
    async with aclosing(live.parts()) as parts:
        async for given in parts:
            exchange = apart(given.script)
            if given.live and exchange and exchange.is_stream:
                script, done = more(exchange, done)
                await play(script, request, clock, sent=sent)
    whole = apart(given.script)
    script = last(whole, done) if whole and done.events else given.script
    return given, await play(script, request, clock, sent=sent)


def more(exchange: Exchange, done: Sent) -> tuple[Script, Sent]:
    """Return the script of what `exchange` has more than was sent, without its end, and what is sent with it."""
    finished = exchange.body and "message_stop" in names(exchange.body[-1])
    upto = max(done.events, len(exchange.body) - (_ENDING if finished else 0))
    sends = _framed(exchange, done, upto)
    at = exchange.body[upto - 1].at if upto else 0
    return Script(exchange.status, sends, End.KEEP, at - done.at), Sent(upto, at)


def last(exchange: Exchange, done: Sent) -> Script:
    """Return the script of what is left of `exchange`, and of its end; an error becomes an event."""
    if not exchange.is_stream:
        return _failed(exchange)
    end_at = exchange.end_at - done.at
    sends = [*_framed(exchange, done, len(exchange.body)), *_marked(exchange, end_at)]
    end = End.CLOSE if exchange.end is End.KEEP and not exchange.chunked else exchange.end
    return Script(exchange.status, sends, end, end_at)


def _failed(exchange: Exchange) -> Script:
    event = Send(0, events.error(orjson.loads(exchange.data)))
    sends = [chunk(event) if exchange.chunked else event, *_marked(exchange, 0)]
    return Script(exchange.status, sends, End.KEEP if exchange.chunked else End.CLOSE)


def _marked(exchange: Exchange, at: int) -> list[Send]:
    return [Send(at, LAST_CHUNK)] if exchange.chunked and exchange.complete else []


def _framed(exchange: Exchange, done: Sent, upto: int) -> list[Send]:
    pieces = exchange.body[done.events : upto]
    framed = map(chunk, pieces) if exchange.chunked else pieces
    begin = [] if done.events else [Send(exchange.head_at, whole_head(exchange))]
    return [Send(max(0, at - done.at), data) for at, data in (*begin, *framed)]
