"""The Messages request of a journal entry, for the assertions of a test."""

from __future__ import annotations

from mockclaude.api.redaction import redact, redact_headers
from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.diagnostics import shorten

Asked = MessagesRequest
"""Alias of `MessagesRequest`."""


def read_request(entry: JournalEntry) -> MessagesRequest:
    """Return the Messages request of `entry`, with credentials in headers redacted.

    Raises:
        ValueError: The journal truncated the body, or the body is not that of a Messages request.
    """
    request = entry.request
    if request is None and len(entry.body) < entry.body_size:
        raise ValueError(
            f"request {entry.number}: truncated body, got {len(entry.body)} of {entry.body_size} bytes; expected all; "
            "pass a larger `max_body` to MockClaude"
        )
    if request is None:
        body = shorten(redact(entry.body.decode(errors="replace")))
        raise ValueError(
            f"request {entry.number}: invalid body, got '{body}'; expected a Messages request; read it in `journal`"
        )
    redacted = MessagesRequest(
        request.body, redact_headers(request.headers), endpoint=request.endpoint, adapter=request.adapter, entry=entry
    )
    redacted.custom_id = request.custom_id
    return redacted
