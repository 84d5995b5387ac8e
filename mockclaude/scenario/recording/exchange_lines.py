"""Exchanges as lines of JSON: the file `FILE.part` of a recording that has not ended.

The exchanges are redacted before they are written. A body in UTF-8 is a string, other bytes are `{"base64": ...}`.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import orjson

from mockclaude.scenario.diagnostics import Diagnostic, Place, shorten
from mockclaude.scenario.recording.exchange import Arrival, Exchange, Reception

_Value = TypeVar("_Value")


class ExchangeLines(NamedTuple):
    """The exchanges in a file.

    Attributes:
        exchanges: Those of the whole lines, in their order.
        diagnostics: One for each broken line.
    """

    exchanges: list[Exchange]
    diagnostics: list[Diagnostic]


def to_line(exchange: Exchange) -> bytes:
    """Encode an exchange as one line of JSON, with its line feed."""
    reception = exchange.reception._asdict() | {"body": _encode_body(exchange.reception.body)}
    line = {name: value for name, value in vars(exchange).items() if name in _FIELDS}
    line |= {"headers": dict(exchange.headers), "body": _encode_body(exchange.body), "reception": reception}
    try:
        return orjson.dumps(line, default=tuple) + b"\n"  # orjson writes no named tuples by itself
    except TypeError:  # a header has bytes that are not UTF-8
        return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def read_lines(data: bytes, file: str) -> ExchangeLines:
    """Read the exchanges in a file. Broken lines are reported and skipped.

    Args:
        data: The bytes of the file. If a crash has cut the last line, that is broken.
        file: The name of the file, for the diagnostics.
    """
    lines = ExchangeLines([], [])
    for number, line in enumerate(data.split(b"\n"), 1):
        if not line:
            continue
        try:
            lines.exchanges.append(_read_exchange(_load(line)))
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            problem = f"broken line ({_describe(error)}); expected an exchange as a line of JSON"
            lines.diagnostics.append(Diagnostic(Place(file, number, 1), problem))
    return lines


def _encode_body(body: bytes) -> Any:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _load(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)


def _describe(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError):
        return "invalid JSON"
    return f"missing '{error.args[0]}'" if isinstance(error, KeyError) else str(error)


def _read_exchange(line: Any) -> Exchange:
    fields = _check(line, dict, "the line")
    headers = _get(fields, "headers", dict)
    if not all(isinstance(value, str) for value in headers.values()):
        raise TypeError("'headers' has a value that is not a string")
    events_sent = fields["events_sent"]
    return Exchange(
        **{name: _get(fields, name, kind) for name, kind in _SIMPLE.items()},
        headers=headers,
        body=_read_body(fields),
        reception=_read_reception(_get(fields, "reception", dict)),
        events_sent=None if events_sent is None else _get(fields, "events_sent", int),
    )


def _read_reception(fields: Mapping[str, Any]) -> Reception:
    ending = _get(fields, "ending", str)
    if ending not in ("", "close"):
        raise ValueError(f"invalid 'ending', got '{shorten(ending)}'")
    return Reception(
        _get(fields, "status", int),
        tuple(_read_pairs(fields, "headers", str)),
        _read_body(fields),
        _get(fields, "head_us", int),
        tuple(Arrival(*pair) for pair in _read_pairs(fields, "arrivals", int)),
        "close" if ending else "",
        _get(fields, "is_delayed", bool),
    )


def _read_pairs(fields: Mapping[str, Any], name: str, kind: type[_Value]) -> Iterator[tuple[_Value, _Value]]:
    for pair in _get(fields, name, list):
        if len(_check(pair, list, f"an item of '{name}'")) != 2:
            raise ValueError(f"an item of '{name}' has {len(pair)} values")
        yield _check(pair[0], kind, f"a value of '{name}'"), _check(pair[1], kind, f"a value of '{name}'")


def _read_body(fields: Mapping[str, Any]) -> bytes:
    body = fields["body"]
    if isinstance(body, dict):
        return b64decode(_get(body, "base64", str), validate=True)
    return _get(fields, "body", str).encode()


def _get(fields: Mapping[str, Any], name: str, kind: type[_Value]) -> _Value:
    return _check(fields[name], kind, f"'{name}'")


def _check(value: Any, kind: type[_Value], name: str) -> _Value:
    if type(value) is not kind:
        raise TypeError(f"{name} has an invalid type")
    return value


_SIMPLE: Mapping[str, type[Any]] = {
    "number": int,
    "method": str,
    "path": str,
    "host": str,
    "on": str,
    "lane": str,
    "refusal": str,
}
_FIELDS = (*_SIMPLE, "events_sent")
