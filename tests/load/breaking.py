"""A thousand streams with every kind of fault at once, and clients that go: nothing is left of them.

In: a server. Out: lines of the table.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from itertools import cycle

import uvloop

from mockclaude.reply.response import End
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.wire.script import Script
from tests.load.client import Client, connect
from tests.load.pacing import Asked, as_planned, planned, without_clock
from tests.load.running import Line, Server, megabytes, serving

STREAMS, WARM_UP, ROUNDS = 1_000, 2, 3
PATIENCE = 6.0
"""Seconds after which a client gives up on a response that stalls, and goes."""

GROWTH = 4_000_000
"""Bytes of memory that may be more after `ROUNDS` than after `WARM_UP`."""

GONE = 1.0
"""Seconds within which the scripts of all clients that have gone must have ended."""

SCENARIO = """
pace: {ttft: 200ms, gap: 5ms}
rules:
  - reply:
      - text: Grüße aus 東京, and some more words, so that this is a stream of several pieces that may break anywhere.
      - tool_use: {name: get_weather, input: {city: Kyōto, unit: celsius, days: 7}}
"""
FAULTS = [*("" for _ in range(10)), *sorted(PRESETS.keys() - {"refuse"})]
"""What clients ask for, in turn: nothing, or a fault; not the one that is meant to hit everyone."""


def check() -> Iterator[Line]:
    """Break a thousand streams at once, again and again."""
    with serving(SCENARIO) as server:
        before = server.ask("left")
        good = 0
        used = []
        for number in range(WARM_UP + ROUNDS):
            good += one_round(server, f"{number}")
            used.append(server.settled(before))
        growth = used[-1]["memory"] - used[WARM_UP - 1]["memory"]
        yield from left(f"after {len(used)} times {STREAMS:,} streams with mixed faults", before, used[-1])
        yield Line(
            f"memory, {ROUNDS} times {STREAMS:,} streams later",
            megabytes(growth),
            f"< {megabytes(GROWTH)} more",
            growth < GROWTH,
        )
        total = len(used) * STREAMS
        yield Line("every byte as planned, broken or not", f"{good:,} of {total:,}", f"{total:,}", good == total)
        yield from gone(server, before)


def left(when: str, before: dict[str, int], after: dict[str, int]) -> Iterator[Line]:
    for what in ("tasks", "descriptors", "complaints"):
        yield Line(
            f"{what} {when}", f"{after[what]} ({before[what]} before)", f"{before[what]}", after[what] <= before[what]
        )


def one_round(server: Server, name: str) -> int:
    """Return how many of a thousand streams were as planned."""
    asked = [Asked(f"{name}/{number}", fault) for number, fault in zip(range(STREAMS), cycle(FAULTS))]
    scripts = planned(SCENARIO, asked)
    clients = uvloop.run(broken(server.port, asked))
    return sum(as_far_as_planned(client.received, script) for client, script in zip(clients, scripts, strict=True))


def as_far_as_planned(received: bytes, script: Script) -> bool:
    """Return whether what came is what was planned: all, or the beginning where the client or a reset ended it."""
    if script.end in (End.RESET, End.HANG) or script.end_at > PATIENCE / 2 * 1e6:
        return without_clock(b"".join(send.data for send in script.sends)).startswith(without_clock(received))
    return as_planned(received, script)


async def broken(port: int, asked: Sequence[Asked]) -> list[Client]:
    clients = [await connect(port) for _ in asked]

    async def talk(client: Client, each: Asked) -> None:
        await client.ask(each.request, PATIENCE)
        await client.go()

    await asyncio.gather(*map(talk, clients, asked))
    return clients


def gone(server: Server, before: dict[str, int]) -> Iterator[Line]:
    """Let clients go in the middle of their streams."""
    server.ask("endings")
    took = uvloop.run(seconds_until_gone(server))
    what = f"scripts of {STREAMS:,} clients that went in the middle have ended after"
    yield Line(what, f"{took * 1e3:.0f} ms", f"< {GONE * 1e3:.0f} ms", took < GONE)
    yield from left("after that", before, server.settled(before))


async def seconds_until_gone(server: Server) -> float:
    asked = [Asked(f"gone/{number}", "stall") for number in range(STREAMS)]
    clients = [await connect(server.port) for _ in asked]
    await asyncio.gather(*(client.ask(each.request, 1.5) for client, each in zip(clients, asked, strict=True)))
    begin = time.monotonic()
    await asyncio.gather(*(client.go() for client in clients))
    ended = 0
    while ended < STREAMS and time.monotonic() < begin + 10:
        ended += server.ask("endings").get("client gone", 0)
    return time.monotonic() - begin
