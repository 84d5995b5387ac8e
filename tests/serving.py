"""Servers for tests, and a client that sees every byte they send. All on 127.0.0.1."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from aiohttp import web

from mockclaude.engine.decision import Decision
from mockclaude.engine.http_request import Head, HttpRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.rules import Scenario
from mockclaude.server.clock import Clock
from mockclaude.server.listener import Listener
from mockclaude.server.protocol import make_server
from mockclaude.server.site import Site
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script
from tests.forked import ForkedProcess

NOW = 1_795_000_000
"""The time of all servers in tests, in seconds since the epoch: 2026-11-18 11:06:40 UTC."""

TIME_SCALE = float(os.environ.get("TEST_TIME_SCALE", "1"))
"""Factor of every wait in tests. On a machine that is too slow for a test, raise it."""

PATIENCE = 120 * TIME_SCALE
"""Seconds after which a test that waits has failed: long, as the machine may be busy with other things."""

PROGRAM_PATIENCE = 3 * PATIENCE
"""Seconds after which a test has failed that waits for another program to end."""


@dataclass
class Running:
    """A server that is listening, and what it has logged."""

    port: int
    lines: queue.Queue[JournalEntry] = field(default_factory=queue.Queue)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def line(self) -> JournalEntry:
        """Return the next line of the log, once it is there."""
        return self.lines.get(timeout=PATIENCE)

    def connect(self) -> Wire:
        return Wire(self.port)

    def wait_until_closed(self) -> None:
        """Return once no connection is accepted any more."""
        while True:
            try:
                self.connect().reset()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                continue

    def ask(self, request: bytes) -> Received:
        """Return the response to one request on a connection of its own."""
        with self.connect() as wire:
            wire.send(request)
            return wire.response()


class _Begun(NamedTuple):
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    port: int


class ServerThread:
    """Serves `site` on an event loop of its own, in a thread, until it is stopped."""

    def __init__(self, scenarios: Mapping[str, Scenario], **site: Any) -> None:
        self._scenarios = scenarios
        self._options: dict[str, Any] = {"clock": Clock(now=lambda: NOW), **site}
        self._begun: Future[_Begun] = Future()
        self._lines: queue.Queue[JournalEntry] = queue.Queue()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Running:
        self._thread.start()
        return Running(self._begun.result(PATIENCE).port, self._lines)

    def __exit__(self, *_: object) -> None:
        begun = self._begun.result()
        begun.loop.call_soon_threadsafe(begun.stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        stop = asyncio.Event()
        listener = Listener("127.0.0.1", 0)
        site = Site(self._scenarios, **self._options)
        site.journal.subscribe("ended", self._lines.put)
        site.refuse = listener.refuse
        runner = web.ServerRunner(make_server(site), shutdown_timeout=0.1)
        try:
            await runner.setup()
            await listener.open(runner)
            self._begun.set_result(_Begun(asyncio.get_running_loop(), stop, listener.port))
            await stop.wait()
        finally:
            await listener.close()
            await runner.cleanup()


class Command:
    """The command in an interpreter of its own, serving on a free port."""

    def __init__(self, *arguments: object, **env: str) -> None:
        self._process = self._begin([*map(str, arguments), "--port", "0"], {**os.environ, **env})
        assert self._process.stdout
        self.first_line = self._process.stdout.readline()
        self.server = announced(self.first_line)

    def _begin(self, words: list[str], env: dict[str, str]) -> subprocess.Popen[str] | ForkedProcess:
        command, pipe = [sys.executable, "-m", "mockclaude", *words], subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=env)

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
            self._process.communicate()

    def close_output(self) -> None:
        """Stop reading what the command prints."""
        assert self._process.stdout
        self._process.stdout.close()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str, str]:
        """Return the exit code and everything on standard output and error, once the process has ended."""
        out, err = self._process.communicate(timeout=PATIENCE)
        assert self._process.returncode is not None
        return self._process.returncode, out, err


class ForkedCommand(Command):
    """The command in a process that begins with its modules imported."""

    def _begin(self, words: list[str], env: dict[str, str]) -> ForkedProcess:
        return ForkedProcess(words, Path.cwd(), env)


def announced(screen: str) -> Running:
    """Return the server whose first screen begins with `screen`."""
    return Running(int(screen.splitlines()[0].rpartition(":")[2]))


class Received(NamedTuple):
    """One response: its bytes, and what they say."""

    raw: bytes
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[str, str]:
        """The type and the message of an error whose form is the API's."""
        said = self.json
        assert list(said) == ["type", "error", "request_id"]
        assert said["type"] == "error"
        assert said["request_id"] == self.headers["request-id"]
        return said["error"]["type"], said["error"]["message"]


def http_request(
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    now: int = NOW,
    http11: bool = True,
    fraction: int = 0,
) -> HttpRequest:
    """Return a request as the server hands it to the engine."""
    return HttpRequest(Head(method, path, query, headers, http11=http11), headers, body, now, fraction_us=fraction)


def script_of(given: Decision, *, http11: bool = True) -> Script:
    """Return what is sent of an answer that is not live."""
    return encode(given.response, http11=http11)


def sent_of(given: Decision) -> bytes:
    """Return the bytes of an answer that is not live."""
    return b"".join(send.data for send in script_of(given).sends)


def received(raw: bytes) -> Received:
    """Return the one response that `raw` is."""
    reader = BytesIO(raw)
    response = read_response(reader)
    assert reader.read() == b""
    return response


def read_response(reader: BinaryIO, method: str = "POST") -> Received:
    """Return the next response whole, read as HTTP/1.1 frames it."""
    head = read_head(reader)
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    status, headers = int(first.split(" ")[1]), dict(line.split(": ", 1) for line in lines)
    if method == "HEAD" or status in (100, 204):
        return Received(head, status, headers, b"")
    if headers.get("transfer-encoding") != "chunked":
        body = reader.read()
        return Received(head + body, status, headers, body)
    raw, body = _chunks(reader)
    return Received(head + raw, status, headers, body)


def read_head(reader: BinaryIO) -> bytes:
    """Return a status line and headers, up to the blank line."""
    lines = [reader.readline()]
    while lines[-1] not in (b"\r\n", b""):
        lines.append(reader.readline())
    return b"".join(lines)


def _chunks(reader: BinaryIO) -> tuple[bytes, bytes]:
    raw, body = b"", b""
    while True:
        size = reader.readline()
        chunk = reader.read(int(size, 16) + 2)
        raw, body = raw + size + chunk, body + chunk[:-2]
        if size == b"0\r\n":
            return raw, body


class Wire:
    """A TCP connection to a server."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a part waits 40 ms for the one before
        self._reader = self._socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def reset(self) -> None:
        """End the connection as a client does that has crashed."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._reader.close()
        self._socket.close()

    def read(self, size: int) -> bytes:
        return self._reader.read(size)

    def read1(self) -> bytes:
        """Return what has come, once something has; nothing at the end. Raises `ConnectionResetError` for a reset."""
        return self._reader.read1()

    def rest(self) -> bytes:
        """Return everything up to the end of the connection. Raises `ConnectionResetError` if that is a reset."""
        return self._reader.read()

    def until_reset(self) -> bytes:
        """Return everything up to the reset that must end the connection."""
        received = b""
        try:
            while piece := self.read1():
                received += piece
        except ConnectionResetError:
            return received
        raise AssertionError(f"closed, not reset, after {received!r}")

    def head(self) -> bytes:
        return read_head(self._reader)

    def response(self, method: str = "POST") -> Received:
        return read_response(self._reader, method)


CLIENT = {"x-api-key": "mock", "anthropic-version": "2026-10-21", "content-type": "application/json"}
"""The headers that every client of the API sends."""


def with_client_headers(headers: Mapping[str, str | None]) -> dict[str, str]:
    """Return `headers` on top of every client's; an underscore in a name stands for a dash, None leaves one out."""
    given = {**CLIENT, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {name: value for name, value in given.items() if value is not None}


def request(method: str, path: str, body: bytes = b"", version: str = "1.1", **headers: str | None) -> bytes:
    """Return the bytes of a client's request, with `headers` as `with_client_headers` takes them."""
    given = with_client_headers({"host": "127.0.0.1", **headers})
    if body and "transfer-encoding" not in given:
        given.setdefault("content-length", str(len(body)))
    lines = [f"{method} {path} HTTP/{version}", *map(": ".join, given.items()), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + body


def asking(content: Any = "Hello", **fields: Any) -> bytes:
    """Return the body of `POST /v1/messages` in which a user says `content`."""
    asked = {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": [{"role": "user", "content": content}]}
    return json.dumps(asked | fields).encode()


def post(content: Any = "Hello", path: str = "/v1/messages", *, stream: bool = False, **headers: str | None) -> bytes:
    """Return the bytes of a request in which a user says `content`."""
    return request("POST", path, asking(content, stream=stream), "1.1", **headers)
