"""Responses that are no HTTP, or not what they claim: one table, name -> how the bytes are made.

In: an exchange. Out: a `Script`. Knows nothing of when this happens, and of sockets.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable

from mockclaude.reply.exchange import LAST_CHUNK, Exchange, chunk, head, together
from mockclaude.reply.script import End, Script, Send

_CHUNKED = (b"transfer-encoding: chunked", b"connection: keep-alive")
_HUGE = 400_000
_MANY = 2_000
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n" * 100


def malform(exchange: Exchange, name: str) -> Script:
    """Return `exchange` malformed in the way that `name` says."""
    return MALFORM[name](exchange)


def with_content_length(exchange: Exchange, more: int) -> Script:
    """Return `exchange` with a `content-length` that says `more` bytes than there are, then FIN."""
    length = max(0, len(exchange.data) + more)
    return _closed(exchange, head(exchange, b"content-length: %d" % length, b"connection: keep-alive"))


def _closed(exchange: Exchange, head_bytes: bytes) -> Script:
    """Return the body of `exchange`, without chunks, after `head_bytes`, and then FIN."""
    sends = [Send(exchange.head_at, head_bytes), *exchange.body]
    return Script(exchange.status, sends, End.CLOSE, exchange.end_at)


def _status_line(exchange: Exchange) -> Script:
    return _closed(exchange, head(exchange._replace(status_line=b"HTTP/1.1 OK 200")))


def _with_header(exchange: Exchange, *lines: bytes) -> Script:
    return together(exchange._replace(headers=(*exchange.headers, *lines)))


def _double_content_length(exchange: Exchange) -> Script:
    length = len(exchange.data)
    lines = (b"content-length: %d" % length, b"content-length: %d" % (length + 1))
    return _closed(exchange, head(exchange, *lines))


def _early_hints(exchange: Exchange) -> Script:
    script = together(exchange)
    return script._replace(sends=[Send(exchange.head_at, _EARLY_HINTS), *script.sends])


def _no_head(exchange: Exchange) -> Script:
    return Script(exchange.status, exchange.body, End.CLOSE, exchange.end_at)


def _chunk_size(exchange: Exchange) -> Script:
    first, *others = map(chunk, exchange.body or (Send(exchange.end_at, b""),))
    bad = [first, *(piece._replace(data=b"zz\r\n" + piece.data) for piece in others[:1]), *others[1:]]
    if not others:
        bad = [first._replace(data=b"zz\r\n" + first.data)]
    sends = [Send(exchange.head_at, head(exchange, *_CHUNKED)), *bad, Send(exchange.end_at, LAST_CHUNK)]
    return Script(exchange.status, sends, End.CLOSE, exchange.end_at)


def _zipped(exchange: Exchange, encode: Callable[[bytes], bytes]) -> Script:
    """Return `exchange` with its body, said to be gzip and made by `encode`, as one chunk."""
    body = (Send(exchange.end_at, encode(exchange.data)),)
    return _with_header(exchange._replace(body=body), b"content-encoding: gzip")


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _broken(data: bytes) -> bytes:
    """Return gzip whose first block is of a kind that does not exist."""
    zipped = bytearray(_gzip(data))
    zipped[10] |= 0b110
    return bytes(zipped)


MALFORM: dict[str, Callable[[Exchange], Script]] = {
    "status_line": _status_line,
    "header_name": lambda exchange: _with_header(exchange, b"bad name: x"),
    "double_content_length": _double_content_length,
    "huge_header": lambda exchange: _with_header(exchange, b"x-huge: " + b"x" * _HUGE),
    "many_headers": lambda exchange: _with_header(exchange, *(b"x-%d: x" % number for number in range(_MANY))),
    "early_hints": _early_hints,
    "no_head": _no_head,
    "chunk_size": _chunk_size,
    "not_gzip": lambda exchange: _zipped(exchange, bytes),
    "broken_gzip": lambda exchange: _zipped(exchange, _broken),
    "truncated_gzip": lambda exchange: _zipped(exchange, lambda data: _gzip(data)[: len(_gzip(data)) // 2]),
}
"""Name (as the scenario file has it) -> how."""
