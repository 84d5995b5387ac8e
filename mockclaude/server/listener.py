"""The listening socket, which the fault `refuse` closes for a time. Open connections stay open."""

from __future__ import annotations

import asyncio

from aiohttp import web

from mockclaude.server.clock import REAL, Clock

BACKLOG = 4_096
"""Connections that wait to be accepted. For each further connection, a client waits 1 s and tries again.

Systems have a maximum of their own: 4,096 is the default of Linux.
"""


class Listener:
    """Listens on `host` and `port`.

    Attributes:
        host: The address.
        port: The port. For port 0, `open` sets it to the assigned port.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._pause: asyncio.Future[None] | None = None
        self._down: asyncio.Future[None] | None = None

    async def open(self, runner: web.ServerRunner) -> None:
        """Start to listen.

        Raises:
            OSError: The address is in use or invalid.
        """
        site = web.TCPSite(runner, self.host, self.port, reuse_address=True, backlog=BACKLOG)
        await site.start()
        self._runner, self._site = runner, site
        self.port = runner.addresses[0][1]

    def refuse(self, microseconds: int, clock: Clock = REAL) -> None:
        """Close the socket for `microseconds` of `clock`, unless it is closed."""
        if self._site is not None:
            self._pause = asyncio.ensure_future(clock.wait_until(clock.begin(), microseconds))
            self._down = asyncio.ensure_future(self._reopen(self._site, self._pause))
            self._site = None

    async def _reopen(self, site: web.TCPSite, pause: asyncio.Future[None]) -> None:
        await site.stop()
        await pause
        assert self._runner is not None
        await self.open(self._runner)

    async def wait_until_open(self) -> None:
        """Wait until the socket is open again."""
        if self._down is not None:
            await self._down

    async def close(self) -> None:
        """Stop listening.

        Clean up the runner afterwards, which closes a socket that is still being opened.
        """
        while self._pause is not None and self._down is not None and not self._down.done():
            self._pause.cancel()  # not `_down`: a cancelled `create_server` leaves its socket open
            await asyncio.wait([self._down])
        self._site = None
