"""The client of the other server: TLS, proxies, limits, and the reasons of missing responses."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from yarl import URL

from mockclaude.proxy.upstream import KeptLimits, ReceivedBody, ResponseHead, Upstream, find_proxy
from mockclaude.proxy.upstream_errors import UpstreamError, describe_error
from tests.proxy.relaying import Speak, speaking
from tests.serving import PATIENCE

TLS_FILE = Path(__file__).with_name("tls.pem")
REPLY = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Client:
    """Receives a response, and never waits."""

    def begin(self, head: ResponseHead) -> None:
        self.head = head

    async def write(self, data: bytes) -> bool:  # noqa: ARG002 (one signature)
        return False


def fetch(upstream: Upstream, times: int = 1) -> list[ReceivedBody]:
    async def run() -> list[ReceivedBody]:
        try:
            return [await upstream.fetch("POST", "/v1/messages", (), b"{}", Client()) for _ in range(times)]
        finally:
            await upstream.close()

    return asyncio.run(run())


def reply(client: socket.socket) -> None:
    client.sendall(REPLY)


def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS_FILE)
    return context


def test_ca_is_trusted() -> None:
    with speaking(reply, tls=tls()) as (port, requests):
        received = fetch(Upstream(f"https://127.0.0.1:{port}", TLS_FILE))

    assert [each.body for each in received] == [b"{}"]
    assert requests[0].startswith(b"POST /v1/messages HTTP/1.1\r\n")


@pytest.mark.parametrize("status", [b"101 Switching Protocols", b"042 Early"])
def test_response_that_is_not_final_is_an_error(status: bytes) -> None:
    def speak(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 %b\r\n\r\n" % status)

    message = f"^no final response, got status {int(status[:3])}$"
    with speaking(speak) as (port, _), pytest.raises(UpstreamError, match=message):
        fetch(Upstream(f"http://127.0.0.1:{port}"))


def test_unknown_authority_is_named() -> None:
    message = "^TLS: self.signed certificate; pass the file of its authority with --ca$"
    with speaking(reply, tls=tls()) as (port, _), pytest.raises(UpstreamError, match=message):
        fetch(Upstream(f"https://127.0.0.1:{port}"))


@contextmanager
def proxy(port: int, status: bytes = b"200 OK") -> Iterator[tuple[str, list[bytes]]]:
    """Run a proxy whose tunnel leads to a port of this machine; yield its URL and the heads of its requests."""

    def pump(source: socket.socket, target: socket.socket) -> None:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)

    def tunnel(client: socket.socket) -> None:
        client.sendall(b"HTTP/1.1 %b\r\n\r\n" % status)
        if status == b"200 OK":
            with socket.create_connection(("127.0.0.1", port)) as server:
                back = threading.Thread(target=pump, args=(server, client))
                back.start()
                pump(client, server)
                back.join(PATIENCE)

    with speaking(tunnel) as (proxy_port, requests):
        yield f"http://127.0.0.1:{proxy_port}", requests


def test_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with speaking(reply, tls=tls()) as (port, requests), proxy(port) as (url, heads):
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        received = fetch(Upstream(f"https://upstream.test:{port}", TLS_FILE))

    assert [each.body for each in received] == [b"{}"]
    assert heads[0].startswith(b"CONNECT upstream.test:%d HTTP/1.1\r\n" % port)
    assert b"host: upstream.test:%d\r\n" % port in requests[0].lower()


def test_refusal_of_the_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(0, b"407 Proxy Authentication Required") as (url, _):
        monkeypatch.setenv("HTTPS_PROXY", url)
        with pytest.raises(UpstreamError, match="the proxy answered 407"):
            fetch(Upstream("https://upstream.test"))


@pytest.mark.parametrize(
    ("url", "variables", "found"),
    [
        ("https://a.test", {"HTTPS_PROXY": "http://proxy.test:3128"}, "http://proxy.test:3128"),
        ("https://a.test", {"HTTPS_PROXY": "proxy.test:3128"}, "http://proxy.test:3128"),
        ("https://a.test", {"ALL_PROXY": "http://proxy.test"}, "http://proxy.test"),
        ("https://a.test", {"HTTPS_PROXY": "http://proxy.test", "NO_PROXY": "a.test"}, None),
        ("https://127.0.0.1:1", {"HTTPS_PROXY": "http://proxy.test"}, None),
        ("https://a.test", {}, None),
    ],
)
def test_proxy_is_found(
    url: str, variables: dict[str, str], found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert find_proxy(URL(url)) == (URL(found) if found else None)


def in_parts(*parts: bytes) -> Speak:
    """Return a server each of whose parts arrives before the next is sent."""

    def speak(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(b"".join(parts)))
        for part in parts:
            client.sendall(part)
            threading.Event().wait(0.01)

    return speak


def test_body_over_the_limit_is_not_kept() -> None:
    with speaking(in_parts(b"a" * 8, b"b" * 8, b"c")) as (port, _):
        (received,) = fetch(Upstream(f"http://127.0.0.1:{port}", limits=KeptLimits(size=10)))

    assert (received.body, received.arrivals, received.ending) == (None, (), "")


def test_last_arrival_takes_the_rest() -> None:
    with speaking(in_parts(b"a", b"b", b"c", b"d")) as (port, _):
        (received,) = fetch(Upstream(f"http://127.0.0.1:{port}", limits=KeptLimits(arrivals=2)))

    assert received.body == b"abcd"
    assert [arrival.end for arrival in received.arrivals] == [1, 4]


KEY = cast("Any", SimpleNamespace(host="api.test", port=443, is_ssl=True, ssl=True))
INFO = cast("Any", SimpleNamespace(real_url="https://api.test"))


def certificate_error(reason: str) -> aiohttp.ClientConnectorCertificateError:
    return aiohttp.ClientConnectorCertificateError(KEY, ssl.SSLCertVerificationError(1, reason))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "nothing arrived for 5 s"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(-2, "x")), "the name api.test cannot be resolved"),
        (certificate_error("a\nb"), "TLS: a; pass the file of its authority with --ca"),
        (ssl.SSLError(1, "NO_APPLICATION_PROTOCOL"), "TLS: the server does not speak HTTP/1.1"),
        (aiohttp.ClientHttpProxyError(INFO, (), status=407), "the proxy answered 407"),
        (aiohttp.ClientResponseError(INFO, (), message="\n bad line:\n"), "malformed HTTP/1.1: bad line"),
        (aiohttp.ServerDisconnectedError(), "the connection was closed before the response"),
        (ConnectionRefusedError(111, "x"), "connection refused"),
        (ValueError("\nno such header"), "no such header"),
        (aiohttp.ClientPayloadError(), "ClientPayloadError"),
    ],
)
def test_reason_is_described(error: Exception, reason: str) -> None:
    assert describe_error(error, 5.0) == reason
