"""A recorder between a client and a server that sends what no well-behaved server sends."""

from __future__ import annotations

import gzip
import socket
import struct
import time
from pathlib import Path

import pytest

from tests.proxy.outcomes import Outcome, fetch
from tests.proxy.relaying import Recording, Speak, recording, speaking
from tests.serving import post

EVENT = b'event: ping\ndata: {"type": "ping"}\n\n'
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
ASK = post("Hello", connection="close")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def send(*parts: bytes, reset: bool = False) -> Speak:
    """Return a server that sends parts, and then closes or resets the connection."""

    def speak(client: socket.socket) -> None:
        for part in parts:
            client.sendall(part)
            if len(parts) > 1:
                time.sleep(0.01)  # so that the client gets the parts one by one
        if reset:
            time.sleep(0.05)  # a reset discards what has not been read
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return speak


def framed(body: bytes, *lines: bytes) -> bytes:
    return JSON + b"".join(line + b"\r\n" for line in lines) + b"content-length: %d\r\n\r\n" % len(body) + body


GZIPPED = gzip.compress(b'{"type":"message"}')
CRLF = EVENT.replace(b"\n", b"\r\n")
UTF8 = 'event: x\ndata: {"text":"東"}\n\n'.encode()

WHOLE: dict[str, tuple[Speak, bytes]] = {
    "a content-length": (send(framed(b"{}")), b"{}"),
    "a body up to the end": (send(JSON + b"connection: close\r\n\r\n{}"), b"{}"),
    "two chunks in one event": (send(STREAM, chunk(EVENT[:9]), chunk(EVENT[9:]), b"0\r\n\r\n"), EVENT),
    "one byte at a time": (send(STREAM, *(chunk(EVENT[at : at + 1]) for at in range(20)), b"0\r\n\r\n"), EVENT[:20]),
    "a character cut in two": (send(STREAM, chunk(UTF8[:25]), chunk(UTF8[25:]), b"0\r\n\r\n"), UTF8),
    "CRLF in the frames": (
        send(STREAM + chunk(EVENT.replace(b"\n", b"\r\n")) + b"0\r\n\r\n"),
        EVENT.replace(b"\n", b"\r\n"),
    ),
    "trailers": (send(STREAM + chunk(EVENT) + b"0\r\nx-checksum: 1\r\n\r\n"), EVENT),
    "103 first": (send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + framed(b"{}")), b"{}"),
    "100 first": (send(b"HTTP/1.1 100 Continue\r\n\r\n" + framed(b"{}")), b"{}"),
    "a header of 20 KB": (send(framed(b"{}", b"x-long: " + b"a" * 20_000)), b"{}"),
    "a header twice": (send(framed(b"{}", b"x-a: 1", b"X-B: 2", b"x-a: 3")), b"{}"),
    "gzip": (send(framed(GZIPPED, b"content-encoding: gzip")), GZIPPED),
    "gzip that is none": (send(framed(b"{}", b"content-encoding: gzip")), b"{}"),
    "an empty body": (send(framed(b"")), b""),
    "a reason of its own": (send(b"HTTP/1.1 529 Site Overloaded!\r\ncontent-length: 2\r\n\r\n{}"), b"{}"),
    "a redirect": (send(b"HTTP/1.1 307 Temporary\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"), b""),
    "HTTP/1.0": (send(b"HTTP/1.0 200 OK\r\nx-a: 1\r\n\r\n{}"), b"{}"),
}

TORN: dict[str, tuple[Speak, bytes]] = {
    "FIN in an event": (send(STREAM + chunk(EVENT) + chunk(EVENT[:9])), EVENT + EVENT[:9]),
    "RST in an event": (send(STREAM + chunk(EVENT) + chunk(EVENT[:9]), reset=True), EVENT + EVENT[:9]),
    "half a chunk": (send(STREAM, chunk(EVENT), b"20\r\n" + EVENT[:9]), EVENT + EVENT[:9]),
    "a bad chunk size": (send(STREAM, chunk(EVENT), b"zz\r\n"), EVENT),
    "a short body": (send(JSON + b"content-length: 9\r\n\r\n{}"), b"{}"),
    "RST in a body up to the end": (send(JSON + b"connection: close\r\n\r\n{}", reset=True), b"{}"),
}


def relay(speak: Speak, folder: Path, ask: bytes = ASK) -> tuple[Outcome, Recording, bytes]:
    with speaking(speak) as (port, requests), recording(port, folder) as made:
        outcome = fetch(made.server.port, ask)
        made.finish()
    return outcome, made, requests[0]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_response_arrives_as_it_came(name: str, tmp_path: Path) -> None:
    speak, body = WHOLE[name]
    outcome, made, _ = relay(speak, tmp_path)

    assert (outcome.body, outcome.ending) == (body, "whole")
    (recorded,) = made.recorder.exchanges
    assert recorded.reception.ending == ""
    assert recorded.reception.body == (b'{"type":"message"}' if name == "gzip" else body)


@pytest.mark.parametrize("name", TORN)
def test_torn_response_is_torn_for_the_client(name: str, tmp_path: Path) -> None:
    speak, body = TORN[name]
    outcome, made, _ = relay(speak, tmp_path)

    assert (outcome.body, outcome.ending) == (body, "torn")
    (recorded,) = made.recorder.exchanges
    assert (recorded.reception.body, recorded.reception.ending) == (body, "close")
