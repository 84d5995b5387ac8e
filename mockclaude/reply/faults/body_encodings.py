"""Encode the body of a response in another way without a change of its content: line ends and gzip."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from mockclaude.reply.faults.resolve import replace_bytes
from mockclaude.reply.response import Response, TimedPiece
from mockclaude.scenario.format.stream_faults import GzipFault, LineEndsFault

_LINE_ENDS = {"crlf": b"\r\n", "cr": b"\r"}

_IN_FRAMES = ("content-type", "application/vnd.amazon.eventstream")

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_LAST_BLOCK = b"\x01\x00\x00\xff\xff"
_MAX_BLOCK = 0xFFFF
"""Bytes of a stored block of gzip."""


def replace_line_ends(response: Response, fault: LineEndsFault) -> Response | None:
    """Replace the line ends of a stream; AWS's frames have none."""
    if not response.is_stream:
        return None
    if _IN_FRAMES in response.headers.lines:
        return response
    end = _LINE_ENDS[fault.line_ends]
    body = [TimedPiece(at, replace_bytes(piece, piece.encoded.replace(b"\n", end))) for at, piece in response.body]
    return response._replace(body=body)


def compress(response: Response, fault: GzipFault) -> Response | None:
    """Compress the body in groups of events. A group is sent with its last event.

    The events of a group stay in the body without bytes, so that faults find their positions. A body that is cut does
    not send its last group.
    """
    if not response.body:
        return None
    group = len(response.body) + 1 if fault.gzip == "end" else fault.gzip
    headers = response.headers.put({"content-encoding": "gzip"})
    return response._replace(headers=headers, body=list(_compress(response.body, group, complete=response.complete)))


def _compress(body: Sequence[TimedPiece], group: int, *, complete: bool) -> Iterator[TimedPiece]:
    """Yield the pieces with the bytes of gzip.

    The blocks are stored, not deflated: every version of zlib deflates to other bytes.
    """
    head, crc, size = _GZIP_HEAD, 0, 0
    held: list[bytes] = []
    for number, (at, piece) in enumerate(body, 1):
        held.append(piece.encoded)
        crc, size = zlib.crc32(piece.encoded, crc), size + len(piece.encoded)
        is_last = complete and number == len(body)
        if not (is_last or number % group == 0):
            yield TimedPiece(at, replace_bytes(piece, b""))
            continue
        data = head + b"".join(_store(b"".join(held))) + (_end(crc, size) if is_last else b"")
        yield TimedPiece(at, replace_bytes(piece, data))
        head, held = b"", []


def _store(data: bytes) -> Iterator[bytes]:
    for begin in range(0, len(data), _MAX_BLOCK):
        block = data[begin : begin + _MAX_BLOCK]
        yield b"\x00%b%b%b" % (_uint(len(block), 2), _uint(len(block) ^ 0xFFFF, 2), block)


def _end(crc: int, size: int) -> bytes:
    return _LAST_BLOCK + _uint(crc, 4) + _uint(size % 2**32, 4)


def _uint(value: int, size: int) -> bytes:
    return value.to_bytes(size, "little")
