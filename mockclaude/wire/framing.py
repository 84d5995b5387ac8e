"""The parts of HTTP/1.1: heads, chunks, and a response with each piece in a chunk of its own."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from mockclaude.api.headers import Headers
from mockclaude.reply.response import End, Response
from mockclaude.wire.script import Script, Send

LAST_CHUNK = b"0\r\n\r\n"
CHUNKED = b"transfer-encoding: chunked\r\nconnection: keep-alive\r\n"
CLOSING = b"connection: close\r\n"

_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
"""Reasons that Python words anew since 3.13: the bytes of a response do not depend on who runs it."""

_REASONS = {status.value: status.phrase for status in HTTPStatus} | _RENAMED


@lru_cache(maxsize=256)
def status_and_headers(status: int, reason: str | None, headers: Headers) -> bytes:
    """Return the status line and the header lines."""
    phrase = _REASONS.get(status, "") if reason is None else reason
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("latin-1", "replace") + header_lines(headers)


def header_lines(headers: Headers) -> bytes:
    """Return the header lines."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers.lines]).encode("latin-1", "replace")


@lru_cache(maxsize=256)
def chunked_lines(status: int, headers: Headers) -> bytes:
    """Return the head of a response in chunks but for the id of the request."""
    return status_and_headers(status, None, headers) + CHUNKED


def request_id_line(response: Response) -> bytes:
    """Return the line with the id of the request, if the response has one."""
    return b"request-id: %b\r\n" % response.request_id.encode() if response.request_id else b""


def head(response: Response, framing: bytes) -> bytes:
    """Return the head of `response` with the lines `framing` on how its body is framed."""
    lines = status_and_headers(response.status, response.framing.reason, response.headers)
    return b"%b%b%b\r\n" % (lines, framing, request_id_line(response))


def usual_head(response: Response, *, http11: bool) -> bytes:
    """Return the head of `response` with its usual framing: in chunks, or up to the end of the connection."""
    return head(response, CHUNKED if http11 else CLOSING)


def chunk(data: bytes) -> bytes:
    """Return `data` as a chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def by_piece(response: Response, *, http11: bool) -> Script:
    """Return `response` with a write for each piece of its body."""
    sends = [Send(at, chunk(piece.encoded) if http11 else piece.encoded) for at, piece in response.body]
    if not response.framing.head_sent:
        sends.insert(0, Send(response.head_at, usual_head(response, http11=http11)))
    end_at = max(response.end_at, sends[-1].at) if sends else response.end_at
    if http11 and response.complete:
        sends.append(Send(end_at, LAST_CHUNK))
    return Script(response.status, sends, ending(response, http11=http11), end_at)


def unframed(response: Response, head: bytes) -> Script:
    """Return `response` with its body as it is after `head`, and then FIN."""
    sends = [Send(response.head_at, head), *(Send(at, piece.encoded) for at, piece in response.body)]
    return Script(response.status, sends, End.CLOSE, response.end_at)


def ending(response: Response, *, http11: bool) -> End:
    """Return what happens to the connection: to HTTP/1.0 its end is the end of a body."""
    is_over = response.complete or not response.framing.is_batch
    return End.CLOSE if response.end is End.KEEP and is_over and not http11 else response.end
