"""A response taken apart: head, events and ending, so that a fault can change any of them; and put together again.

In: a `Script`, or an `Exchange`. Out: the other. Knows nothing of faults, of sockets, or of what a response says.
A stream has one piece for each event, a JSON response one piece. The two ways are each other's inverse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from mockclaude.reply.script import End, Script, Send
from mockclaude.scenario.format.positions import EVERY, LAST, Moment, Selector

_EVENT = re.compile(rb".+?(?:\n\n|\Z)", re.DOTALL)
_DELTA = re.compile(rb'"delta":\{"type":"([a-z_]+)"')
LAST_CHUNK = b"0\r\n\r\n"
MAX_PIECES, MAX_BYTES = 500_000, 64_000_000
"""Pieces and bytes that a body may have once faults have made more of it."""

_FRAMING = (b"transfer-encoding", b"connection", b"content-length")


class TooLargeError(Exception):
    """A fault that makes more of a body than a response may have."""


class Exchange(NamedTuple):
    """A response: `status_line` and `headers` without line ends or framing, sent at `head_at`; the `body` in pieces.

    `chunked` says how it is framed, `complete` whether the end of the body is marked.
    """

    status: int
    status_line: bytes
    headers: tuple[bytes, ...]
    head_at: int
    body: tuple[Send, ...]
    end: End
    end_at: int
    chunked: bool = True
    complete: bool = True

    @property
    def is_stream(self) -> bool:
        """Whether the body consists of events."""
        return any(line.startswith(b"content-type: text/event-stream") for line in self.headers)

    @property
    def data(self) -> bytes:
        """The body as a whole."""
        return b"".join(piece.data for piece in self.body)


class Point(NamedTuple):
    """Where a moment falls: after `offset` bytes of the body, `at` its time; None for before the headers."""

    offset: int | None
    at: int


def apart(script: Script) -> Exchange | None:
    """Return the parts of `script`; None where it sends no response."""
    if not script.sends:
        return None
    first = script.sends[0]
    head, _, rest = first.data.partition(b"\r\n\r\n")
    status_line, *lines = head.split(b"\r\n")
    headers = tuple(line for line in lines if line.partition(b":")[0] not in _FRAMING)
    chunked = b"transfer-encoding: chunked" in lines
    framed = [first._replace(data=rest), *script.sends[1:]]
    body = [Send(at, data) for at, sent in framed for data in (_unchunked(sent) if chunked else [sent]) if data]
    complete = not chunked or script.sends[-1].data.endswith(LAST_CHUNK)
    end = End.KEEP if script.end is End.CLOSE and not chunked else script.end
    exchange = Exchange(
        script.status, status_line, headers, first.at, tuple(body), end, script.end_at, chunked, complete
    )
    return exchange._replace(body=tuple(_events(body))) if exchange.is_stream else exchange


def bounded(pieces: Iterable[Send]) -> tuple[Send, ...]:
    """Return the pieces of a body. Raises `TooLargeError` once there are too many of them."""
    body: list[Send] = []
    size = 0
    for piece in pieces:
        size += len(piece.data)
        body.append(piece)
        check_size(len(body), size)
    return tuple(body)


def check_size(pieces: int, size: int) -> None:
    """Raise `TooLargeError` if a body of so many pieces and bytes is too large."""
    if pieces > MAX_PIECES or size > MAX_BYTES:
        raise TooLargeError(f"makes more than {MAX_PIECES:,} pieces or {MAX_BYTES // 1_000_000} MB")


def _unchunked(framed: bytes) -> Iterator[bytes]:
    while framed:
        size, _, rest = framed.partition(b"\r\n")
        length = int(size, 16)
        yield rest[:length]
        framed = rest[length + 2 :]


def _events(body: Iterable[Send]) -> Iterator[Send]:
    for at, data in body:
        yield from (Send(at, event) for event in _EVENT.findall(data))


def together(exchange: Exchange) -> Script:
    """Return the bytes of `exchange`, each piece of its body as a chunk of its own where it is `chunked`."""
    sends = [
        Send(exchange.head_at, whole_head(exchange)),
        *map(chunk if exchange.chunked else Send._make, exchange.body),
    ]
    if exchange.chunked and exchange.complete:
        sends.append(Send(max(exchange.end_at, sends[-1].at), LAST_CHUNK))
    end = End.CLOSE if exchange.end is End.KEEP and not exchange.chunked else exchange.end
    return Script(exchange.status, sends, end, max(exchange.end_at, sends[-1].at))


def whole_head(exchange: Exchange) -> bytes:
    """Return the head of `exchange` with the lines that say how its body is framed."""
    if exchange.chunked:
        return head(exchange, b"transfer-encoding: chunked", b"connection: keep-alive")
    return head(exchange, b"connection: close")


def head(exchange: Exchange, *framing: bytes) -> bytes:
    """Return the head of `exchange` with `framing` as its last header lines."""
    return b"\r\n".join((exchange.status_line, *exchange.headers, *framing, b"", b""))


def chunk(piece: Send) -> Send:
    """Return `piece` as a chunk."""
    return Send(piece.at, b"%x\r\n%b\r\n" % (len(piece.data), piece.data))


def names(piece: Send) -> tuple[str, ...]:
    """Return what an event is called: its name, and for a delta its kind."""
    name = piece.data.removeprefix(b"event: ").partition(b"\n")[0].decode("utf-8", "replace")
    delta = _DELTA.search(piece.data) if name == "content_block_delta" else None
    return (name, delta[1].decode()) if delta else (name,)


def select(exchange: Exchange, selector: Selector) -> list[int]:
    """Return the positions in the body of the events that `selector` means."""
    if not exchange.is_stream:
        return []
    found = [position for position, piece in enumerate(exchange.body) if selector.event in names(piece)]
    if selector.nth == EVERY:
        return found
    return found[-1:] if selector.nth == LAST else found[selector.nth - 1 : selector.nth]


def locate(exchange: Exchange, moment: Moment) -> Point | None:
    """Return where `moment` falls in `exchange`; None if it never comes.

    A moment among events comes, in a message that is not streamed, before its headers: nothing of it is there before
    all is. In an error it never comes.
    """
    unit, amount, selector = moment
    if unit == "headers":
        return Point(None, exchange.head_at)
    if unit in ("before", "after", "events") and not exchange.is_stream:
        return Point(None, exchange.head_at) if exchange.status == 200 else None
    if unit == "time":
        return _at_time(exchange, int(amount))
    if unit == "end":
        return Point(len(exchange.data), exchange.end_at)
    if unit in ("before", "after"):
        return _at_event(exchange, selector, after=unit == "after")
    if unit == "events":
        return _after_pieces(exchange, int(amount)) if amount <= len(exchange.body) else None
    offset = 0 if unit == "body" else int(amount if unit == "bytes" else amount * len(exchange.data))
    return Point(offset, _time_of(exchange, offset)) if offset <= len(exchange.data) else None


def _at_event(exchange: Exchange, selector: Selector, *, after: bool) -> Point | None:
    found = select(exchange, selector)
    if not found:
        return None
    point = _after_pieces(exchange, found[0] + after)
    return point if after else point._replace(at=exchange.body[found[0]].at)


def _after_pieces(exchange: Exchange, count: int) -> Point:
    sent = exchange.body[:count]
    return Point(sum(len(piece.data) for piece in sent), sent[-1].at if sent else exchange.head_at)


def _at_time(exchange: Exchange, at: int) -> Point | None:
    if at > exchange.end_at:
        return None
    if at < exchange.head_at:
        return Point(None, at)
    return Point(sum(len(piece.data) for piece in exchange.body if piece.at <= at), at)


def _time_of(exchange: Exchange, offset: int) -> int:
    """Return when the byte before `offset` is sent."""
    ends = accumulate(len(piece.data) for piece in exchange.body)
    return next(
        (piece.at for piece, end in zip(exchange.body, ends, strict=True) if end >= offset > 0), exchange.head_at
    )


def split(exchange: Exchange, offset: int) -> tuple[tuple[Send, ...], tuple[Send, ...]]:
    """Return the body's pieces up to `offset` bytes and those from there on; the one it falls into is cut."""
    before: list[Send] = []
    for position, (at, data) in enumerate(exchange.body):
        if len(data) > offset:
            cut = (Send(at, data[:offset]),) if offset else ()
            return (*before, *cut), (Send(at, data[offset:]), *exchange.body[position + 1 :])
        before.append(Send(at, data))
        offset -= len(data)
    return tuple(before), ()


def whole_events(exchange: Exchange, offset: int) -> tuple[Send, ...]:
    """Return the pieces of the body that end within `offset` bytes: what is new comes between events."""
    ends = accumulate(len(piece.data) for piece in exchange.body)
    return tuple(piece for piece, end in zip(exchange.body, ends, strict=True) if end <= offset)
