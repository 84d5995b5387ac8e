"""Encode the parts of HTTP/1.1: heads, chunks, and bodies with a chunk for each piece."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from mockclaude.api.headers import Headers
from mockclaude.reply.response import End, Response
from mockclaude.wire.script import Script, Send

LAST_CHUNK = b"0\r\n\r\n"
CHUNKED_LINE = b"transfer-encoding: chunked\r\n"
CHUNKED = CHUNKED_LINE + b"connection: keep-alive\r\n"
CLOSING = b"connection: close\r\n"

BODILESS = (204, 304)
"""Statuses of responses that clients read without a body and without the last chunk."""

_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
"""Reason phrases that Python changed in 3.13: the bytes of a response are the same under every version."""

_REASONS = {status.value: status.phrase for status in HTTPStatus} | _RENAMED


@lru_cache(maxsize=256)
def encode_status_and_headers(status: int, reason: str | None, headers: Headers) -> bytes:
    """Encode status line and headers; `reason` None stands for the standard phrase."""
    phrase = _REASONS.get(status, "") if reason is None else reason
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("latin-1", "replace") + encode_header_lines(headers)


def encode_header_lines(headers: Headers) -> bytes:
    """Encode the header lines."""
    return "".join([f"{name}: {value}\r\n" for name, value in headers.lines]).encode("latin-1", "replace")


@lru_cache(maxsize=256)
def encode_chunked_lines(status: int, headers: Headers) -> bytes:
    """Encode the head of a chunked response without its id, which always differs."""
    return encode_status_and_headers(status, None, headers) + CHUNKED


def encode_request_id(response: Response) -> bytes:
    """Encode the lines with the id of the request; b'' without an id."""
    return response.headers.id_lines.replace(b"@", response.request_id.encode()) if response.request_id else b""


def encode_head(response: Response, framing: bytes) -> bytes:
    """Encode the head of `response`; the lines `framing` describe the body's framing."""
    lines = encode_status_and_headers(response.status, response.framing.reason, response.headers)
    return b"%b%b%b\r\n" % (lines, framing, encode_request_id(response))


def encode_default_head(response: Response, *, http11: bool) -> bytes:
    """Encode the head with chunks as framing, or for HTTP/1.0 the close."""
    framing = CHUNKED if http11 else CLOSING
    return encode_head(response, b"" if is_bodiless(response) else framing)


def is_bodiless(response: Response) -> bool:
    """Return whether `response` is a 204 or 304 without a body, which has no framing."""
    return response.status in BODILESS and not response.size


def chunk(data: bytes) -> bytes:
    """Encode `data` as a chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def encode_pieces(response: Response, *, http11: bool) -> Script:
    """Encode `response` with a chunk and a write for each piece with bytes."""
    pieces = [(at, piece.encoded) for at, piece in response.body if piece.encoded]
    sends = [Send(at, chunk(data) if http11 else data) for at, data in pieces]
    if not response.framing.head_sent:
        sends.insert(0, Send(response.head_at, encode_default_head(response, http11=http11)))
    end_at = max(response.end_at, sends[-1].at) if sends else response.end_at
    if http11 and response.complete and not is_bodiless(response):
        sends.append(Send(end_at, LAST_CHUNK))
    return Script(response.status, sends, find_end(response, http11=http11), end_at)


def encode_unframed(response: Response, head: bytes) -> Script:
    """Encode `response` as `head`, the bytes of its body without framing, and FIN."""
    sends = [Send(response.head_at, head), *(Send(at, piece.encoded) for at, piece in response.body)]
    return Script(response.status, sends, End.CLOSE, response.end_at)


def find_end(response: Response, *, http11: bool) -> End:
    """Return the ending of the connection: for HTTP/1.0 a close ends the body."""
    is_over = response.complete or not response.framing.is_batch
    return End.CLOSE if response.end is End.KEEP and is_over and not http11 else response.end
