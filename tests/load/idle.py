"""Ten thousand connections on which nothing happens, and how much memory they take.

In: a server. Out: lines of the table. Each has asked once, as those of a client's pool have: aiohttp keeps the last
request of a connection, which is half of what an idle one takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import uvloop

from mockclaude.server.process import allow_many_connections
from tests.load.breaking import left
from tests.load.client import Client, at_most, connect
from tests.load.running import Line, megabytes, serving
from tests.serving import post

CONNECTIONS, MOST = 10_000, 150_000_000
SPARE = 100
"""Descriptors that a process needs besides connections."""

SCENARIO = "rules:\n  - reply: Hello!\n"
Left = dict[str, int]


def check() -> Iterator[Line]:
    """Let many clients ask once and then stay."""
    what = f"memory of {CONNECTIONS:,} idle connections"
    allowed = allow_many_connections()
    if allowed is not None and allowed < CONNECTIONS + SPARE:
        lacking = f"not measured, since a process may have {allowed:,} descriptors here: see `ulimit -Hn`"
        yield Line(what, lacking, f"{CONNECTIONS + SPARE:,}", False)
        return
    with serving(SCENARIO) as server:
        before = server.ask("left")
        connected, used = uvloop.run(idle(server.port, lambda: server.ask("left")))
        more = used["memory"] - before["memory"]
        shown = f"{megabytes(more)}, with everything else {megabytes(used['memory'])}"
        yield Line(
            "clients that were answered and stayed", f"{connected:,}", f"{CONNECTIONS:,}", connected == CONNECTIONS
        )
        yield Line(what, shown, f"< {megabytes(MOST)}", more < MOST)
        yield from left("once they are gone", before, server.settled(before))


async def idle(port: int, look: Callable[[], Left]) -> tuple[int, Left]:
    """Return how many clients were answered and stayed connected, and what `look` saw then."""
    clients: list[Client] = []

    async def come() -> None:
        client = await connect(port)
        if (await client.ask(post(), 30)).startswith(b"HTTP/1.1 200 "):
            clients.append(client)

    await at_most(100, [come] * CONNECTIONS)
    used = look()
    connected = sum(not client.ended.is_set() for client in clients)
    for client in clients:
        client.transport.abort()
    return connected, used
