"""A server under a clock that stands still, and a client that keeps every byte of its responses.

A request is sent on a connection of its own, with `connection: close`, so that the response ends with the connection.
What was decided is read from the journal of the admin API.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from mockclaude.server.clock import Clock
from mockclaude.testing import MockClaude
from tests.serving import NOW, Wire, request

_EARLIER_ID = re.compile(rb"<id ([0-9]+)>")
_MESSAGE_ID = re.compile(rb'"id":"(msg_[^"]*)"')
_CHUNK_SIZE = re.compile(rb"([0-9a-f]+)\r\n")
_POLLS = 10_000


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:10]


@dataclass(frozen=True)
class Request:
    """A request before it is sent; `title` is how a transcript names it.

    `raw` is sent as it is, if there is any. In `body`, `<id 1>` stands for the id of the client's first message.
    `after_s` seconds pass before it is sent. `hangs` is whether its response never ends.
    """

    title: str
    method: str = "POST"
    path: str = "/v1/messages"
    body: bytes = b""
    version: str = "1.1"
    headers: dict[str, str | None] = field(default_factory=dict)
    raw: bytes = b""
    after_s: float = 0.0
    hangs: bool = False

    def encode(self, key: str, ids: list[bytes]) -> bytes:
        """Return the bytes of the request of a client with `key`, which got messages with `ids`."""
        if self.raw:
            return self.raw
        body = _EARLIER_ID.sub(lambda match: ids[int(match[1]) - 1], self.body)
        headers: dict[str, str | None] = {"x_api_key": key, "connection": "close", **self.headers}
        return request(self.method, self.path, body, self.version, **headers)


class Exchange(NamedTuple):
    """What the client got on one connection, how that ended, and the entries of the journal for it, mostly one."""

    raw: bytes
    end: str
    entries: list[dict[str, Any]]

    @property
    def message_id(self) -> bytes:
        """The id of the message, or of nothing."""
        match = _MESSAGE_ID.search(self.raw)
        return match[1] if match else b"none"

    @property
    def body(self) -> bytes:
        """The body, or as much of it as its chunks make."""
        head, _, rest = self.raw.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" not in head:
            return rest
        body, position = b"", 0
        while match := _CHUNK_SIZE.match(rest, position):
            position = match.end() + int(match[1], 16)
            body += rest[match.end() : position]
            position += len(b"\r\n")
        return body or rest

    @property
    def planned(self) -> list[tuple[int, int]]:
        """The microseconds and the bytes of each planned write."""
        return [(write["at_us"], write["bytes"]) for entry in self.entries for write in entry["response"]["planned"]]


class Door:
    """The way into a running server and out of it. The server needs its `clock`, and the door its `port`."""

    def __init__(self) -> None:
        self.now: float = NOW
        self.clock = Clock(0, lambda: self.now)
        self.port = 0
        self._last = 0
        self._hanging: list[Wire] = []

    @staticmethod
    def of(mock: MockClaude) -> Door:
        door = Door()
        door.port = int(mock.url.rpartition(":")[2])
        mock._server.site.clock = door.clock
        return door

    def forget(self) -> None:
        """Expect the journal to be empty."""
        self._last = 0

    def client(self, key: str) -> Client:
        """Return a new client, for which the clock begins anew."""
        self.now = NOW
        return Client(self, key)

    def exchange(self, data: bytes, *, hangs: bool = False) -> Exchange:
        """Send the bytes of one request; return the response, which must have the bytes that were planned.

        If it `hangs`, the connection stays open.
        """
        wire = Wire(self.port)
        wire.send(data)
        if hangs:
            self._hanging.append(wire)
            entries = self._entries(lambda entry: entry["response"]["end"] == "hang")
            return Exchange(wire.read(_size(entries)), "open", entries)
        raw, end = _received(wire)
        exchange = Exchange(raw, end, self._entries(lambda entry: entry["ending"] != "playing"))
        is_planned = len(raw) == _size(exchange.entries) or not exchange.entries
        assert is_planned or b"/_mockclaude/" in data, exchange  # the admin API is not in the journal
        assert all(len(entry["response"]["sent_us"]) == len(entry["response"]["planned"]) for entry in exchange.entries)
        return exchange

    def _entries(self, is_over: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Return the entries of the journal that were not returned yet, once the responses of all are over."""
        for _ in range(_POLLS):
            entries: list[dict[str, Any]] = self.admin("GET", f"journal?limit=1000&after={self._last}")["entries"]
            if all(map(is_over, entries)):
                self._last = max([self._last, *(entry["number"] for entry in entries)])
                return entries
        raise AssertionError("the response does not end")

    def admin(self, method: str, path: str) -> Any:
        """Return what the admin API answers."""
        with Wire(self.port) as wire:
            wire.send(request(method, f"/_mockclaude/{path}"))
            return wire.response().json

    def close(self) -> None:
        """Reset the connections whose responses hang."""
        while self._hanging:
            self._hanging.pop().reset()


def _size(entries: list[dict[str, Any]]) -> int:
    return sum(write["bytes"] for entry in entries for write in entry["response"]["planned"])


def _received(wire: Wire) -> tuple[bytes, str]:
    """Return all bytes up to the end of the connection, and how it ended."""
    raw = b""
    with wire:
        try:
            while piece := wire.read1():
                raw += piece
        except ConnectionResetError:
            return raw, "reset"
    return raw, "closed"


class Client:
    """A client with an API key of its own, and the ids of the messages that it got."""

    def __init__(self, door: Door, key: str) -> None:
        self._door = door
        self._key = key
        self._ids: list[bytes] = []

    def send(self, request: Request) -> Exchange:
        self._door.now += request.after_s
        exchange = self._door.exchange(request.encode(self._key, self._ids), hangs=request.hangs)
        self._ids.append(exchange.message_id)
        return exchange
