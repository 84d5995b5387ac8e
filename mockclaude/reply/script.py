"""A script: every byte of a response and when it is sent, decided before any of it happens.

In: a response's status, header lines, and its body as bytes with times. Out: a `Script` of HTTP/1.1 bytes.
Knows nothing of sockets and clocks: times are microseconds from the moment the script begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple


class Send(NamedTuple):
    """Bytes that are sent together, `at` so many microseconds after the script began."""

    at: int
    data: bytes


class End(Enum):
    """What happens to the connection when everything is sent."""

    KEEP = "the connection waits for the next request"
    CLOSE = "the connection is closed (FIN)"
    RESET = "the connection is reset (RST)"
    HANG = "nothing more is sent, and the connection stays open"


class Script(NamedTuple):
    """What a client gets: `sends` in the order of their times, then `end`, `end_at` microseconds after the beginning.

    `status` is the one sent, or 0 where none is. Afterwards no connection is accepted for `down` microseconds.
    """

    status: int
    sends: Sequence[Send]
    end: End = End.KEEP
    end_at: int = 0
    down: int = 0


class Response(NamedTuple):
    """A response before it becomes bytes: `body` in timed pieces, and how it ends.

    `headers` are the lines it shares with others, as text with line ends. `complete` is false where the body is cut
    off: its end is then not marked, so that a client can tell.
    """

    status: int
    headers: str
    request_id: str
    body: Sequence[Send]
    end: End = End.KEEP
    end_at: int = 0
    complete: bool = True


_RENAMED = {413: "Content Too Large", 414: "URI Too Long", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
"""Reasons that Python words anew since 3.13: the bytes of a response do not depend on who runs it."""

_REASONS = {status.value: status.phrase for status in HTTPStatus} | _RENAMED
_LAST_CHUNK = b"0\r\n\r\n"


def whole(status: int, headers: str, request_id: str, body: bytes, at: int, *, chunked: bool) -> Script:
    """Return the bytes of a complete response that is sent at once, `at` so many microseconds after the beginning."""
    head = _head(status, headers, chunked)
    if chunked:
        data = b"%brequest-id: %b\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (head, request_id.encode(), len(body), body)
        return Script(status, (Send(at, data),), End.KEEP, at)
    return Script(status, (Send(at, b"%brequest-id: %b\r\n\r\n%b" % (head, request_id.encode(), body)),), End.CLOSE, at)


def script(response: Response, *, chunked: bool) -> Script:
    """Return the bytes of `response`; not `chunked`, as for HTTP/1.0, the body ends with the connection."""
    status, headers, request_id, body, end, end_at, complete = response
    head = b"%brequest-id: %b\r\n\r\n" % (_head(status, headers, chunked), request_id.encode())
    body = joined(body)
    begin = body[0].at if body else end_at
    if not chunked:
        return Script(status, joined([Send(begin, head), *body]), End.CLOSE if end is End.KEEP else end, end_at)
    last = _LAST_CHUNK if complete else b""
    return Script(status, joined([Send(begin, head), *map(_chunk, body), Send(end_at, last)]), end, end_at)


def with_headers(script: Script, values: Mapping[str, str]) -> Script:
    """Return `script` with other `values` for headers, named in lower case, that its response has."""
    if not script.sends:
        return script
    first, *others = script.sends
    head, end_of_head, body = first.data.partition(b"\r\n\r\n")
    lines = (_with_value(line, values) for line in head.decode("latin-1").split("\r\n"))
    data = "\r\n".join(lines).encode("latin-1") + end_of_head + body
    return script._replace(sends=[first._replace(data=data), *others])


def _with_value(line: str, values: Mapping[str, str]) -> str:
    name = line.partition(":")[0]
    return f"{name}: {values[name]}" if name in values else line


def head_only(status: int, headers: str) -> Script:
    """Return the response that has no body by its nature: to `HEAD`, or a 204."""
    return Script(status, [Send(0, f"HTTP/1.1 {status} {_REASONS[status]}\r\n{headers}\r\n".encode())])


@lru_cache(maxsize=64)
def _head(status: int, headers: str, chunked: bool) -> bytes:
    framing = "transfer-encoding: chunked\r\nconnection: keep-alive\r\n" if chunked else "connection: close\r\n"
    return f"HTTP/1.1 {status} {_REASONS.get(status, '')}\r\n{headers}{framing}".encode("latin-1", "replace")


def _chunk(piece: Send) -> Send:
    return Send(piece.at, b"%x\r\n%b\r\n" % (len(piece.data), piece.data))


def silent(end: End, at: int) -> Script:
    """Return the script that sends nothing at all."""
    return Script(0, (), end, at)


def joined(sends: Sequence[Send]) -> Sequence[Send]:
    """Return `sends` with those of the same time put together: what is due at once is sent at once."""
    if not sends or sends[0].at == sends[-1].at:
        return [Send(sends[0].at, b"".join([send.data for send in sends]))] if len(sends) > 1 else sends
    groups = groupby(sends, key=attrgetter("at"))
    return [Send(at, b"".join([send.data for send in group])) for at, group in groups]
