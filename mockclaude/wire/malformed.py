"""Encode responses as malformed HTTP, or as HTTP with a wrong head: one table, name -> function."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from mockclaude.api.headers import Headers
from mockclaude.reply.response import Data, End, Response, Timed
from mockclaude.wire.framing import (
    CHUNKED,
    LAST_CHUNK,
    by_piece,
    chunk,
    head,
    header_lines,
    request_id_line,
    unframed,
)
from mockclaude.wire.script import Script, Send

_HUGE = 400_000
_MANY = 2_000
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n" * 100

Encode: TypeAlias = Callable[[Response, bool], Script]
"""From a response, and whether the client speaks HTTP/1.1."""


def _wrong_content_length(response: Response, _: bool) -> Script:
    length = max(0, response.size + response.framing.length)
    return unframed(response, head(response, b"content-length: %d\r\nconnection: keep-alive\r\n" % length))


def _double_content_length(response: Response, _: bool) -> Script:
    lines = b"content-length: %d\r\ncontent-length: %d\r\n" % (response.size, response.size + 1)
    return unframed(response, head(response, lines))


def _status_line(response: Response, _: bool) -> Script:
    lines = header_lines(response.headers) + request_id_line(response)
    return unframed(response, b"HTTP/1.1 OK 200\r\n%b\r\n" % lines)


def _no_head(response: Response, _: bool) -> Script:
    sends = [Send(at, piece.encoded) for at, piece in response.body]
    return Script(response.status, sends, End.CLOSE, response.end_at)


def _with_headers(lines: Headers, response: Response, http11: bool) -> Script:
    changed = response._replace(headers=Headers((*response.headers.lines, *lines.lines)))
    return by_piece(changed, http11=http11)


def _early_hints(response: Response, http11: bool) -> Script:
    script = by_piece(response, http11=http11)
    return script._replace(sends=[Send(response.head_at, _EARLY_HINTS), *script.sends])


def _chunk_size(response: Response, _: bool) -> Script:
    """Return the response in chunks, the second of which, or the only one, has a size that is not a number."""
    first, *others = [Send(at, chunk(piece.encoded)) for at, piece in response.body] or [
        Send(response.end_at, chunk(b""))
    ]
    if others:
        others[0] = others[0]._replace(data=b"zz\r\n" + others[0].data)
    else:
        first = first._replace(data=b"zz\r\n" + first.data)
    sends = [Send(response.head_at, head(response, CHUNKED)), first, *others, Send(response.end_at, LAST_CHUNK)]
    return Script(response.status, sends, End.CLOSE, response.end_at)


def _zipped(compress: Callable[[bytes], bytes], response: Response, http11: bool) -> Script:
    """Return the response with its body, declared as gzip and made by `compress`, as one chunk."""
    body = (Timed(response.end_at, Data(compress(response.data))),)
    return _with_headers(Headers([("content-encoding", "gzip")]), response._replace(body=body), http11)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _broken(data: bytes) -> bytes:
    """Return gzip whose first block is of a kind that does not exist."""
    zipped = bytearray(_gzip(data))
    zipped[10] |= 0b110
    return bytes(zipped)


def _truncated(data: bytes) -> bytes:
    zipped = _gzip(data)
    return zipped[: len(zipped) // 2]


def _tail(response: Response, http11: bool) -> Script:
    """Return the response, then its tail as it is, then FIN."""
    sent = by_piece(response, http11=http11)
    return sent._replace(sends=[*sent.sends, Send(sent.end_at, response.framing.tail)])


MALFORM: dict[str, Encode] = {
    "status_line": _status_line,
    "header_name": partial(_with_headers, Headers([("bad name", "x")])),
    "double_content_length": _double_content_length,
    "huge_header": partial(_with_headers, Headers([("x-huge", "x" * _HUGE)])),
    "many_headers": partial(_with_headers, Headers([(f"x-{number}", "x") for number in range(_MANY)])),
    "early_hints": _early_hints,
    "no_head": _no_head,
    "chunk_size": _chunk_size,
    "not_gzip": partial(_zipped, bytes),
    "broken_gzip": partial(_zipped, _broken),
    "truncated_gzip": partial(_zipped, _truncated),
    "content_length": _wrong_content_length,
    "tail": _tail,
}
"""Name (as in `Framing.malformation`) -> how the response is encoded."""
