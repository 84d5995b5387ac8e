"""What a failing test was asked and answered, in words.

In: entries of the journal, and rules that answered nothing. Out: text. Knows nothing of pytest.
"""

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
"""Characters of what the user or a tool said."""

_NEWEST = 50
"""Requests that are told, besides those that no rule answered."""


def told(entries: Sequence[JournalEntry], unused: Iterable[Rule] = ()) -> str:
    """Return a paragraph for each request: what answered it and where that is written, or each condition of the rule
    that came nearest; and one for each rule in `unused`: why it answered none of them.
    """
    shown = [entry for place, entry in enumerate(entries) if entry.unmatched or place >= len(entries) - _NEWEST]
    left_out = len(entries) - len(shown)
    head = [f"{left_out} earlier requests were answered, and are left out"] if left_out else []
    told_of = [entry.closest.rule for entry in shown if entry.closest]
    judged = [entry for entry in entries if entry.is_messages_request and (entry.rule or entry.unmatched)]
    answered = [line for entry in shown for line in _lines(entry)]
    others = [line for rule in unused if rule not in told_of for line in _unused(rule, judged)]
    return "\n".join([*head, *answered, *others])


def _lines(entry: JournalEntry) -> Iterator[str]:
    yield f"{entry.number}. {log_line(entry, colour=False)}"
    if entry.request is not None:
        yield from _said(entry.request)
    yield from (f"   {line}" for line in _answered(entry))
    if entry.closest is not None:
        yield f"   the closest rule is {entry.closest.rule.label}"
        yield from (f"     {'ok ' if check.held else 'no '} {check}" for check in entry.closest.checks)


def _said(request: MessagesRequest) -> Iterator[str]:
    """Yield what came since the last assistant message."""
    results = request.results
    if request.user or not results:
        yield f"   user: {redact(request.user)[:_SHOWN]!r}"
    yield from (f"   result of {result.name}: {redact(result.content)[:_SHOWN]!r}" for result in results)


def _answered(entry: JournalEntry) -> Iterator[str]:
    """Yield what the response said, but for an error that the log line has already."""
    for line in map(redact, describe_response(entry.response or b"")):
        if not line.startswith("error: "):
            yield f"reply: {line}"
        elif line.split(": ", 2)[-1] not in entry.reason:
            yield line


def _unused(rule: Rule, entries: Sequence[JournalEntry]) -> Iterator[str]:
    """Yield why a rule answered none of `entries`; a function of a test is not asked again."""
    yield f"never used: {rule.label}"
    if any(condition.key == "function" for condition in rule.conditions):
        return
    selected = ((entry, entry.rule) for entry in entries if entry.rule and entry_matches(rule.conditions, entry))
    above = next(selected, None)
    if above:
        yield f"   shadowed by {above[1].label} in request {above[0].number}"
    elif entries:
        yield from (f"   {line}" for line in verify(entries, rule.conditions).message.splitlines())
