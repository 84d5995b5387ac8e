"""The requests of a failed test and their responses, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mockclaude.api.redaction import redact
from mockclaude.api.request import MessagesRequest
from mockclaude.journal.console import log_line
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import entry_matches
from mockclaude.journal.verification import verify
from mockclaude.scenario.rules import Rule
from mockclaude.testing.response_text import describe_response

_SHOWN = 200
"""Characters of a user's text or a tool result."""

_NEWEST = 50
"""Requests in a report, besides unmatched ones."""


def format_report(entries: Sequence[JournalEntry], unused: Iterable[Rule] = ()) -> str:
    """Format the requests of a test, their responses and the unused rules.

    Older requests are omitted, except for unmatched ones. An unmatched request is followed by the conditions of its
    near miss, a rule in `unused` by the reason why it was not selected.
    """
    reported = [entry for index, entry in enumerate(entries) if entry.unmatched or index >= len(entries) - _NEWEST]
    omitted = len(entries) - len(reported)
    head = [f"{omitted} earlier requests omitted"] if omitted else []
    near_misses = [entry.closest.rule for entry in reported if entry.closest]
    candidates = [entry for entry in entries if entry.is_messages_request and (entry.rule or entry.unmatched)]
    requests = [line for entry in reported for line in _format_entry(entry)]
    rules = [line for rule in unused if rule not in near_misses for line in _format_unused(rule, candidates)]
    return "\n".join([*head, *requests, *rules])


def _format_entry(entry: JournalEntry) -> Iterator[str]:
    yield f"{entry.number}. {log_line(entry, colour=False)}"
    if entry.request is not None:
        yield from _format_request(entry.request)
    yield from (f"   {line}" for line in _format_response(entry))
    if entry.closest is not None:
        yield f"   near miss: {entry.closest.rule.label}"
        yield from (f"     {'ok  ' if check.held else 'FAIL'} {check}" for check in entry.closest.checks)


def _format_request(request: MessagesRequest) -> Iterator[str]:
    results = request.results
    if request.user or not results:
        yield f"   user: {redact(request.user)[:_SHOWN]!r}"
    yield from (f"   result of {result.name}: {redact(result.content)[:_SHOWN]!r}" for result in results)


def _format_response(entry: JournalEntry) -> Iterator[str]:
    """Yield the lines of a response, without an error that the log line already has."""
    for line in map(redact, describe_response(entry.response or b"")):
        if not line.startswith("error: "):
            yield f"reply: {line}"
        elif line.split(": ", 2)[-1] not in entry.reason:
            yield line


def _format_unused(rule: Rule, entries: Sequence[JournalEntry]) -> Iterator[str]:
    """Yield why a rule was not selected for any of `entries`. A Python function is not called again."""
    yield f"never selected: {rule.label}"
    if any(condition.key == "function" for condition in rule.conditions):
        return
    matches = ((entry, entry.rule) for entry in entries if entry.rule and entry_matches(rule.conditions, entry))
    shadowing = next(matches, None)
    if shadowing:
        yield f"   shadowed by {shadowing[1].label} in request {shadowing[0].number}"
    elif entries:
        yield from (f"   {line}" for line in verify(entries, rule.conditions).message.splitlines())
