"""A million requests, each another one, and whether the memory of the server stops growing.

In: a server. Out: lines of the table. What is kept is bounded, so memory grows until everything is full.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import uvloop

from tests.load.client import END_OF_BODY, Client, connect
from tests.load.running import Line, Server, megabytes, serving
from tests.serving import asking, request

REQUESTS, CONNECTIONS, TOGETHER, TENTHS = 1_000_000, 16, 25, 10
FULL = 2
"""The tenth after which memory must not grow. Each request has a lane of its own, and 10,000 lanes are counted."""

GROWTH, MOST = 4_000_000, 120_000_000
"""Bytes of memory that may be more later on than when everything was full, and bytes of the whole process."""

SCENARIO = """
rules:
  - when: {user: seven}
    reply: {error: overloaded_error}
  - when: {user: think}
    reply: [{thinking: Let me see.}, {tool_use: {name: get_weather, input: {city: '${{ user }}'}}}]
  - reply: You said ${{ user }}
"""
_NUMBER = b"000000000"
_ASKED = [
    request(
        "POST", "/v1/messages", asking(f"{said} {_NUMBER.decode()}", stream=stream), x_mockclaude_lane=_NUMBER.decode()
    )
    for said in ("seven", "think", "talk")
    for stream in (True, False)
]
"""Requests, in which the number is to be replaced."""


def check(requests: int) -> Iterator[Line]:
    """Ask so many times."""
    with serving(SCENARIO) as server:
        begin = time.monotonic()
        used = uvloop.run(sampled(server, requests))
        seconds = time.monotonic() - begin
        kept = server.ask("kept")
    growth = max(used[FULL:]) - used[FULL - 1]
    curve = ", ".join(f"{each / 1e6:.0f}" for each in used)
    yield Line(f"{requests:,} requests", f"{seconds:.0f} s, {requests / seconds:,.0f} a second", "", True)
    yield Line("memory after each tenth of them", f"{curve} MB", "", True)
    yield Line(f"growth after {FULL} tenths", megabytes(growth), f"< {megabytes(GROWTH)}", growth < GROWTH)
    yield Line("most memory", megabytes(max(used)), f"< {megabytes(MOST)}", max(used) < MOST)
    yield Line("requests that the journal keeps", f"{kept:,}", "> 1,000", kept > 1000)


async def sampled(server: Server, requests: int) -> list[int]:
    """Return how much memory the server has in use after each tenth of the requests."""
    clients = [await connect(server.port) for _ in range(CONNECTIONS)]
    used = []
    for tenth in range(TENTHS):
        numbers = iter(range(tenth * requests // TENTHS, (tenth + 1) * requests // TENTHS, TOGETHER))
        await asyncio.gather(*(ask(client, numbers) for client in clients))
        used.append(server.memory)
    for client in clients:
        await client.close()
    return used


async def ask(client: Client, numbers: Iterator[int]) -> None:
    """Ask what the numbers say, `TOGETHER` requests at once, until there are no more of them."""
    for first in numbers:
        asked = (
            _ASKED[number % len(_ASKED)].replace(_NUMBER, b"%09d" % number) for number in range(first, first + TOGETHER)
        )
        client.pieces.clear()
        client.transport.write(b"".join(asked))
        while client.received.count(END_OF_BODY) < TOGETHER:
            client.whole.clear()
            await client.whole.wait()
            if client.ended.is_set():
                raise RuntimeError("the server has closed a connection")
