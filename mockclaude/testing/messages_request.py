"""The Messages request of a journal entry, for the assertions of a test."""

from __future__ import annotations

from mockclaude.api.request import MessagesRequest
from mockclaude.journal.journal import Entry

Asked = MessagesRequest
"""The earlier name of `MessagesRequest`."""


def read_request(entry: Entry) -> MessagesRequest:
    """Return the Messages request of `entry`, its headers without credentials.

    Raises:
        ValueError: The journal kept too little of the body.
    """
    request = entry.request
    if request is None:
        raise ValueError(
            f"request {entry.number} had {entry.body_size} bytes, of which {len(entry.body)} were kept; expected all; "
            "give MockClaude a larger `max_body`"
        )
    return MessagesRequest(request.body, entry.headers, entry=entry)
