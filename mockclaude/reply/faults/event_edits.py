"""Faults among the events of a stream: dropped, repeated, swapped, changed, or strangers between them.

In: an exchange and a fault. Out: the exchange with it, or None where the fault finds nothing to strike.
Knows nothing of sockets and of when a fault is due.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from mockclaude.reply.draws import Draws
from mockclaude.reply.exchange import Exchange, bounded, check_size, locate, select, whole_events
from mockclaude.reply.script import Send
from mockclaude.scenario.format.faults import Fault
from mockclaude.scenario.format.positions import Moment, Selector

_ID = re.compile(rb'"id":"(msg_[^"]*)"')


def drop(exchange: Exchange, fault: Fault) -> Exchange | None:
    """Leave out events."""
    found = set(_found(exchange, fault.drop))
    kept = tuple(piece for position, piece in enumerate(exchange.body) if position not in found)
    return exchange._replace(body=kept) if found else None


def duplicate(exchange: Exchange, fault: Fault) -> Exchange | None:
    """Send events again, right after themselves, so many `copies`."""
    found = set(_found(exchange, fault.duplicate))
    times = 1 + (fault.copies or 1)
    repeated = (copy for at, piece in enumerate(exchange.body) for copy in [piece] * (times if at in found else 1))
    return exchange._replace(body=bounded(repeated)) if found else None


def swap(exchange: Exchange, fault: Fault) -> Exchange | None:
    """Let two events change places; each keeps the time of its place."""
    found = [position for selector in fault.swap or () for position in select(exchange, selector)]
    if len(found) != 2:
        return None
    body = list(exchange.body)
    first, second = found
    body[first], body[second] = (
        body[first]._replace(data=body[second].data),
        body[second]._replace(data=body[first].data),
    )
    return exchange._replace(body=tuple(body))


def edit(exchange: Exchange, fault: Fault) -> Exchange | None:
    """Set and delete keys in the JSON of events, or in the body of a response that is not streamed."""
    selector = fault.edit
    assert selector
    whole = selector.event == "body" and not exchange.is_stream
    found = range(len(exchange.body)) if whole else _found(exchange, selector)
    edited = {
        position: data for position in found if (data := _edited(exchange.body[position].data, fault)) is not None
    }
    body = (piece._replace(data=edited.get(position, piece.data)) for position, piece in enumerate(exchange.body))
    return exchange._replace(body=tuple(body)) if edited else None


def _found(exchange: Exchange, selector: Selector | None) -> list[int]:
    return select(exchange, selector) if selector else []


def _edited(event: bytes, fault: Fault) -> bytes | None:
    """Return an event, or a body, with its JSON changed; None where it has none: a page, or what a fault has cut."""
    before, marker, text = event.rpartition(b"\ndata: ")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    for path, value in (fault.set or {}).items():
        data = _with(data, path.split("."), value)
    for path in fault.delete or ():
        data = _without(data, path.split("."))
    return before + marker + orjson.dumps(data) + (b"\n\n" if marker else b"")


def _with(data: Any, path: list[str], value: Any) -> Any:
    """Return `data` with `value` at `path`; what is not there on the way is made, but for items of lists."""
    if not path:
        return value
    key, *rest = path
    if isinstance(data, list):
        return [_with(item, rest, value) if key == str(index) else item for index, item in enumerate(data)]
    there = data if isinstance(data, dict) else {}
    return {**there, key: _with(there.get(key), rest, value)}


def _without(data: Any, path: list[str]) -> Any:
    """Return `data` without what is at `path`."""
    key, *rest = path
    if isinstance(data, list):
        kept = (item for index, item in enumerate(data) if rest or key != str(index))
        return [_without(item, rest) if rest and key == str(index) else item for index, item in enumerate(kept)]
    if not isinstance(data, dict) or key not in data:
        return data
    if rest:
        return {**data, key: _without(data[key], rest)}
    return {name: value for name, value in data.items() if name != key}


def insert(exchange: Exchange, fault: Fault) -> Exchange | None:
    """Send a stranger between the events; without a moment at the end."""
    assert fault.insert
    point = locate(exchange, fault.moment or Moment("end")) if exchange.is_stream else None
    if point is None or point.offset is None:
        return None
    before = whole_events(exchange, point.offset)
    after = exchange.body[len(before) :]
    return exchange._replace(body=(*before, Send(point.at, fault.insert.content()), *after))


def restart(exchange: Exchange, fault: Fault, draws: Draws) -> Exchange | None:
    """Begin the message anew, with another id, in the same stream."""
    point = locate(exchange, fault.moment or Moment("end")) if exchange.is_stream else None
    if point is None or point.offset is None:
        return None
    before = whole_events(exchange, point.offset)
    other = b'"id":"%b"' % draws.identifier("msg", "restart").encode()
    check_size(len(before) + len(exchange.body), 2 * len(exchange.data))
    again = [Send(at + point.at, _ID.sub(other, data)) for at, data in exchange.body]
    return exchange._replace(body=(*before, *again), end_at=exchange.end_at + point.at)
