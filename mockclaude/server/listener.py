"""The listening socket, which a fault can close for a while.

In: an address and aiohttp's runner. Out: connections for it, or none.
Knows nothing of requests. Connections that are open stay so.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from mockclaude.server.clock import REAL, Clock


class Listener:
    """Listens on `host` and `port`; once open, `port` is the one the system gave for 0."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._down: asyncio.Future[None] | None = None

    async def open(self, runner: web.ServerRunner) -> None:
        """Listen. Raises `OSError` where the address cannot be had."""
        self._runner = runner
        self._site = web.TCPSite(runner, self.host, self.port, reuse_address=True)
        await self._site.start()
        self.port = runner.addresses[0][1]

    def refuse(self, microseconds: int, clock: Clock = REAL) -> None:
        """Accept no connection for so long by `clock`, from now on; it does nothing where none is accepted already."""
        if self._site is not None:
            self._down = asyncio.ensure_future(self._reopen(self._site, microseconds, clock))
            self._site = None

    async def _reopen(self, site: web.TCPSite, microseconds: int, clock: Clock) -> None:
        runner = self._runner
        assert runner is not None
        if site in runner.sites:
            await site.stop()
        await clock.until(clock.begin(), microseconds)
        if runner.server is not None:
            await self.open(runner)

    async def reopened(self) -> None:
        """Return once connections are accepted again."""
        if self._down is not None:
            await self._down
