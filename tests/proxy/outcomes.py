"""A response as a client sees it: its head, its body, and whether it is whole, whatever the framing."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tests.serving import Wire

HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding")


class Outcome(NamedTuple):
    status: str
    headers: tuple[str, ...]
    body: bytes
    ending: Literal["whole", "torn", "no response"]


NO_RESPONSE = Outcome("", (), b"", "no response")


def fetch(port: int, request: bytes, method: str = "POST", size: int | None = None) -> Outcome:
    """Return the response to a request with `connection: close`, or its begin with `size` bytes of the body."""
    raw, ending = bytearray(), "open"
    with Wire(port) as wire:
        wire.send(request)
        try:
            while size is None or not has_body(bytes(raw), size):
                piece = wire.read1()
                if not piece:
                    ending = "FIN"
                    break
                raw += piece
        except ConnectionResetError:
            ending = "RST"
    return read(bytes(raw), ending, method)


def has_body(raw: bytes, size: int) -> bool:
    """Return whether the head and so many bytes of the body are there."""
    begin = read(raw, "open")
    return begin != NO_RESPONSE and len(begin.body) >= size


def read(raw: bytes, ending: str, method: str = "POST") -> Outcome:
    head, separator, body = raw.partition(b"\r\n\r\n")
    while head.startswith(b"HTTP/1.1 1"):
        head, separator, body = body.partition(b"\r\n\r\n")
    if not separator or not head.startswith(b"HTTP/1."):
        return NO_RESPONSE
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
    shown = tuple(line for line in lines if line.partition(":")[0].lower() not in HOP_BY_HOP)
    if method == "HEAD" or " 204 " in status or " 304 " in status:
        return Outcome(status, shown, body, "whole")
    is_whole = ending == "FIN"
    if headers.get("transfer-encoding") == "chunked":
        body, is_whole = join_chunks(body)
    elif "content-length" in headers:
        body = body[: int(headers["content-length"])]
        is_whole = len(body) == int(headers["content-length"])
    return Outcome(status, shown, body, "whole" if is_whole else "torn")


def join_chunks(data: bytes) -> tuple[bytes, bool]:
    """Return the body of chunks, and whether the last chunk is there."""
    body = b""
    while data:
        line, separator, rest = data.partition(b"\r\n")
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            return body, False
        if not separator:
            return body, False
        if size == 0:
            return body, rest.endswith(b"\r\n")
        body += rest[:size]
        if len(rest) < size + 2:
            return body, False
        data = rest[size + 2 :]
    return body, False
