"""Entries of a journal for tests, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockclaude.engine.decision import Decision
from mockclaude.journal.entry import JournalEntry
from mockclaude.reply.response import End, build_silent
from mockclaude.wire.script import Script, Send
from tests.serving import http_request

_ANSWER = ("reason", "streamed", "notes", "rule", "draws", "unmatched", "closest", "whole")


def journal_entry(
    number: int = 1,
    at: float = 0,
    method: str = "POST",
    path: str = "/v1/messages",
    headers: Mapping[str, str] | None = None,
    *,
    endpoint: str = "/v1/messages",
    body: bytes = b"",
    time: int = 0,
    status: int = 0,
    response: bytes = b"",
    end: End = End.KEEP,
    **fields: Any,
) -> JournalEntry:
    """Return the entry of an ended request to the API, with `fields` of the decision or of the entry."""
    entry = JournalEntry(number, at, method, path, headers or {})
    decision = Decision(build_silent(end, 0), **{key: fields.pop(key) for key in _ANSWER if key in fields})
    entry.record_decision(decision, Script(status, [Send(0, response)], end))
    http = http_request(method, endpoint, {}, entry.raw_headers, body, int(at))
    entry.record_request(http._replace(since_start_us=time), "")
    entry.ending = ""
    for name, value in fields.items():
        setattr(entry, name, value)
    return entry
