"""The only place where time passes: a script is played on a connection.

In: a script and a wire. Out: bytes on the wire, each at its time, and how it went.
Knows nothing of what the bytes mean. Times are absolute deadlines, so lateness does not add up.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from typing import Any

from aiohttp import web

from mockclaude.reply.script import End, Script

_DRAIN_ABOVE = 65_536
_FLUSH_TIMEOUT = 1.0


class Played(web.StreamResponse):
    """Tells aiohttp that the response is on the wire already, and whether the connection lives on."""

    def __init__(self, *, keep_alive: bool) -> None:
        super().__init__()
        self._lives = keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the connection waits for another request."""
        return self._lives

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing: the head is sent."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: the body is sent."""


ALIVE = Played(keep_alive=True)
CLOSED = Played(keep_alive=False)


async def play(script: Script, request: web.BaseRequest) -> Played:
    """Send what `script` says, when it says so, and end as it ends.

    Raises `ConnectionResetError` when the client is gone, `CancelledError` when it goes while nothing is sent.
    """
    if script.end_at == 0:
        for send in script.sends:
            if _write(send.data, request).get_write_buffer_size() > _DRAIN_ABOVE:
                await request.writer.drain()
    else:
        await _play_in_time(script, request)
    if script.end is End.KEEP:
        return ALIVE if request.keep_alive else CLOSED
    return await _end(script.end, request)


async def _play_in_time(script: Script, request: web.BaseRequest) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for at, data in script.sends:
        await asyncio.sleep(begin + at / 1e6 - loop.time())
        _write(data, request)
        await request.writer.drain()
    await asyncio.sleep(begin + script.end_at / 1e6 - loop.time())


def _write(data: bytes, request: web.BaseRequest) -> asyncio.Transport:
    transport = _transport(request)
    transport.write(data)
    return transport


async def _end(end: End, request: web.BaseRequest) -> Played:
    if end is End.HANG:
        await asyncio.get_running_loop().create_future()
    elif end is End.CLOSE:
        _transport(request).close()
    else:
        await _reset(_transport(request))
    return CLOSED


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client is gone")
    return transport


async def _reset(transport: asyncio.Transport) -> None:
    """End with a TCP reset, once what was sent has left: a reset overtakes what is still waiting."""
    sock: socket.socket = transport.get_extra_info("socket")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _FLUSH_TIMEOUT
    while (transport.get_write_buffer_size() or _unsent(sock)) and loop.time() < deadline:
        await asyncio.sleep(0.001)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0))
    transport.abort()


def _unsent(sock: Any) -> int:
    """Return how many bytes the other side has not acknowledged; 0 where the system does not say (only Linux does)."""
    try:
        import fcntl
        import termios

        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
    except (ImportError, AttributeError, OSError):
        return 0
