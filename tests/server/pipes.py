"""Connections without sockets: a test passes each segment, and sees each byte that the server writes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping
from typing import Any

from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_json import entry_to_json
from mockclaude.scenario.rules import Scenario
from mockclaude.server.clock import Clock
from mockclaude.server.connection import Connection
from mockclaude.server.protocol import make_server
from mockclaude.server.site import Site
from tests.serving import NOW

_TURNS = 30
"""Iterations of the event loop in which a response without delays is sent."""

_OF_THE_WAY = {"sent_us", "seconds"}


class Pipe(asyncio.Transport):
    """A transport that keeps the written bytes.

    Attributes:
        written: The bytes.
        reads: Whether the client reads.
        unsent: The number of bytes that the client has not read.
    """

    family = socket.AF_UNSPEC

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.reads = True
        self.unsent = 0
        self._protocol: asyncio.BaseProtocol | None = None

    def open(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol
        protocol.connection_made(self)

    def write(self, data: Any) -> None:
        self.written += data
        self.unsent += 0 if self.reads else len(data)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self._protocol is None

    def close(self) -> None:
        if isinstance(self._protocol, asyncio.Protocol):
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)
            self._protocol = None

    abort = close

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self if name == "socket" else default

    def setsockopt(self, *_: object) -> None:
        """Do nothing, in the place of a socket."""

    def fileno(self) -> int:
        raise OSError


class PipedSite:
    """A site whose clients are pipes.

    Attributes:
        site: The site.
        entries: The ended entries.
        handled: The number of requests that aiohttp's handler has received.
    """

    def __init__(self, scenario: Scenario, connection: type[Connection] = Connection, **options: Any) -> None:
        self.site = Site({"": scenario}, **{"clock": Clock(0, now=lambda: NOW), **options})
        self.entries: list[JournalEntry] = []
        self.handled = 0
        self.site.journal.subscribe("ended", self.entries.append)
        self._server = make_server(self.site, connection)
        handle, self._pipes = self._server.request_handler, list[Pipe]()

        async def count(request: Any) -> Any:
            self.handled += 1
            return await handle(request)

        self._server.request_handler = count

    async def connect(self) -> tuple[Connection, Pipe]:
        connection, pipe = self._server(), Pipe()
        pipe.open(connection)
        self._pipes.append(pipe)
        await turn()
        assert isinstance(connection, Connection)
        return connection, pipe

    async def send(self, segments: Iterable[bytes]) -> bytes:
        """Return the bytes that a new connection writes for `segments`."""
        connection, pipe = await self.connect()
        for segment in segments:
            if not pipe.is_closing():
                connection.data_received(segment)
                await turn()
        return pipe.written

    def replace_site(self, scenarios: Mapping[str, Scenario]) -> Site:
        """Serve another site to the next requests, as the fixture does."""
        self._server.site = self.site.renew(scenarios, self.site.clock, 1.0)
        return self._server.site

    async def close(self) -> None:
        """End all connections."""
        for pipe in self._pipes:
            pipe.close()
        await turn()

    def journal(self) -> list[Any]:
        """Return the entries by number, without their measured times."""
        return [_without_times(entry_to_json(entry)) for entry in sorted(self.entries, key=lambda entry: entry.number)]


async def turn() -> None:
    """Let the event loop do what it can do at once."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _without_times(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_times(value) for key, value in data.items() if key not in _OF_THE_WAY}
    return data
