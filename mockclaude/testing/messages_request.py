"""The Messages request of a journal entry, for the assertions of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockclaude.api.redaction import redact, redact_headers
from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.journal.verification import CountRange, verify
from mockclaude.scenario.diagnostics import shorten
from mockclaude.scenario.loading import inline

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


def verify_requests(journal: Journal, conditions: Mapping[str, Any], times: int | CountRange, where: str) -> None:
    """Verify the number of requests with these conditions.

    Args:
        journal: The journal.
        conditions: The keys of `when` in a scenario file.
        times: The expected number.
        where: The call site, for messages.

    Raises:
        AssertionError: Another number was received. The message names the near miss.
        ScenarioError: A condition is invalid.
    """
    rule = inline.compile_rules({"when": dict(conditions), "reply": {"generate": "auto"}}, where).scenario.rules[0]
    result = verify(journal.entries(), rule.conditions, times, journal.count_dropped())
    if not result.ok:
        raise AssertionError(result.message)
