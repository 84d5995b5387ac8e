"""A client that costs little: sockets and `epoll`, connections that are used again, every response checked.

A request is bytes in which `NUMBER` stands where requests differ. A response must have the expected status, and end
where its head says.
"""

from __future__ import annotations

import json
import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from itertools import count
from typing import Any, NamedTuple

HOST = "127.0.0.1"
HEADERS = {"content-type": "application/json", "x-api-key": "benchmark", "anthropic-version": "2023-06-01"}
NUMBER = "000000000"
TIMEOUT = 30
"""Seconds that a response may take."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END_OF_HEAD, _END_OF_CHUNKS = b"\r\n\r\n", b"0\r\n\r\n"
_NUMBERS = count(1)


class LoadError(Exception):
    """A response that is not as expected, or missing."""


class Request:
    """The bytes of a request, each time with another number."""

    def __init__(self, body: dict[str, Any], path: str = "/v1/messages", status: int = 200) -> None:
        self.path = path
        self.status = b"HTTP/1.1 %d " % status
        self.body = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        fields = {"host": HOST, **HEADERS, "content-length": str(len(self.body))}
        head = "\r\n".join([f"POST {path} HTTP/1.1", *map(": ".join, fields.items()), "", ""]).encode()
        self._parts = (head + self.body).split(NUMBER.encode())

    def data(self) -> bytes:
        """Return the next request: its number is used once in this process."""
        return (b"%09d" % next(_NUMBERS)).join(self._parts)


class Connection:
    """A connection with at most one request under way."""

    __slots__ = ("begun", "received", "socket", "status", "whole")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes, status: bytes) -> None:
        self.status, self.received, self.whole = status, 0, 0
        self.begun = time.perf_counter()
        self.socket.sendall(data)

    def receive(self) -> bool:
        """Read once, and return whether the response is complete."""
        data = self.socket.recv(1 << 18)
        if not self.received:
            if not data.startswith(self.status):
                raise LoadError(f"response {data[:300]!r}; expected {self.status.decode()}")
            head = data.index(_END_OF_HEAD)
            length = _LENGTH.search(data, 0, head + 2)
            self.whole = head + 4 + int(length[1]) if length else 0
        elif not data:
            raise LoadError(f"connection closed after {self.received} bytes of a response")
        self.received += len(data)
        return self.received == self.whole if self.whole else data.endswith(_END_OF_CHUNKS)

    def ask(self, request: Request) -> float:
        """Send a request, wait for its response, and return the seconds that it took."""
        self.send(request.data(), request.status)
        while not self.receive():
            pass
        return time.perf_counter() - self.begun


class Load(NamedTuple):
    """Requests of one drive: count, seconds, seconds of the slowest request, sizes of the responses."""

    requests: int
    seconds: float
    slowest: float
    sizes: frozenset[int]


@contextmanager
def connect(port: int, number: int) -> Iterator[list[Connection]]:
    """Open connections, and close them with the block."""
    with ExitStack() as stack:
        connections = [Connection(port) for _ in range(number)]
        for connection in connections:
            stack.enter_context(connection.socket)
        yield connections


def drive(connections: Sequence[Connection], request: Request, seconds: float) -> Load:
    """Send requests on all connections, one at a time on each, and wait for the last response.

    Raises:
        LoadError: A response has another status, is truncated, or is missing.
    """
    by_descriptor = {connection.socket.fileno(): connection for connection in connections}
    requests, slowest, sizes, under_way = 0, 0.0, set(), len(connections)
    with select.epoll() as poll:
        for descriptor in by_descriptor:
            poll.register(descriptor, select.EPOLLIN)
        begun = now = time.perf_counter()
        end = begun + seconds
        for connection in connections:
            connection.send(request.data(), request.status)
        while under_way:
            ready = poll.poll(TIMEOUT)
            if not ready:
                raise LoadError(f"{under_way} responses are missing after {TIMEOUT} s")
            for descriptor, _ in ready:
                connection = by_descriptor[descriptor]
                if connection.receive():
                    now = time.perf_counter()
                    slowest = max(slowest, now - connection.begun)
                    requests += 1
                    sizes.add(connection.received)
                    if now < end:
                        connection.send(request.data(), request.status)
                    else:
                        under_way -= 1
    return Load(requests, now - begun, slowest, frozenset(sizes))


def fetch(port: int, path: str, body: bytes, status: int = 200) -> bytes:
    """Return the body of one response, read by the client of the standard library."""
    connection = HTTPConnection(HOST, port, timeout=TIMEOUT)
    try:
        connection.request("POST", path, body, HEADERS)
        response = connection.getresponse()
        received = response.read()
    finally:
        connection.close()
    if response.status not in (status, 201):
        raise LoadError(f"status {response.status}, got {received[:200]!r}; expected {status}")
    return received
