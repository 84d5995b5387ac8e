"""The client of another server: it sends a request as it came, and hands on the response as it arrives.

HTTP/1.1 only, without redirects, cookies, decompression and credentials of its own.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from mockclaude.engine.trust import is_loopback
from mockclaude.proxy.hop_headers import HeaderLines, build_request_headers
from mockclaude.proxy.upstream_errors import UpstreamError, describe_error
from mockclaude.scenario.recording.exchange import Arrival, Ending

_HEADER_LIMITS = {"max_field_size": 1024 * 1024, "max_line_size": 1024 * 1024, "max_headers": 10_000}
"""Bytes of a header and of the first line, and the number of headers. Gateways exceed aiohttp's 8,190 bytes."""

_LARGE = 64 * 1024
"""Bytes of a body above which aiohttp gets them in pieces, so that the event loop is not blocked."""

_FIRST_FINAL = 200
"""The first status of a final response. aiohttp's client returns 101 as one, after which the protocol is another."""

_CONNECT_SECONDS = 30.0
_FROM_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
"""Headers that aiohttp would add."""

_FAILURES = (aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""Exceptions of aiohttp's client. `ValueError`: a header or a path that cannot be sent."""


MAX_KEPT = 64 * 1024 * 1024
"""The maximum number of bytes of a body that are kept."""

MAX_ARRIVALS = 100_000
"""The number of arrivals of a body after which the last one takes all further bytes."""


class KeptLimits(NamedTuple):
    """The limits of a body.

    Attributes:
        size: The maximum number of bytes that are kept.
        arrivals: The number of arrivals after which the last one takes all further bytes.
    """

    size: int = MAX_KEPT
    arrivals: int = MAX_ARRIVALS


USUAL_LIMITS = KeptLimits()


class ResponseHead(NamedTuple):
    """The status line and the headers, with names and values as they came."""

    status: int
    reason: str
    headers: tuple[tuple[bytes, bytes], ...]


class ReceivedBody(NamedTuple):
    """A response whose end has arrived.

    Attributes:
        body: The bytes of the body, compressed if they came so; None if they exceed the limit.
        head_us: The microseconds from the request to the head.
        arrivals: The parts of the body.
        ending: How the response ended.
        is_delayed: Whether a slow client delayed the arrivals.
    """

    head: ResponseHead
    body: bytes | None
    head_us: int
    arrivals: tuple[Arrival, ...]
    ending: Ending
    is_delayed: bool


class Receiver(Protocol):
    """The client that receives the response while it arrives."""

    def begin(self, head: ResponseHead) -> None:
        """Receive the head."""
        ...

    async def write(self, data: bytes) -> bool:
        """Receive a part of the body; return whether the call waited for the client.

        Raises:
            TimeoutError: The rest of the response is not needed.
        """
        ...


class Upstream:
    """A client for one server.

    Args:
        url: The base URL.
        ca: A file with further certificate authorities.
        timeout: Seconds without a byte after which a response is torn.
        limits: The limits of each body.

    Attributes:
        limits: The same.
        timeout: The same.
        url: The base URL.

    Raises:
        OSError: The file with certificate authorities cannot be read, or holds none.
    """

    def __init__(
        self, url: str, ca: Path | None = None, timeout: float = 600.0, limits: KeptLimits = USUAL_LIMITS
    ) -> None:
        self.url = URL(url)
        self._base = url.rstrip("/")
        self.limits = limits
        self.timeout = timeout
        self._tls = _create_tls_context(ca) if self.url.scheme == "https" else True
        self._proxy = find_proxy(self.url)
        self._session: aiohttp.ClientSession | None = None

    @property
    def host(self) -> str:
        """The host, with the port unless it is the usual one."""
        return self.url.host_port_subcomponent or ""

    async def fetch(
        self, method: str, path: str, headers: HeaderLines, body: bytes | AsyncIterable[bytes], receiver: Receiver
    ) -> ReceivedBody:
        """Send a request, and hand on the response until its end.

        Args:
            method: The HTTP method.
            path: The path with the query, which follows that of the base URL.
            headers: The headers of the client.
            body: The body.
            receiver: Receives the response.

        Raises:
            UpstreamError: No response arrived.
        """
        begin = time.perf_counter_ns()
        try:
            response = await self._open(method, path, headers, body)
        except _FAILURES as error:
            raise UpstreamError(describe_error(error, self.timeout)) from None
        if response.status < _FIRST_FINAL:
            response.close()
            raise UpstreamError(f"no final response, got status {response.status}")
        head_us = (time.perf_counter_ns() - begin) // 1000
        head = ResponseHead(response.status, response.reason or "", response.raw_headers)
        receiver.begin(head)
        parts, is_torn = _Parts(begin, self.limits), False
        try:
            with _watch_connection(response):
                async for data in response.content.iter_any():
                    parts.add(data)
                    if await receiver.write(data):
                        parts.is_delayed = True
        except _FAILURES:
            is_torn = True
        finally:
            response.close()  # a whole response has given its connection back
        return parts.finish(head, head_us, "close" if is_torn else "")

    async def _open(
        self, method: str, path: str, headers: HeaderLines, body: bytes | AsyncIterable[bytes]
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._create_session()
        url = URL(self._base + path.replace("#", "%23"), encoded=True)
        return await self._session.request(
            method,
            url,
            headers=build_request_headers(headers),
            data=BytesIO(body) if isinstance(body, bytes) and len(body) > _LARGE else body or None,
            allow_redirects=False,
            skip_auto_headers=_FROM_AIOHTTP,
            proxy=self._proxy,
        )

    def _create_session(self) -> aiohttp.ClientSession:
        seconds = aiohttp.ClientTimeout(
            total=None, sock_connect=min(self.timeout, _CONNECT_SECONDS), sock_read=self.timeout
        )
        limits: dict[str, Any] = {
            name: maximum
            for name, maximum in _HEADER_LIMITS.items()
            if f"_{name}" in aiohttp.ClientSession.ATTRS  # the number only since aiohttp 3.14
        }
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls),
            timeout=seconds,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            **limits,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # aiohttp closes transports in callbacks


@contextmanager
def _watch_connection(response: aiohttp.ClientResponse) -> Iterator[None]:
    """End the body with an error if its connection ends before, or is reset in place of the body's end.

    aiohttp's parser does not pass the error of a malformed chunk to the body, and aiohttp then waits without a timeout.
    A body without chunks and `content-length` ends for aiohttp even if the connection is reset.

    Raises:
        ClientPayloadError: The connection was reset.
    """
    connection, content = response.connection, response.content

    def fail(_: asyncio.Future[None] | None) -> None:
        if not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection ended"))

    closed = None if connection is None or connection.protocol is None else connection.protocol.closed
    if closed is None:
        fail(None)
    else:
        closed.add_done_callback(fail)
    try:
        yield
    finally:
        if closed is not None:
            closed.remove_done_callback(fail)
            closed.remove_done_callback(_was_reset)
            closed.add_done_callback(_was_reset)  # else asyncio logs the exception
    if closed is not None and closed.done() and _was_reset(closed) and not _is_framed(response):
        raise aiohttp.ClientPayloadError("the connection was reset")


def _was_reset(closed: asyncio.Future[None]) -> bool:
    return not closed.cancelled() and closed.exception() is not None


def _is_framed(response: aiohttp.ClientResponse) -> bool:
    return "content-length" in response.headers or "transfer-encoding" in response.headers


def _create_tls_context(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()  # the system's store, or SSL_CERT_FILE
    context.set_alpn_protocols(["http/1.1"])
    if ca is not None:
        context.load_verify_locations(ca)
    return context


class _Parts:
    """The parts of a body while they arrive."""

    def __init__(self, begin: int, limits: KeptLimits) -> None:
        self._limits = limits
        self.is_delayed = False
        self._begin = begin
        self._size = 0
        self._data: list[bytes] | None = []
        self._arrivals: list[Arrival] = []

    def add(self, data: bytes) -> None:
        at_us = (time.perf_counter_ns() - self._begin) // 1000
        self._size += len(data)
        if self._size > self._limits.size or self._data is None:
            self._data = None
            return
        self._data.append(data)
        if len(self._arrivals) < self._limits.arrivals:
            self._arrivals.append(Arrival(at_us, self._size))
        else:
            self._arrivals[-1] = Arrival(at_us, self._size)

    def finish(self, head: ResponseHead, head_us: int, ending: Ending) -> ReceivedBody:
        body = None if self._data is None else b"".join(self._data)
        arrivals = () if body is None else tuple(self._arrivals)
        return ReceivedBody(head, body, head_us, arrivals, ending, self.is_delayed)


def find_proxy(url: URL) -> URL | None:
    """Return the proxy of the environment; None for exempt hosts and this machine."""
    host = url.host or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    written = proxies.get(url.scheme) or proxies.get("all")
    if not written:
        return None
    return URL(written if "://" in written else f"http://{written}")
