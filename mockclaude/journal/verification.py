"""Whether something was asked, and if not, what was asked instead.

In: entries of the journal, conditions, and how many questions should hold. Out: whether so many do, and a text that
says what a test needs to know. Knows nothing of who wants to know: the admin plane and tests ask the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from mockclaude.api.request import MessagesRequest
from mockclaude.journal.entry import UNREADABLE, JournalEntry
from mockclaude.scenario.conditions.conditions import Check, Condition
from mockclaude.scenario.conditions.hints import hinted
from mockclaude.scenario.match import distance

_NAMED = 5
"""How many questions are named that held although fewer should have."""


class Times(NamedTuple):
    """How many questions should hold: at least one, if nothing is said."""

    at_least: int = 1
    at_most: int | None = None

    def __contains__(self, count: object) -> bool:
        return isinstance(count, int) and self.at_least <= count and (self.at_most is None or count <= self.at_most)

    def __str__(self) -> str:
        if self.at_most is None:
            return f"at least {_questions(self.at_least)}"
        if self.at_least == self.at_most:
            return f"exactly {_questions(self.at_most)}" if self.at_most else "no question"
        return (
            f"{self.at_least} to {_questions(self.at_most)}" if self.at_least else f"at most {_questions(self.at_most)}"
        )


AT_LEAST_ONE = Times()


class Verified(NamedTuple):
    """Whether as many questions held as should have, and what to say of it, in one or more lines."""

    ok: bool
    message: str


class _Held(NamedTuple):
    """A question, and each condition held against it."""

    entry: JournalEntry
    checks: tuple[Check, ...]

    @property
    def all(self) -> bool:
        return all(check.held for check in self.checks)


def verify(
    entries: Sequence[JournalEntry],
    conditions: Iterable[Condition],
    times: int | Times = AT_LEAST_ONE,
    forgotten: int = 0,
) -> Verified:
    """Return whether `times` of the questions among `entries` are such that all `conditions` hold.

    The message says how many are, and if that is wrong, which ones, or each condition of the closest of the others.
    `forgotten` is how many older entries the journal no longer has.
    """
    wanted, bounds = tuple(conditions), Times(times, times) if isinstance(times, int) else times
    questions = [entry for entry in entries if entry.is_question]
    read = [_Held(entry, checks) for entry in questions if (checks := _checks(wanted, entry)) is not None]
    held = [each for each in read if each.all]
    head = f"wanted {bounds}{_with(wanted)}, got {_count(len(held), len(questions))}"
    if len(held) in bounds:
        return Verified(True, head)
    found = _those(held) if len(held) > bounds.at_least else _closest([each for each in read if not each.all], wanted)
    return Verified(False, "\n".join([head, *found, *_unseen(len(questions) - len(read), forgotten)]))


def _checks(
    conditions: Iterable[Condition],
    entry: JournalEntry,
    check: Callable[[Condition, MessagesRequest], Check] = Condition.check,
) -> tuple[Check, ...] | None:
    """Return the outcome of each condition for what `entry` asked; None for one that cannot be read."""
    request = entry.request
    try:
        return None if request is None else tuple(check(condition, request) for condition in conditions)
    except UNREADABLE:
        return None


def _with(conditions: Sequence[Condition]) -> str:
    said = "; ".join(f"{condition.key}: {condition.wanted}" for condition in conditions)
    return f" with {said}" if said else ""


def _count(held: int, asked: int) -> str:
    if not asked:
        return "none: nothing was asked"
    return (
        f"{held or 'none'} of the {asked} that were asked"
        if asked > 1
        else f"{held or 'none'} of the one that was asked"
    )


def _those(held: Sequence[_Held]) -> Iterator[str]:
    """Yield a line for each question that held, the last ones if they are many."""
    yield from (f"  {_named(each.entry)}" for each in held[-_NAMED:])


def _closest(others: Sequence[_Held], wanted: Sequence[Condition]) -> Iterator[str]:
    """Yield what was wanted and what came, for the question that comes nearest; of equal ones the last."""
    if others:
        nearest = min(reversed(others), key=lambda each: distance(each.checks))
        hints = _checks(wanted, nearest.entry, hinted)
        yield f"the closest of the others is {_named(nearest.entry)}:"
        yield from (f"  {'held  ' if check.held else 'failed'} {check}" for check in hints or nearest.checks)


def _named(entry: JournalEntry) -> str:
    by = f"answered by {entry.rule.label}" if entry.rule else f"answered with a {entry.status}"
    return f"request {entry.number}, {by}"


def _unseen(unreadable: int, forgotten: int) -> Iterator[str]:
    if unreadable:
        yield f"{_questions(unreadable)} could not be read: no message, or one that was too long to keep"
    if forgotten:
        yield f"the journal has forgotten {forgotten} older request{'s' if forgotten != 1 else ''}"


def _questions(count: int) -> str:
    return f"{count} question{'s' if count != 1 else ''}"
