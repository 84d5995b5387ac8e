"""A script: every byte of a response and when it is sent, decided before any of it happens.

In: a response's status, header lines, and its body as bytes with times. Out: a `Script` of HTTP/1.1 bytes.
Knows nothing of sockets and clocks: times are microseconds from the moment the script begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
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


@dataclass(frozen=True, slots=True)
class Script:
    """What a client gets: `sends` in the order of their times, then `end`, `end_at` microseconds after the beginning.

    `status` is the one sent, or 0 where none is.
    """

    status: int
    sends: tuple[Send, ...]
    end: End = End.KEEP
    end_at: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """A response before it becomes bytes: `body` in timed pieces, and how it ends.

    `complete` is false where the body is cut off: its end is then not marked, so that a client can tell.
    `head_only` is a response that has no body by its nature.
    """

    status: int
    headers: str
    body: Sequence[Send]
    end: End = End.KEEP
    end_at: int = 0
    complete: bool = True
    head_only: bool = False


_REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: ""}


def script(response: Response, *, chunked: bool) -> Script:
    """Return the bytes of `response`; not `chunked`, as for HTTP/1.0, the body ends with the connection."""
    if response.head_only:
        return Script(response.status, (Send(0, _head(response, "connection: keep-alive\r\n")),))
    framing = "transfer-encoding: chunked\r\nconnection: keep-alive\r\n" if chunked else "connection: close\r\n"
    at = response.body[0].at if response.body else response.end_at
    pieces = [Send(at, _head(response, framing)), *(_chunks(response.body) if chunked else response.body)]
    if chunked and response.complete:
        pieces.append(Send(response.end_at, b"0\r\n\r\n"))
    end = End.CLOSE if response.end is End.KEEP and not chunked else response.end
    return Script(response.status, tuple(joined(pieces)), end, response.end_at)


def _head(response: Response, framing: str) -> bytes:
    reason = _REASONS.get(response.status, "")
    return f"HTTP/1.1 {response.status} {reason}\r\n{response.headers}{framing}\r\n".encode("latin-1", "replace")


def silent(end: End, at: int) -> Script:
    """Return the script that sends nothing at all."""
    return Script(0, (), end, at)


def joined(sends: Iterable[Send]) -> list[Send]:
    """Return `sends` with those of the same time put together: what is due at once is sent at once."""
    result: list[Send] = []
    due: list[bytes] = []
    now = None
    for at, data in sends:
        if at != now and due:
            result.append(Send(now or 0, b"".join(due)))
            due = []
        now = at
        due.append(data)
    return [*result, Send(now or 0, b"".join(due))] if due else result


def _chunks(body: Iterable[Send]) -> Iterable[Send]:
    return (Send(at, b"%x\r\n%b\r\n" % (len(data), data)) for at, data in joined(body) if data)
