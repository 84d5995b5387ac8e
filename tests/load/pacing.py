"""Many streams at once, each with its own times: every byte as planned, and how late they are.

In: a server. Out: lines of the table. Lateness is measured twice: by the server, from its journal, where each write is
planned and done; and by the client, where the piece of each stream that came soonest stands for being in time.
"""

from __future__ import annotations

import asyncio
import gc
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from math import inf
from statistics import quantiles
from typing import NamedTuple

import uvloop

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.script import Script
from tests.load.client import Client, connect
from tests.load.running import Line, Server, serving
from tests.serving import asking, http_request, request, script_of, with_client_headers

STREAMS, EVENTS, LATE = 500, 100, 10.0
"""How many streams of how many events, and the most milliseconds by which 99 in 100 of them may be late."""

SCENARIO = f"""
pace: {{ttft: 1s, gap: 20ms}}
rules:
  - reply: {" ".join(f"number-{number:03}" for number in range(EVENTS * 20 // 11))}
"""
_CLOCK = re.compile(rb"(?m)^(date|anthropic-ratelimit-[a-z-]+-reset): .*\r\n")


class Asked(NamedTuple):
    """A request for a stream: whose it is, and which fault it asks for, if any."""

    lane: str
    fault: str = ""

    @property
    def headers(self) -> dict[str, str | None]:
        return {"x-mockclaude-lane": self.lane, "x-mockclaude-fault": self.fault or None}

    @property
    def request(self) -> bytes:
        return request("POST", "/v1/messages", asking(stream=True), "1.1", **self.headers)


def planned(scenario: str, asked: Sequence[Asked]) -> list[Script]:
    """Return what a server has to send to each request, decided without a server."""
    served, now = ScenarioState(load_text(scenario)), int(time.time())
    headers = [with_client_headers(each.headers) for each in asked]
    calls = [http_request("POST", "/v1/messages", {}, each, asking(stream=True), now) for each in headers]
    return [script_of(answer(call, served)) for call in calls]


def without_clock(data: bytes) -> bytes:
    """Return `data` without the headers that tell the time."""
    return _CLOCK.sub(b"", data)


def as_planned(received: bytes, script: Script) -> bool:
    """Return whether every byte came that was planned, and no other."""
    return without_clock(received) == without_clock(b"".join(send.data for send in script.sends))


async def streams(port: int, asked: Sequence[Asked]) -> list[Client]:
    """Return clients that were connected before, asked at once, and have got their responses."""
    clients = [await connect(port) for _ in asked]
    gc.collect()
    gc.disable()
    await asyncio.gather(*(client.ask(each.request, 30) for client, each in zip(clients, asked, strict=True)))
    gc.enable()
    for client in clients:
        await client.close()
    return clients


def late_at_client(client: Client, script: Script) -> list[float]:
    """Return by how many milliseconds each piece came later than the soonest of its stream."""
    ends = list(accumulate(len(send.data) for send in script.sends))
    got = list(accumulate(len(data) for _, data in client.pieces))
    late, piece = [], 0
    for end, send in zip(ends, script.sends, strict=True):
        while got[piece] < end:
            piece += 1
        late.append(client.pieces[piece][0] * 1e3 - send.at / 1e3)
    return [each - min(late) for each in late]


def late_at_server(server: Server) -> list[float]:
    return [
        (done - at) / 1e3 for planned_at, sent in server.ask("times") for at, done in zip(planned_at, sent, strict=True)
    ]


def percentile(late: list[float], percent: int) -> float:
    return quantiles(late, n=100)[percent - 1]


def spread(late: list[float]) -> str:
    return f"p50 {percentile(late, 50):.1f}, p99 {percentile(late, 99):.1f}, most {max(late):.1f} ms"


@contextmanager
def waking() -> Iterator[list[float]]:
    """Yield by how many milliseconds a process that only sleeps was late, once it has ended: nobody can do better."""
    late: list[float] = []
    with subprocess.Popen([sys.executable, "-m", "tests.load.waking"], stdout=subprocess.PIPE, text=True) as sleeper:
        yield late
        sleeper.terminate()
        late += map(float, sleeper.communicate()[0].split())


def check(rounds: int) -> Iterator[Line]:
    """Play many streams at once until 99 in 100 events are in time, at most `rounds` times; yield the best round."""
    best: list[Line] = []
    least = inf
    with serving(SCENARIO) as server:
        for number in range(rounds):
            late, lines = one_round(server, f"{number}")
            if late < least:
                least, best = late, lines
            if all(line.passed for line in lines):
                break
    yield from (line._replace(measured=f"{line.measured} (best of {number + 1})") for line in best)


def one_round(server: Server, name: str) -> tuple[float, list[Line]]:
    asked = [Asked(f"{name}/{number}") for number in range(STREAMS)]
    scripts = planned(SCENARIO, asked)
    with waking() as sleeper:
        clients = uvloop.run(streams(server.port, asked))
    good = sum(as_planned(client.received, script) for client, script in zip(clients, scripts, strict=True))
    at_server = late_at_server(server)
    at_client = [late for each in map(late_at_client, clients, scripts) for late in each]
    what = f"{STREAMS} streams of {EVENTS} events, 20 ms apart"
    return percentile(at_server, 99), [
        Line(f"{what}: every byte as planned", f"{good} of {STREAMS}", f"{STREAMS}", good == STREAMS),
        Line("late at the server", spread(at_server), f"p99 < {LATE:g} ms", percentile(at_server, 99) < LATE),
        Line("late at the client", spread(at_client), f"p99 < {LATE:g} ms", percentile(at_client, 99) < LATE),
        Line("meanwhile a process that only sleeps", spread(sleeper), "", True),
    ]
