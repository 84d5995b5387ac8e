"""The journal as JSON data, for programs in other languages and for files.

In: entries of the journal. Out: JSON data, and back again what the log says of an entry. Knows nothing of how entries
are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

from mockclaude.scenario.matching import Explanation
from mockclaude.server.journal import Entry


def as_data(entry: Entry) -> dict[str, Any]:
    """Return `entry` as JSON data: what was asked, what was decided and why, what was planned, how it went."""
    return {key: _encodable(value) for key, value in _data(entry).items()}


def _data(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "scenario": entry.scenario,
        "lane": entry.lane,
        "request": {
            "method": entry.method,
            "path": entry.path,
            "endpoint": entry.endpoint,
            "http": "1.1" if entry.chunked else "1.0",
            "reused_connection": entry.reused,
            "since_start_us": entry.time,
            "headers": _joined(entry.headers),
            "body": _text(entry.body),
            "body_size": entry.body_size,
        },
        "decision": _decision(entry),
        "response": {
            "status": entry.status,
            "streamed": entry.streamed,
            "planned": [{"at_us": at, "bytes": size} for at, size in entry.planned],
            "sent_us": list(entry.sent),
            "end": entry.end.name.lower(),
            "digest": _digest(entry),
        },
        "ending": entry.ending,
        "seconds": entry.seconds,
    }


def logged(data: Mapping[str, Any]) -> Entry:
    """Return of an entry as JSON data what the log says of it. Raises `KeyError` or `TypeError` for other data."""
    request, decision, response = data["request"], data["decision"], data["response"]
    entry = Entry(data["number"], data["at"], request["method"], request["path"], {})
    entry.status, entry.streamed = response["status"], response["streamed"]
    entry.reason, entry.notes = decision["reason"], tuple(decision["notes"])
    entry.ending, entry.seconds = data["ending"], data["seconds"]
    return entry


def _decision(entry: Entry) -> dict[str, Any]:
    draws, rule = entry.draws, entry.rule
    return {
        "rule": rule and {"id": rule.id, "name": rule.name, "place": str(rule.place)},
        "reason": entry.reason,
        "notes": list(entry.notes),
        "drawn": draws and {**draws._asdict(), "occurrence": draws.occurrence + 1},
        "closest": entry.closest and explained(entry.closest),
    }


def explained(explanation: Explanation) -> dict[str, Any]:
    """Return as JSON data how a rule was held against a request."""
    return {"rule": explanation.rule.label, "checks": [asdict(check) for check in explanation.checks]}


def _joined(headers: Mapping[str, str]) -> dict[str, str]:
    """Return `headers` in lower case, with the values of repeated ones joined by commas, as RFC 9110 allows."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")


def _encodable(data: Any) -> Any:
    """Return `data` without what no JSON can hold: bytes that are no UTF-8, and names of a kind of their own."""
    if isinstance(data, str):
        return data.encode("utf-8", "backslashreplace").decode()
    if isinstance(data, dict):
        return {_encodable(key): _encodable(value) for key, value in data.items()}
    return [_encodable(item) for item in data] if isinstance(data, list) else data


def _digest(entry: Entry) -> str | None:
    """Return the hash of the response's bytes; None where they were too many to be kept."""
    return None if entry.response is None else blake2b(entry.response, digest_size=16).hexdigest()
