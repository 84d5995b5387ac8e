"""The Messages request of a journal entry, for the assertions of a test."""

from __future__ import annotations

from mockclaude.api.redaction import redact
from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.diagnostics import shorten

Asked = MessagesRequest
"""The earlier name of `MessagesRequest`."""


def read_request(entry: JournalEntry) -> MessagesRequest:
    """Return the Messages request of `entry`, its headers without credentials.

    Raises:
        ValueError: The journal kept too little of the body, or the body is not that of a Messages request.
    """
    request = entry.request
    if request is None and len(entry.body) < entry.body_size:
        raise ValueError(
            f"request {entry.number} had {entry.body_size} bytes, of which {len(entry.body)} were kept; expected all; "
            "give MockClaude a larger `max_body`"
        )
    if request is None:
        body = shorten(redact(entry.body.decode(errors="replace")))
        raise ValueError(
            f"request {entry.number}: invalid body, got '{body}'; expected a Messages request; read it in `journal`"
        )
    return MessagesRequest(request.body, entry.headers, entry=entry)
