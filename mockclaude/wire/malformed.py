"""Encode responses as malformed HTTP, or as HTTP with an unusual head."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from mockclaude.api.headers import Headers
from mockclaude.reply.response import Data, End, Response, TimedPiece
from mockclaude.wire.framing import (
    CHUNKED,
    LAST_CHUNK,
    chunk,
    encode_head,
    encode_header_lines,
    encode_pieces,
    encode_request_id,
    encode_unframed,
)
from mockclaude.wire.script import Script, Send

_HUGE = 400_000
_MANY = 2_000
_EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n" * 100

Encode: TypeAlias = Callable[[Response, bool], Script]
"""A function of a response, and of whether the client speaks HTTP/1.1."""


def _encode_wrong_length(response: Response, _: bool) -> Script:
    length = max(0, response.size + response.framing.length)
    lines = b"content-length: %d\r\nconnection: keep-alive\r\n" % length
    return encode_unframed(response, encode_head(response, lines))


def _encode_two_lengths(response: Response, _: bool) -> Script:
    lines = b"content-length: %d\r\ncontent-length: %d\r\n" % (response.size, response.size + 1)
    return encode_unframed(response, encode_head(response, lines))


def _encode_bad_status_line(response: Response, _: bool) -> Script:
    lines = encode_header_lines(response.headers) + encode_request_id(response)
    return encode_unframed(response, b"HTTP/1.1 OK 200\r\n%b\r\n" % lines)


def _encode_without_head(response: Response, _: bool) -> Script:
    sends = [Send(at, piece.encoded) for at, piece in response.body]
    return Script(response.status, sends, End.CLOSE, response.end_at)


def _add_headers(lines: Headers, response: Response, http11: bool) -> Script:
    changed = response._replace(headers=Headers((*response.headers.lines, *lines.lines), response.headers.id_lines))
    return encode_pieces(changed, http11=http11)


def _encode_early_hints(response: Response, http11: bool) -> Script:
    script = encode_pieces(response, http11=http11)
    return script._replace(sends=[Send(response.head_at, _EARLY_HINTS), *script.sends])


def _encode_bad_chunk_size(response: Response, _: bool) -> Script:
    """Encode the response in chunks. The size of the second chunk, or of a single chunk, is not a number."""
    first, *others = [Send(at, chunk(piece.encoded)) for at, piece in response.body] or [
        Send(response.end_at, chunk(b""))
    ]
    if others:
        others[0] = others[0]._replace(data=b"zz\r\n" + others[0].data)
    else:
        first = first._replace(data=b"zz\r\n" + first.data)
    head = Send(response.head_at, encode_head(response, CHUNKED))
    sends = [head, first, *others, Send(response.end_at, LAST_CHUNK)]
    return Script(response.status, sends, End.CLOSE, response.end_at)


def _compress_body(compress: Callable[[bytes], bytes], response: Response, http11: bool) -> Script:
    body = (TimedPiece(response.end_at, Data(compress(response.data))),)
    return _add_headers(Headers([("content-encoding", "gzip")]), response._replace(body=body), http11)


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _break_gzip(data: bytes) -> bytes:
    zipped = bytearray(_gzip(data))
    zipped[10] |= 0b110  # the type of the first block, which is after the 10 bytes of the header: 3 is reserved
    return bytes(zipped)


def _truncate_gzip(data: bytes) -> bytes:
    zipped = _gzip(data)
    return zipped[: len(zipped) // 2]


def _encode_tail(response: Response, http11: bool) -> Script:
    script = encode_pieces(response, http11=http11)
    return script._replace(sends=[*script.sends, Send(script.end_at, response.framing.tail)])


MALFORM: dict[str, Encode] = {
    "status_line": _encode_bad_status_line,
    "header_name": partial(_add_headers, Headers([("bad name", "x")])),
    "double_content_length": _encode_two_lengths,
    "huge_header": partial(_add_headers, Headers([("x-huge", "x" * _HUGE)])),
    "many_headers": partial(_add_headers, Headers([(f"x-{number}", "x") for number in range(_MANY)])),
    "early_hints": _encode_early_hints,
    "no_head": _encode_without_head,
    "chunk_size": _encode_bad_chunk_size,
    "not_gzip": partial(_compress_body, bytes),
    "broken_gzip": partial(_compress_body, _break_gzip),
    "truncated_gzip": partial(_compress_body, _truncate_gzip),
    "content_length": _encode_wrong_length,
    "tail": _encode_tail,
}
"""Value of `Framing.malformation` -> encoder of the response."""
