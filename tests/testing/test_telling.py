"""What a failing test is told of its requests."""

from __future__ import annotations

from mockclaude.server.journal import Entry
from mockclaude.testing.telling import told


def test_a_request_that_cannot_be_read_is_told_without_what_it_said() -> None:
    entry = Entry(1, 0, "POST", "/v1/messages", {}, body=b"{", body_size=1, status=400, reason="broken", ending="")

    assert told([entry]) == "1. 400        POST /v1/messages  broken  0.0 ms"
