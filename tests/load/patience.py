"""Clients that do not read, and clients that do not finish their request: none holds up others, and all are dropped.

In: a server. Out: lines of the table. All is waited for at once: each takes as long as the server's patience.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress

import uvloop

from mockclaude.server.player import WRITE_TIMEOUT
from mockclaude.server.protocol import KEEPALIVE_TIMEOUT
from mockclaude.server.request_body import BODY_TIMEOUT
from tests.load.breaking import left
from tests.load.client import Client, connect
from tests.load.pacing import Asked, as_planned, late_at_server, percentile, planned, spread, streams
from tests.load.running import Line, Server, serving
from tests.serving import asking, request

DEAF, MUCH, OTHERS, LATE = 20, 8_000_000, 50, 50.0
"""How many clients do not read how many bytes; how many others have streams meanwhile, and how many milliseconds 99 in
100 of their events may be late."""

GRACE = 15.0
"""Seconds by which a timeout may come later than it is written."""

SCENARIO = f"""
pace: {{ttft: 1s, gap: 20ms}}
rules:
  - when: {{user: much}}
    pace: instant
    as_written: true
    reply: '${{{{ user }}}}'
  - reply: {" ".join(f"number-{number:03}" for number in range(180))}
"""


def check() -> Iterator[Line]:
    """Let clients keep the server waiting in every way."""
    with serving(SCENARIO) as server:
        before = server.ask("left")
        yield from uvloop.run(waited_for(server))
        yield from left("after all that waiting", before, server.settled(before))


async def waited_for(server: Server) -> list[Line]:
    deaf = [await deaf_client(server.port) for _ in range(DEAF)]
    dropped = asyncio.gather(*(seconds_until_dropped(client, begin) for client, begin in deaf))
    slow = asyncio.gather(*(seconds_until_closed(server.port, way) for way in SLOW))
    server.ask("times")
    others = await others_meanwhile(server)
    until = WRITE_TIMEOUT + GRACE
    took = await dropped
    what = f"{DEAF} clients that do not read are dropped after"
    shown = f"{min(took):.1f} to {max(took):.1f} s"
    lines = [*others, Line(what, shown, f"{WRITE_TIMEOUT:g} s", min(took) > WRITE_TIMEOUT - 1 and max(took) < until)]
    for (name, (_, expected, answer)), (seconds, received) in zip(SLOW.items(), await slow, strict=True):
        good = seconds < expected + GRACE and received.startswith(answer)
        lines.append(Line(f"{name}: closed after", f"{seconds:.1f} s", f"{expected:g} s", good))
    return lines


async def deaf_client(port: int) -> tuple[Client, float]:
    """Return a client that has asked for much and reads none of it, and when it stopped."""
    client = await connect(port)
    client.transport.pause_reading()
    body = asking("much" * (MUCH // 4), stream=True)
    client.transport.write(request("POST", "/v1/messages", body, x_mockclaude_validation="off"))
    while client.transport.get_write_buffer_size():
        await asyncio.sleep(0.01)
    return client, time.monotonic()


async def seconds_until_dropped(client: Client, begin: float) -> float:
    """Return after how long the server has given up: the client learns of it from a byte that it writes."""
    while not client.ended.is_set() and time.monotonic() < begin + WRITE_TIMEOUT + 2 * GRACE:
        with suppress(RuntimeError):
            client.transport.write(b" ")
        await asyncio.sleep(0.2)
    return time.monotonic() - begin


async def others_meanwhile(server: Server) -> list[Line]:
    asked = [Asked(f"other/{number}") for number in range(OTHERS)]
    scripts = planned(SCENARIO, asked)
    clients = await streams(server.port, asked)
    good = sum(as_planned(client.received, script) for client, script in zip(clients, scripts, strict=True))
    late = late_at_server(server)
    what = f"{OTHERS} streams beside {DEAF} clients that do not read {MUCH / 1e6:g} MB"
    return [
        Line(f"{what}: every byte as planned", f"{good} of {OTHERS}", f"{OTHERS}", good == OTHERS),
        Line("late at the server", spread(late), f"p99 < {LATE:g} ms", percentile(late, 99) < LATE),
    ]


async def nothing(client: Client) -> None:
    """Say nothing."""


async def headers(client: Client) -> None:
    client.transport.write(b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ")
    while not client.ended.is_set():
        client.transport.write(b"x")
        await asyncio.sleep(0.5)


async def body(client: Client) -> None:
    whole = request("POST", "/v1/messages", asking("Hello"))
    client.transport.write(whole[:-100])
    while not client.whole.is_set():
        client.transport.write(b" ")
        await asyncio.sleep(0.5)


Slow = Callable[[Client], Awaitable[None]]

SLOW: dict[str, tuple[Slow, float, bytes]] = {
    "a connection on which nothing is asked": (nothing, KEEPALIVE_TIMEOUT, b""),
    "headers that come byte by byte": (headers, KEEPALIVE_TIMEOUT, b""),
    "a body that comes byte by byte": (body, BODY_TIMEOUT, b"HTTP/1.1 408 "),
}
"""What a client does -> how, after how many seconds that ends, and how the answer begins."""


async def seconds_until_closed(port: int, way: str) -> tuple[float, bytes]:
    """Return after how long a slow client is answered or closed, and what it got."""
    client, begin = await connect(port), time.monotonic()
    sending = asyncio.ensure_future(SLOW[way][0](client))
    try:
        async with asyncio.timeout(SLOW[way][1] + 2 * GRACE):
            await client.whole.wait()
    except TimeoutError:
        client.transport.abort()
    sending.cancel()
    return time.monotonic() - begin, client.received
