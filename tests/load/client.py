"""Clients that do as little as a client can, so that the server is what is measured.

In: the bytes of requests. Out: what came back, and when, on the clock that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import cast

END_OF_BODY = b"\r\n0\r\n\r\n"
HOST = "127.0.0.1"


class Client(asyncio.Protocol):
    """One connection. `pieces` holds what came and when, in seconds; `ended` is set by the end of the connection."""

    def __init__(self) -> None:
        self.pieces: list[tuple[float, bytes]] = []
        self.whole = asyncio.Event()
        self.ended = asyncio.Event()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.pieces.append((time.monotonic(), data))
        if data.endswith(END_OF_BODY):
            self.whole.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's signature)
        self.whole.set()
        self.ended.set()

    @property
    def received(self) -> bytes:
        return b"".join(data for _, data in self.pieces)

    async def ask(self, request: bytes, patience: float) -> bytes:
        """Send `request`, and return what has come once the response or the connection ends, or patience does."""
        self.pieces.clear()
        self.whole.clear()
        self.transport.write(request)
        with suppress(TimeoutError):
            await asyncio.wait_for(self.whole.wait(), patience)
        return self.received

    async def close(self) -> None:
        self.transport.close()
        await self.ended.wait()

    async def go(self) -> None:
        """Leave at once, whatever is still to come."""
        self.transport.abort()
        await self.ended.wait()


async def connect(port: int) -> Client:
    """Return a client that is connected; it tries again where the queue of connections is full."""
    while True:
        try:
            _, client = await asyncio.get_running_loop().create_connection(Client, HOST, port)
            return client
        except ConnectionError:
            await asyncio.sleep(0.1)


async def at_most(count: int, jobs: Sequence[Callable[[], Awaitable[None]]]) -> None:
    """Run all `jobs`, at most `count` of them at a time."""
    turns = asyncio.Semaphore(count)

    async def run(job: Callable[[], Awaitable[None]]) -> None:
        async with turns:
            await job()

    await asyncio.gather(*map(run, jobs))
