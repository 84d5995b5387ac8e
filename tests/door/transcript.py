"""The lines of a transcript: what a client got, and what the journal says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from mockclaude import __version__
from tests.door.server import Exchange, digest

LONGEST = 600
"""How many characters of a body are shown; its digest tells the rest."""

_EVENT = re.compile(rb"(?m)^event: (.*)$")
_STATUS = re.compile(rb"HTTP/1\.[01] [0-9]{3}[^\r]*")
_TEXT = re.compile(rb'"(?:text|thinking|partial_json)":"((?:[^"\\]|\\.)*)"')
_CHANGING = ("request-id: ", "date: ")
"""Headers that every response has with a value of its own: only the digest tells them."""
_USUAL_FIELDS = ("model", "id", "type", "role")
_LIMITS = "anthropic-ratelimit-"


def lines(exchange: Exchange, usual: Sequence[str]) -> Iterator[str]:
    """Yield the lines of a response; of its head those that are not in a `usual` one, streamed or not."""
    if not exchange.entries:  # pages and the admin API, which tell the version
        hidden = "V" * len(__version__)
        exchange = exchange._replace(raw=exchange.raw.replace(f'"{__version__}"'.encode(), f'"{hidden}"'.encode()))
    head, separator, rest = exchange.raw.partition(b"\r\n\r\n")
    yield f"  {_summary(exchange)}"
    if head:
        yield f"  head {digest(head + separator)}{_difference(head_lines(exchange)[1:], usual)}"
    if rest:
        yield f"  body {digest(rest)} {_statuses(exchange) or _shown(exchange.body)}"
    yield from (f"  {line}" for entry in exchange.entries for line in _decision(entry))


def head_lines(exchange: Exchange) -> list[str]:
    return exchange.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")


def _summary(exchange: Exchange) -> str:
    writes = exchange.planned
    times = " ".join(f"{at}:{size}" for at, size in writes[:4]) + (" ..." if len(writes) > 4 else "")
    planned = f"{len(writes)} planned {times}".rstrip() if exchange.entries else "not in the journal"
    status = ascii(head_lines(exchange)[0][:40])[1:-1] or "nothing"
    return f"{status}, {len(exchange.raw)} bytes, {exchange.end}; {planned}{_ending(exchange)}"


def _ending(exchange: Exchange) -> str:
    words = [word for entry in exchange.entries for word in (entry["response"]["end"], entry["ending"]) if word]
    return "".join(f", {word}" for word in words)


def _difference(head: Sequence[str], usual: Sequence[str]) -> str:
    more = [line for line in head if line not in usual and not line.startswith(_CHANGING)]
    names = {line.partition(":")[0] for line in head}
    less = sorted({line.partition(":")[0] for line in usual} - names - {"cache-control"})
    less = [f"-{name}" for name in less if not name.startswith(_LIMITS)] + _count_limits(less)
    shown = [f"+{ascii(line)[1:-1][:100]}" for line in more[:12]] + ([f"and {len(more) - 12}"] if more[12:] else [])
    return "".join(f"; {line}" for line in [*shown, *less])


def _count_limits(names: Sequence[str]) -> list[str]:
    count = sum(name.startswith(_LIMITS) for name in names)
    return [f"-{count} limits"] if count else []


def _shown(body: bytes) -> str:
    if names := _EVENT.findall(body):
        events = " ".join(_counted(name, len([*group])) for name, group in groupby(names))
        texts = b"".join(_TEXT.findall(body))
        return f"{len(names)} events {events} {_cut(ascii(texts)[2:-1])}"
    if body.startswith(b'{"model"'):
        return _message(body)
    return _cut(ascii(body.decode("utf-8", "backslashreplace"))[1:-1])


def _statuses(exchange: Exchange) -> str:
    """Return the first lines of several responses on one connection, and their texts."""
    first = [line.decode() for line in _STATUS.findall(exchange.raw)]
    return f"{first} {_cut(ascii([*_TEXT.findall(exchange.raw)]))}" if len(first) > 1 else ""


def _message(body: bytes) -> str:
    """Return what a message says, as far as it came."""
    try:
        message = json.loads(body)
    except ValueError:
        return _cut(ascii(body)[2:-1])
    usage = {name: value for name, value in message.get("usage", {}).items() if isinstance(value, int) and value}
    for block in message.get("content") or []:
        block.pop("signature", None)
    said = {field: value for field, value in message.items() if field not in _USUAL_FIELDS and value is not None}
    return _cut(json.dumps(said | {"usage": usage}))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _counted(name: bytes, count: int) -> str:
    text = name.decode("latin-1")
    return f"{text}*{count}" if count > 1 else text


def _decision(entry: dict[str, Any]) -> Iterator[str]:
    decision = entry["decision"]
    drawn = decision["drawn"]
    yield f"reason {decision['reason']}" + (f", occurrence {drawn['occurrence']}" if drawn else "")
    yield from (f"note {digest(note.encode()) if 'fingerprint' in note else note}" for note in decision["notes"])
