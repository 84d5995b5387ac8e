"""The journal as JSON data, for programs in other languages and for files.

In: entries of the journal. Out: JSON data. Knows nothing of how entries are kept.
"""

from __future__ import annotations

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
            "headers": {name.lower(): value for name, value in entry.headers.items()},
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
