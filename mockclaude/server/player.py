"""The player: sends the bytes of a script at their times.

Times are absolute, so delays do not add up. A timer callback writes directly, without waking a task, so that hundreds
of streams keep their times.
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
from mockclaude.server.clock import REAL, Clock
from mockclaude.wire.script import Script, Send

WRITE_TIMEOUT = 60.0
"""Seconds after which a client that does not read is disconnected."""

_DRAIN_ABOVE = 65_536
_FLUSH_TIMEOUT = 1.0
_GONE = "the client is gone"


class SentResponse(web.StreamResponse):
    """A response that is sent already, and whether its connection stays open."""

    def __init__(self, *, keep_alive: bool) -> None:
        super().__init__()
        self._lives = keep_alive

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open for another request."""
        return self._lives

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing, because the head is sent."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing, because the body is sent."""


ALIVE = SentResponse(keep_alive=True)
CLOSED = SentResponse(keep_alive=False)


def find_instant_write(script: Script, clock: Clock) -> bytes:
    """Return the bytes of a script of one write now, and nothing else; b'' for others."""
    if len(script.sends) != 1 or script.end is not End.KEEP or script.down_us or (script.end_at and clock.waits):
        return b""
    data = script.sends[0].data
    return data if len(data) <= _DRAIN_ABOVE else b""


async def play(
    script: Script,
    request: web.BaseRequest,
    clock: Clock = REAL,
    *,
    sent: list[int] | None = None,
    write_timeout: float = WRITE_TIMEOUT,
) -> SentResponse:
    """Send the bytes of `script` at their times, and end the response.

    Args:
        script: The script.
        request: The request.
        clock: The clock of the response.
        sent: Receives the time of each write, in microseconds from the start of the response.
        write_timeout: Seconds after which a client that does not read is disconnected.

    Raises:
        ConnectionResetError: The client has gone, or has not read for `write_timeout` seconds.
        CancelledError: The client has gone between two writes.
    """
    if script.end_at and clock.waits:
        await _ResponseWriter(script.sends, request, clock, sent).write_all(script.end_at, write_timeout)
    else:
        begin = clock.begin()
        for send in script.sends:
            transport = _transport(request)
            transport.write(send.data)
            if sent is not None:
                sent.append(clock.since(begin))
            if transport.get_write_buffer_size() > _DRAIN_ABOVE:
                await _drain(request, write_timeout)
    if script.end is End.HANG:
        await asyncio.get_running_loop().create_future()
    if script.end is End.RESET:
        await reset(_transport(request))
        return CLOSED
    return _end(script.end, request, write_timeout)


class _ResponseWriter:
    """Writes at their times, in callbacks of the clock, while the client reads."""

    __slots__ = ("_begin", "_clock", "_next", "_paused", "_request", "_sends", "_sent", "_timer", "_transport")

    def __init__(self, sends: Sequence[Send], request: web.BaseRequest, clock: Clock, sent: list[int] | None) -> None:
        self._sends = sends
        self._next = 0
        self._request = request
        self._transport = _transport(request)
        self._clock = clock
        self._sent = [] if sent is None else sent
        self._begin = clock.begin()
        self._paused: asyncio.Future[None]
        self._timer = clock.timer(self._begin, self._continue)

    async def write_all(self, end_at: int, write_timeout: float) -> None:
        """Write everything and wait until `end_at`."""
        try:
            while self._next < len(self._sends):
                self._paused = asyncio.get_running_loop().create_future()
                self._continue()
                await self._paused
                if self._transport.get_write_buffer_size():
                    await _drain(self._request, write_timeout)
        finally:
            self._timer.cancel()
        await self._clock.wait_until(self._begin, end_at)

    def _continue(self) -> None:
        """Write the due bytes and schedule the next write; pause at the end or if the client does not read."""
        if self._paused.done():
            return
        transport, sends, number = self._transport, self._sends, self._next
        if transport.is_closing():
            self._paused.set_exception(ConnectionResetError(_GONE))
            return
        now = self._clock.since(self._begin)
        count, sent, send = len(sends), self._sent, sends[number]
        while send.at <= now:
            data, first, number = send.data, number, number + 1
            if number < count and send.at < sends[number].at <= now:
                data, number = _join_late(sends, first, now)
            transport.write(data)
            sent += [now] * (number - first)
            self._next = number
            if number == count or transport.get_write_buffer_size() > _DRAIN_ABOVE:
                self._paused.set_result(None)
                return
            send = sends[number]
        self._timer.start(send.at)


def _join_late(sends: Sequence[Send], first: int, now: int) -> tuple[bytes, int]:
    """Join the bytes of different times that are due; return them and the next index.

    A server that is late catches up with one write. Bytes of the same time stay separate, as the script demands.
    """
    at, data = sends[first]
    index, size, parts = first + 1, len(data), [data]
    while index < len(sends) and at < sends[index].at <= now and size <= _DRAIN_ABOVE:
        at, data = sends[index]
        parts.append(data)
        size += len(data)
        index += 1
    return b"".join(parts), index


async def _drain(request: web.BaseRequest, write_timeout: float) -> None:
    try:
        async with asyncio.timeout(write_timeout):
            await request.writer.drain()
    except TimeoutError:
        _transport(request).abort()
        raise ConnectionResetError("the client does not read") from None


def _end(end: End, request: web.BaseRequest, write_timeout: float) -> SentResponse:
    transport = request.transport
    if transport is not None and transport.get_write_buffer_size():  # the event loop may write at its next iteration
        asyncio.get_running_loop().call_soon(drop_unless_read, transport, write_timeout)
    if end is End.CLOSE:
        _transport(request).close()
        return CLOSED
    return ALIVE if request.keep_alive else CLOSED


def drop_unless_read(transport: asyncio.Transport, write_timeout: float) -> None:
    """Schedule a check of unread bytes after `write_timeout`, if any exist now."""
    if transport.get_write_buffer_size():
        asyncio.get_running_loop().call_later(write_timeout, _drop, transport, transport.get_write_buffer_size())


def _drop(transport: asyncio.Transport, unread: int) -> None:
    if transport.get_write_buffer_size() >= unread:
        transport.abort()


def _transport(request: web.BaseRequest) -> asyncio.Transport:
    transport = request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError(_GONE)
    return transport


async def reset(transport: asyncio.Transport) -> None:
    """Reset the connection after all bytes have left.

    A TCP reset discards waiting bytes.
    """
    sock: socket.socket = transport.get_extra_info("socket")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _FLUSH_TIMEOUT
    while (transport.get_write_buffer_size() or _unsent(sock)) and loop.time() < deadline:
        await asyncio.sleep(0.001)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0))
    transport.abort()


def _unsent(sock: Any) -> int:
    """Return the number of unacknowledged bytes; 0 except on Linux, where the system reports them."""
    try:
        import fcntl
        import termios

        return int(struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0])
    except (ImportError, AttributeError, OSError):
        return 0
