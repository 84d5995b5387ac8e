"""Faults done to a response, in one order: status, then latency, then events, then the wire.

In: a script, the faults that are due, the draws. Out: the script with them, and what to say of each.
Knows nothing of why a fault is due. One table: kind of fault -> how it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import orjson

from mockclaude.api import events
from mockclaude.api.errors import ApiError
from mockclaude.reply.draws import Draws
from mockclaude.reply.exchange import Exchange, Point, TooLargeError, apart, locate, split, together, whole_events
from mockclaude.reply.faults import event_edits, malformed
from mockclaude.reply.faults.slices import limited, sliced
from mockclaude.reply.plan import Envelope
from mockclaude.reply.script import End, Script, Send, silent
from mockclaude.scenario.format.faults import KINDS, STALL, Fault
from mockclaude.scenario.format.positions import Moment

_ENDS = {"reset": End.RESET, "close": End.CLOSE, "clean": End.KEEP}


class Context(NamedTuple):
    """What a fault may need besides the response: ids for errors, and draws of its own."""

    envelope: Envelope
    draws: Draws


class Broken(NamedTuple):
    """A script with faults in it, and what the log says of each."""

    script: Script
    notes: tuple[str, ...]


def break_(script: Script, faults: Sequence[Fault], envelope: Envelope, draws: Draws) -> Broken:
    """Return `script` with `faults`, each drawing from `draws`, and a note on each, with what it was decided by.

    A fault that finds nothing to strike is noted as such.
    """
    if not faults:
        return Broken(script, ())
    broken: Exchange | Script = apart(script) or script
    notes: list[str] = []
    for position, fault in enumerate(sorted(faults, key=lambda fault: KINDS.index(fault.kind))):
        struck, outcome = None, NOTHING
        if isinstance(broken, Exchange):
            context = Context(envelope, draws.scoped(f"fault/{position}"))
            struck, outcome = apply(partial(BREAK[fault.kind], broken, fault, context))
        notes.append(f"fault: {fault}{outcome}")
        broken = broken if struck is None else struck
    return Broken(together(broken) if isinstance(broken, Exchange) else broken, (*notes, str(draws)))


NOTHING = " found nothing to strike"
"""Outcome of a fault whose position is not in the response."""


def apply(fault: Callable[[], Exchange | Script | None]) -> tuple[Exchange | Script | None, str]:
    """Return the response with `fault`, None where it is not applied, and the outcome for its note."""
    try:
        struck = fault()
    except TooLargeError as error:
        return None, f" {error}, and is left out"
    return struck, "" if struck is not None else NOTHING


def _error(exchange: Exchange, fault: Fault, context: Context) -> Exchange | None:
    written = fault.error
    assert written
    error = ApiError(written.type, written.message, written.status or 0, written.headers, written.details)
    point = locate(exchange, fault.moment) if fault.moment else Point(None, 0)
    if point is None:
        return None
    if point.offset is None or not exchange.is_stream:
        return apart(context.envelope.error(error, point.at))
    before = whole_events(exchange, point.offset)
    failure = Send(point.at, events.error(error.envelope(context.envelope.request_id)))
    return exchange._replace(body=(*before, failure), end=End.KEEP, end_at=point.at, complete=True)


def _respond(exchange: Exchange, fault: Fault, _: Context) -> Exchange:
    response = fault.respond
    assert response
    body = response.body.encode() if isinstance(response.body, str) else orjson.dumps(response.body)
    lines = tuple(f"{name.lower()}: {value}".encode("latin-1", "replace") for name, value in response.headers.items())
    at = exchange.head_at
    pieces = (Send(at, body),) if body else ()
    status_line = b"HTTP/1.1 %d " % response.status
    return Exchange(response.status, status_line, lines, at, pieces, End.KEEP, at, exchange.chunked)


def _stall(exchange: Exchange, fault: Fault, _context: Context) -> Exchange | Script | None:
    point = locate(exchange, fault.moment or Moment("headers"))
    if point is None:
        return None
    if fault.stall == "forever":
        return _hanging(exchange, point, fault.pings)
    length = int(fault.stall or 0)
    if point.offset is None:
        later = exchange._replace(body=_later(exchange.body, length), head_at=exchange.head_at + length)
        return later._replace(end_at=exchange.end_at + length)
    before, after = split(exchange, point.offset)
    pings = _pings(exchange, point.at, length, fault.pings)
    return exchange._replace(body=(*before, *pings, *_later(after, length)), end_at=exchange.end_at + length)


def _hanging(exchange: Exchange, point: Point, interval: int | None) -> Exchange | Script:
    if point.offset is None:
        return silent(End.HANG, point.at)
    before, _ = split(exchange, point.offset)
    body = (*before, *_pings(exchange, point.at, STALL, interval))
    end_at = max(point.at, body[-1].at if body else 0)
    return exchange._replace(body=body, end=End.HANG, end_at=end_at, complete=False)


def _pings(exchange: Exchange, at: int, length: int, interval: int | None) -> Iterator[Send]:
    if interval and exchange.is_stream:
        yield from (Send(at + after, events.PING) for after in range(interval, length, interval))


def _later(pieces: Iterable[Send], microseconds: int) -> tuple[Send, ...]:
    return tuple(Send(at + microseconds, data) for at, data in pieces)


def _headers(exchange: Exchange, fault: Fault, _: Context) -> Exchange:
    given = {name.lower(): value for name, value in (fault.headers or {}).items()}
    kept = (line for line in exchange.headers if line.partition(b":")[0].decode("latin-1") not in given)
    added = (f"{name}: {value}".encode("latin-1", "replace") for name, value in given.items() if value is not False)
    return exchange._replace(headers=(*kept, *added))


def _corrupt(exchange: Exchange, fault: Fault, context: Context) -> Exchange | None:
    """Change so many bytes: from the moment on, or each at a place of its own that is drawn."""
    data = bytearray(exchange.data)
    point = locate(exchange, fault.moment) if fault.moment else Point(0, 0)
    if not data or point is None or point.offset is None or point.offset >= len(data):
        return None
    draws = context.draws
    for number in range(fault.corrupt or 0):
        at = point.offset + number if fault.moment else draws.integer(f"place/{number}", 0, len(data) - 1)
        data[min(at, len(data) - 1)] ^= draws.integer(f"bits/{number}", 1, 255)
    return exchange._replace(body=tuple(_refilled(exchange.body, bytes(data))))


def _refilled(pieces: Sequence[Send], data: bytes) -> Iterator[Send]:
    begin = 0
    for piece in pieces:
        yield piece._replace(data=data[begin : begin + len(piece.data)])
        begin += len(piece.data)


def _slice(exchange: Exchange, fault: Fault, _: Context) -> Exchange:
    assert fault.slice
    return sliced(exchange, fault.slice, fault.every)


def _rate(exchange: Exchange, fault: Fault, _: Context) -> Exchange:
    return limited(exchange, fault.rate or 1)


def _disconnect(exchange: Exchange, fault: Fault, _context: Context) -> Exchange | Script | None:
    how = fault.disconnect or "reset"
    point = locate(exchange, fault.moment or Moment("headers"))
    if point is None:
        return None
    if point.offset is None:
        return silent(End.RESET if how == "reset" else End.CLOSE, point.at)
    before, _ = split(exchange, point.offset)
    return exchange._replace(body=before, end=_ENDS[how], end_at=point.at, complete=how == "clean")


def _garbage(exchange: Exchange, fault: Fault, context: Context) -> Script | None:
    return _with_bytes(exchange, fault, context.draws.noise("garbage", fault.garbage or 1))


def _raw(exchange: Exchange, fault: Fault, _context: Context) -> Script | None:
    assert fault.raw
    return _with_bytes(exchange, fault, fault.raw.content())


def _with_bytes(exchange: Exchange, fault: Fault, data: bytes) -> Script | None:
    """Return the response up to the moment, then `data` as it is, then FIN; without a moment `data` alone."""
    point = locate(exchange, fault.moment or Moment("headers"))
    if point is None:
        return None
    if point.offset is None:
        return Script(0, [Send(point.at, data)], End.CLOSE, point.at)
    before, _ = split(exchange, point.offset)
    script = together(exchange._replace(body=before, end=End.CLOSE, end_at=point.at, complete=False))
    return script._replace(sends=[*script.sends, Send(script.end_at, data)])


Break: TypeAlias = Callable[[Exchange, Fault, Context], "Exchange | Script | None"]

BREAK: dict[str, Break] = {
    "error": _error,
    "respond": _respond,
    "stall": _stall,
    "drop": lambda exchange, fault, _: event_edits.drop(exchange, fault),
    "duplicate": lambda exchange, fault, _: event_edits.duplicate(exchange, fault),
    "swap": lambda exchange, fault, _: event_edits.swap(exchange, fault),
    "edit": lambda exchange, fault, _: event_edits.edit(exchange, fault),
    "insert": lambda exchange, fault, _: event_edits.insert(exchange, fault),
    "restart": lambda exchange, fault, context: event_edits.restart(exchange, fault, context.draws),
    "headers": _headers,
    "corrupt": _corrupt,
    "slice": _slice,
    "rate": _rate,
    "disconnect": _disconnect,
    "content_length": lambda exchange, fault, _: malformed.with_content_length(exchange, fault.content_length or 0),
    "malformed": lambda exchange, fault, _: malformed.malform(exchange, fault.malformed or ""),
    "garbage": _garbage,
    "raw": _raw,
    "refuse": lambda exchange, fault, _: silent(End.RESET, exchange.head_at)._replace(down=fault.refuse or 0),
}
"""Kind of fault -> how it is done to a response; None where it finds nothing to strike."""
