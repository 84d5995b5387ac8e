"""Write a response of another server to the client while it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from aiohttp import web

from mockclaude.proxy.hop_headers import drop_hop_headers, find_value
from mockclaude.proxy.upstream import ResponseHead
from mockclaude.reply.response import End
from mockclaude.scenario.recording.exchange import Arrival
from mockclaude.server.player import WRITE_TIMEOUT
from mockclaude.wire.framing import BODILESS, CHUNKED_LINE, CLOSING, LAST_CHUNK, chunk
from mockclaude.wire.script import Script, Send

MAX_AHEAD = 1024 * 1024
"""Bytes that wait for a slow client. Above it, the reader waits too."""


class ClientWriter:
    """Writes the head and each part of a body as soon as it arrives.

    The client's framing is that of the other server. Without chunks, a client of HTTP/1.0 gets the body up to the close
    of the connection.

    Args:
        request: The client's request.
        begun: Called with the status before the head is written.
        patience: Seconds for which the response is read after the client has left.

    Attributes:
        body_sent: The number of bytes of the body that the client got.
        content_type: The type of the body.
        ends_by_close: Whether the close of the connection ends the body.
        has_left: Whether the client left before the end.
        is_whole: Whether the response has ended as its framing says.
        keeps_alive: Whether the connection stays open for another request.
    """

    def __init__(self, request: web.BaseRequest, begun: Callable[[int], None], patience: float) -> None:
        self._request = request
        self._patience = patience
        self._left_at = 0.0
        self._begun = begun
        self._transport = request.transport
        self._head = b""
        self._is_chunked = self._is_bodiless = False
        self._status = 0
        self.body_sent = 0
        self.content_type: bytes | None = None
        self.ends_by_close = self.has_left = self.is_whole = False

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection stays open for another request."""
        return self._request.keep_alive and not self.ends_by_close

    def begin(self, head: ResponseHead) -> None:
        """Write the head, and journal the response."""
        http11 = self._request.version >= (1, 1)
        is_chunked = b"chunked" in (find_value(head.headers, b"transfer-encoding") or b"").lower()
        has_length = find_value(head.headers, b"content-length") is not None
        self._is_bodiless = self._request.method == "HEAD" or head.status in BODILESS
        self._is_chunked = is_chunked and http11
        self.ends_by_close = not (self._is_bodiless or self._is_chunked or (has_length and not is_chunked))
        self.content_type, self._status = find_value(head.headers, b"content-type"), head.status
        lines = [b"HTTP/1.1 %d %b\r\n" % (head.status, head.reason.encode("utf-8", "surrogateescape"))]
        lines += [b"%b: %b\r\n" % line for line in drop_hop_headers(head.headers)]
        lines += [CHUNKED_LINE] * self._is_chunked + [CLOSING] * (not self.keeps_alive)
        self._head = b"".join([*lines, b"\r\n"])
        self._begun(head.status)
        self._write(self._head)

    async def write(self, data: bytes) -> bool:
        """Write a part of the body; return whether the call waited for the client.

        Raises:
            TimeoutError: The client has left, and the response takes too long.
        """
        if self._is_bodiless or not self._write(chunk(data) if self._is_chunked else data):
            return False
        self.body_sent += len(data)
        transport = self._transport
        if transport is None or transport.get_write_buffer_size() <= MAX_AHEAD:
            return False
        try:
            async with asyncio.timeout(WRITE_TIMEOUT):
                await self._request.writer.drain()
        except TimeoutError:
            transport.abort()
        except ConnectionError:  # found by the next write
            pass
        return True

    def _write(self, data: bytes) -> bool:
        """Write bytes; return whether the client is still there."""
        transport = self._transport
        if transport is None or transport.is_closing():
            self._leave()
        else:
            transport.write(data)
        return not self.has_left

    def _leave(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self.has_left:
            self.has_left, self._left_at = True, now
        elif now > self._left_at + self._patience:
            raise TimeoutError

    def finish(self, *, is_whole: bool) -> None:
        """End the body; without its end, the owner closes the connection."""
        self.is_whole = is_whole
        if is_whole and self._is_chunked and not self._is_bodiless and not self.has_left:
            self._write(LAST_CHUNK)

    def write_script(self, body: bytes, head_us: int, arrivals: Iterable[Arrival]) -> Script:
        """Build the script of the whole response for the journal."""
        sends, begin = [Send(head_us, self._head)], 0
        for at, end in () if self._is_bodiless else arrivals:
            data = body[begin:end]
            sends.append(Send(at, chunk(data) if self._is_chunked else data))
            begin = end
        if self.is_whole and self._is_chunked and not self._is_bodiless:
            sends.append(Send(sends[-1].at, LAST_CHUNK))
        end_is_close = not self.is_whole or not self.keeps_alive
        return Script(self._status, sends, End.CLOSE if end_is_close else End.KEEP, sends[-1].at)
