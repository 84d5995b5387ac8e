"""The only place where time passes: a script is played on a connection.

In: a script, a wire and a clock. Out: bytes on the wire, each at its time, and how it went.
Knows nothing of what the bytes mean. Times are absolute deadlines, so lateness does not add up. What is due is written
by the timer itself, without waking a task: that is what lets hundreds of streams keep their times.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from mockclaude.reply.response import End
from mockclaude.server.clock import REAL, Clock, Handle
from mockclaude.wire.script import Script, Send

WRITE_TIMEOUT = 60.0
"""Seconds after which a client that does not read what is sent to it is dropped."""

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


async def play(
    script: Script,
    request: web.BaseRequest,
    clock: Clock = REAL,
    *,
    sent: list[int] | None = None,
    write_timeout: float = WRITE_TIMEOUT,
) -> Played:
    """Send what `script` says, when it says so by `clock`, and end as it ends.

    To `sent` is added, for each send, how many microseconds after the beginning it was written. Raises
    `ConnectionResetError` when the client is gone or has read nothing for `write_timeout` seconds, `CancelledError`
    when it goes while nothing is sent.
    """
    if script.end_at == 0 or not clock.waits:
        await _play_at_once(script, request, clock, sent, write_timeout)
    else:
        await _Sending(script.sends, request, clock, sent, write_timeout).played(script.end_at)
    if script.end is End.HANG:
        await asyncio.get_running_loop().create_future()
    if script.end is End.RESET:
        await _reset(_transport(request))
        return CLOSED
    return _end(script.end, request, write_timeout)


async def _play_at_once(
    script: Script, request: web.BaseRequest, clock: Clock, sent: list[int] | None, write_timeout: float
) -> None:
    begin = clock.begin()
    for send in script.sends:
        transport = _transport(request)
        transport.write(send.data)
        if sent is not None:
            sent.append(clock.since(begin))
        if transport.get_write_buffer_size() > _DRAIN_ABOVE:
            await _drain(request, write_timeout)


class _Sending:
    """Sends on their way, each at its time, written by the clock's own calls as long as the client reads."""

    def __init__(
        self,
        sends: Sequence[Send],
        request: web.BaseRequest,
        clock: Clock,
        sent: list[int] | None,
        write_timeout: float,
    ) -> None:
        self._sends = sends
        self._next = 0
        self._request = request
        self._clock = clock
        self._sent = sent
        self._write_timeout = write_timeout
        self._begin = clock.begin()
        self._paused: asyncio.Future[None]
        self._handle: Handle | None = None

    async def played(self, end_at: int) -> None:
        """Return once everything is sent and `end_at` is reached."""
        while self._next < len(self._sends):
            self._paused = asyncio.get_running_loop().create_future()
            try:
                self._go_on()
                await self._paused
            finally:
                if self._handle is not None:
                    self._handle.cancel()
            await _drain(self._request, self._write_timeout)
        await self._clock.until(self._begin, end_at)

    def _go_on(self) -> None:
        """Write what is due, and come again for the next; pause when all is written or the client does not read."""
        if self._paused.done():
            return
        try:
            if self._written():
                self._handle = self._clock.call(self._begin, self._sends[self._next].at, self._go_on)
            else:
                self._paused.set_result(None)
        except ConnectionResetError as error:
            self._paused.set_exception(error)

    def _written(self) -> bool:
        """Write what is due; return whether there is more to come, and a client that reads it."""
        transport = _transport(self._request)
        while self._next < len(self._sends):
            now = self._clock.since(self._begin)
            at, data = self._sends[self._next]
            if at > now:
                return True
            transport.write(data)
            self._next += 1
            if self._sent is not None:
                self._sent.append(now)
            if transport.get_write_buffer_size() > _DRAIN_ABOVE:
                return False
        return False


async def _drain(request: web.BaseRequest, write_timeout: float) -> None:
    try:
        async with asyncio.timeout(write_timeout):
            await request.writer.drain()
    except TimeoutError:
        _transport(request).abort()
        raise ConnectionResetError("the client does not read") from None


def _end(end: End, request: web.BaseRequest, write_timeout: float) -> Played:
    transport = request.transport
    if transport is not None and transport.get_write_buffer_size():
        loop = asyncio.get_running_loop()
        loop.call_soon(_drop_unless_read, transport, write_timeout)
    if end is End.CLOSE:
        _transport(request).close()
        return CLOSED
    return ALIVE if request.keep_alive else CLOSED


def _drop_unless_read(transport: asyncio.Transport, write_timeout: float) -> None:
    """Look once more after `write_timeout`, if there is still something to be written now."""
    if transport.get_write_buffer_size():
        asyncio.get_running_loop().call_later(write_timeout, _drop, transport, transport.get_write_buffer_size())


def _drop(transport: asyncio.Transport, unread: int) -> None:
    if transport.get_write_buffer_size() >= unread:
        transport.abort()


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
