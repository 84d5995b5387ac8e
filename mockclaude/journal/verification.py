"""Verification of the journal: the number of requests that match conditions, and the near miss if it is too low.

The admin API and the fixture use the same verification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import UNREADABLE, JournalEntry
from mockclaude.scenario.conditions.conditions import Condition, ConditionResult
from mockclaude.scenario.conditions.hints import check_with_hint
from mockclaude.scenario.match import distance

_NAMED = 5
"""The maximum number of matching requests in a message."""


class CountRange(NamedTuple):
    """The expected number of requests. Default: at least one."""

    at_least: int = 1
    at_most: int | None = None

    def __contains__(self, count: object) -> bool:
        return isinstance(count, int) and self.at_least <= count and (self.at_most is None or count <= self.at_most)

    def __str__(self) -> str:
        if self.at_most is None:
            return f"at least {_count_requests(self.at_least)}"
        if self.at_least == self.at_most:
            return _count_requests(self.at_most)
        if self.at_least == 0:
            return f"at most {_count_requests(self.at_most)}"
        return f"{self.at_least} to {_count_requests(self.at_most)}"


Times = CountRange
"""The former name."""

AT_LEAST_ONE = CountRange()


class VerificationResult(NamedTuple):
    """Whether the number of matching requests is in the range, with a message."""

    ok: bool
    message: str


class CheckedRequest(NamedTuple):
    """A request and the result of each condition."""

    entry: JournalEntry
    checks: tuple[ConditionResult, ...]

    @property
    def matches(self) -> bool:
        """Whether all conditions match."""
        return all(check.held for check in self.checks)


def verify(
    entries: Sequence[JournalEntry],
    conditions: Iterable[Condition],
    times: int | CountRange = AT_LEAST_ONE,
    dropped: int = 0,
) -> VerificationResult:
    """Verify that `times` requests among `entries` match all `conditions`.

    The message of a failure has the matching requests if they are too many, or else each condition of the near miss.

    Only Messages requests count, unless a condition names an endpoint.

    Args:
        entries: Entries of the journal, oldest first.
        conditions: The conditions of the verification.
        times: The number of requests, or its range.
        dropped: The number of older entries that the journal has dropped.
    """
    expected, bounds = tuple(conditions), CountRange(times, times) if isinstance(times, int) else times
    requests = [entry for entry in entries if entry.can_match(expected)]
    checked = [CheckedRequest(entry, checks) for entry in requests if (checks := _checks(expected, entry)) is not None]
    matching = [request for request in checked if request.matches]
    head = f"expected {bounds}{_describe_conditions(expected)}, got {len(matching)} (of {len(requests)} received)"
    if len(matching) in bounds:
        return VerificationResult(True, head)
    others = [request for request in checked if not request.matches]
    details = _last_matches(matching) if len(matching) > bounds.at_least else _near_miss(others, expected)
    omissions = _omission_lines(len(requests) - len(checked), dropped)
    return VerificationResult(False, "\n".join([head, *details, *omissions]))


def _checks(
    conditions: Iterable[Condition],
    entry: JournalEntry,
    check: Callable[[Condition, MessagesRequest], ConditionResult] = Condition.check,
) -> tuple[ConditionResult, ...] | None:
    """Return the result of each condition; None for an unreadable request."""
    request = entry.request
    try:
        return None if request is None else tuple(check(condition, request) for condition in conditions)
    except UNREADABLE:
        return None


def _describe_conditions(conditions: Sequence[Condition]) -> str:
    described = "; ".join(f"{condition.key}: {condition.wanted}" for condition in conditions)
    return f" with {described}" if described else ""


def _last_matches(matching: Sequence[CheckedRequest]) -> Iterator[str]:
    yield from (f"  {_describe_entry(request.entry)}" for request in matching[-_NAMED:])


def _near_miss(others: Sequence[CheckedRequest], expected: Sequence[Condition]) -> Iterator[str]:
    """Yield each condition of the closest request, or of the last among equally close ones."""
    if others:
        nearest = min(reversed(others), key=lambda request: distance(request.checks))
        hints = _checks(expected, nearest.entry, check_with_hint)
        yield f"near miss: {_describe_entry(nearest.entry)}"
        yield from (f"  {'ok  ' if check.held else 'FAIL'} {check}" for check in hints or nearest.checks)


def _describe_entry(entry: JournalEntry) -> str:
    return f"request {entry.number} ({f'rule {entry.rule.label}' if entry.rule else f'status {entry.status}'})"


def _omission_lines(unreadable: int, dropped: int) -> Iterator[str]:
    if unreadable:
        count = _count_requests(unreadable)
        yield f"not compared: {count} with an invalid body, or one that was truncated in the journal"
    if dropped:
        yield f"not compared: {dropped} older request{'s' if dropped != 1 else ''}, dropped from the journal"


def _count_requests(count: int) -> str:
    return f"{count} request{'s' if count != 1 else ''}"
