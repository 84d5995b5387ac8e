"""Journal entries as JSON data, without credentials: for the admin API, the journal file and `recheck`."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

from mockclaude.api.redaction import is_credential_header, redact, redact_body
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.entry_types import EntryDict
from mockclaude.reply.draws import Draws
from mockclaude.scenario.match import MatchResult
from mockclaude.wire.script import Script


def entry_to_json(entry: JournalEntry) -> EntryDict:
    """Convert an entry to JSON data.

    `request.whole` is false if the body was truncated or is not UTF-8, `request.redacted` is true if credentials in the
    request were redacted.
    """
    data: dict[str, Any] = _clean(_data(entry))
    data["request"] |= _body(entry)
    return cast("EntryDict", data)


def _data(entry: JournalEntry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "scenario": entry.scenario,
        "lane": entry.lane,
        "request": {
            "method": entry.method,
            "path": entry.path,
            "endpoint": entry.endpoint,
            **({} if entry.adapter == "anthropic" else {"adapter": entry.adapter}),
            "http": "1.1" if entry.chunked else "1.0",
            "reused_connection": entry.reused,
            "since_start_us": entry.time,
            "page": entry.page or None,
            "guest": entry.guest,
            "headers": _merge_headers(entry.headers),
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


def log_fields(data: Mapping[str, Any]) -> JournalEntry:
    """Convert `data` to an entry with the fields of a log line.

    Raises:
        KeyError: `data` is not an entry.
        TypeError: `data` is not an entry.
    """
    request, decision, response = data["request"], data["decision"], data["response"]
    entry = JournalEntry(data["number"], data["at"], request["method"], request["path"], {})
    entry.script, entry.streamed = Script(response["status"], ()), response["streamed"]
    entry.raw_reason, entry.raw_notes = decision["reason"], tuple(decision["notes"])
    entry.ending, entry.seconds = data["ending"], data["seconds"]
    return entry


def _decision(entry: JournalEntry) -> dict[str, Any]:
    draws, rule = entry.draws, entry.rule
    return {
        "rule": rule and {"id": rule.id, "name": rule.name, "place": str(rule.place)},
        "reason": entry.reason,
        "notes": list(entry.notes),
        "drawn": draws and _draws_to_json(draws),
        "closest": entry.closest and match_result_to_json(entry.closest),
    }


def _draws_to_json(draws: Draws) -> dict[str, Any]:
    drawn = {**draws._asdict(), "occurrence": draws.occurrence + 1}
    if not draws.question:
        del drawn["question"]
    return drawn


def match_result_to_json(result: MatchResult) -> dict[str, Any]:
    """Convert the results of a rule's conditions to JSON data."""
    return {"rule": result.rule.label, "checks": [check._asdict() for check in result.checks]}


def _body(entry: JournalEntry) -> dict[str, Any]:
    kept = redact_body(entry.body)
    text = kept.decode("utf-8", "backslashreplace")
    whole = len(entry.body) == entry.body_size and text.encode() == kept
    redacted = kept != entry.body or _is_redacted(entry)
    return {"body": text, "body_size": entry.body_size, "whole": whole, "redacted": redacted}


def _is_redacted(entry: JournalEntry) -> bool:
    """Return whether the path or a header contains a credential; headers that are a credential do not count."""
    others = [value for name, value in entry.raw_headers.items() if not is_credential_header(name)]
    return any(redact(text) != text for text in (entry.path, *others))


def _merge_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Merge headers by lower-case name. Commas join the values of repeated headers, as RFC 9110 allows."""
    joined: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    return joined


def _clean(data: Any) -> Any:
    """Redact all texts, and escape surrogates, which JSON does not allow."""
    if isinstance(data, str):
        return redact(data.encode("utf-8", "backslashreplace").decode())
    if isinstance(data, dict):
        return {_clean(key): _clean(value) for key, value in data.items()}
    return [_clean(item) for item in data] if isinstance(data, list) else data


def _digest(entry: JournalEntry) -> str | None:
    """Hash the response; return None if the entry does not keep it."""
    return None if entry.response is None else blake2b(entry.response, digest_size=16).hexdigest()
