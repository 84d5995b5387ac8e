"""Faults that are applied to a response while it is made, batch of events by batch of events.

Each fault is a stage that the batches pass, in the order of `KINDS`. A stage applies the fault as `breaking` does, to
the batch alone, at the position that is left after the events that have passed: so each event is handled once. A fault
that needs more than has come holds events back; one that needs the whole response, such as `after: 50%`, holds all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, TypeAlias

from mockclaude.reply.draws import Draws
from mockclaude.reply.exchange import Exchange, check_size, locate, names
from mockclaude.reply.faults.apply import BREAK, NOTHING, Context, apply
from mockclaude.reply.faults.event_edits import restart
from mockclaude.reply.plan import Envelope
from mockclaude.reply.script import End, Script, Send
from mockclaude.scenario.format.faults import KINDS, Fault
from mockclaude.scenario.format.positions import EVERY, LAST, Moment, Selector

Batch: TypeAlias = Exchange | Script
"""What of a response is new. A `Script` is always the last."""

_EACH = frozenset({"headers", "slice", "rate"})
"""Faults that are applied to each batch."""

_GROWING = frozenset({"duplicate", "restart", "slice", "rate"})
"""Faults that may make more of a response than it may have."""

_DELAYING = frozenset({"stall", "restart"})
"""Faults that delay all events after them."""

_WHOLE = frozenset({"content_length", "malformed"})
"""Faults that need the whole response."""

_AT_END = frozenset({"insert", "restart"})
"""Faults that are applied at the end unless they have a position."""

_SELECTORS = ("drop", "duplicate", "edit")
"""Keys of a fault that select events one by one."""

_NEVER = 1 << 62
"""The number of an event that no response has."""


class LiveFaults:
    """The faults that are due for one response."""

    def __init__(self, faults: Sequence[Fault], envelope: Envelope, draws: Draws) -> None:
        ordered = sorted(faults, key=lambda fault: KINDS.index(fault.kind))
        self._draws = draws
        self._stages = [
            _Stage(fault, Context(envelope, draws.scoped(f"fault/{position}")))
            for position, fault in enumerate(ordered)
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        """A note on each fault, and on the draws that decided them."""
        return (*(stage.note for stage in self._stages), str(self._draws)) if self._stages else ()

    def apply(self, batch: Exchange, *, last: bool) -> tuple[Batch, bool]:
        """Return `batch` with the faults, and whether the response ends with it."""
        passed: Batch = batch
        for stage in self._stages:
            if isinstance(passed, Script) or not (passed.body or last):
                break
            passed, last = stage.apply(passed, last=last)
        return passed, last


class _Stage:
    """One fault, and how much of the response has passed it."""

    def __init__(self, fault: Fault, context: Context) -> None:
        self._fault = fault
        self._kind = fault.kind
        self._context = context
        self._needs_all = _needs_all(fault)
        self._spent = False
        self._outcome = NOTHING
        self._events = self._bytes = 0
        self._names: Counter[str] = Counter()
        self._made_pieces = self._made_bytes = 0
        self._head_at: int | None = None
        self._now: int | None = None
        self._delay = 0
        self._held: list[Send] = []
        self._held_names: Counter[str] = Counter()
        self._past: list[Send] = []

    @property
    def note(self) -> str:
        return f"fault: {self._fault}{self._outcome}"

    def apply(self, new: Exchange, *, last: bool) -> tuple[Batch, bool]:
        late = self._continued(new)
        if self._spent:
            return self._passed(late), last
        fault = self._remaining()
        self._held += late.body
        if not last and self._must_wait(late, fault):
            return late._replace(body=()), False
        batch = late._replace(body=tuple(self._held))
        self._held.clear()
        self._held_names.clear()
        applied, outcome = apply(lambda: self._bounded(batch, fault, last=last))
        self._count(batch.body)
        if applied is None:
            self._leave_out(outcome)
            return self._passed(batch), last
        self._outcome = ""
        self._spent = not _is_repeated(fault)
        if isinstance(applied, Script):
            return applied, True
        self._delay = applied.end_at - batch.end_at if self._kind in _DELAYING else 0
        return self._passed(applied), last or applied.complete or applied.end is not End.KEEP

    def _continued(self, new: Exchange) -> Exchange:
        """Return `new` as late as the fault has made it.

        It begins where the last event was: what is not relative to an event is relative to that.
        """
        late = tuple([Send(at + self._delay, data) for at, data in new.body]) if self._delay else new.body
        begin = new.head_at if self._now is None else self._now
        return new._replace(body=late, head_at=begin, end_at=new.end_at + self._delay)

    def _leave_out(self, outcome: str) -> None:
        """Note that the fault is not applied to the events from here on, if it would make too much of them."""
        if outcome != NOTHING:
            self._spent = True
            self._outcome = outcome if self._outcome == NOTHING else f"{outcome} from there on"

    def _passed(self, batch: Exchange) -> Exchange:
        """Return `batch` with the time of the head that was sent, or is."""
        if self._head_at is None:
            self._head_at = batch.head_at
        if batch.body:
            self._now = batch.body[-1].at
        return batch._replace(head_at=self._head_at)

    def _bounded(self, batch: Exchange, fault: Fault, *, last: bool) -> Batch | None:
        """Return `batch` with the fault. Raises `TooLargeError` if the response gets too large with it."""
        applied = self._applied_to(batch, fault, last=last)
        if self._kind in _GROWING:
            made = applied.body if isinstance(applied, Exchange) else batch.body
            self._made_pieces += len(made)
            self._made_bytes += sum(len(piece.data) for piece in made)
            check_size(self._made_pieces, self._made_bytes)
        return applied

    def _applied_to(self, batch: Exchange, fault: Fault, *, last: bool) -> Batch | None:
        """Return `batch` with the fault; None where its position is not in it."""
        if self._kind == "restart":
            return self._restarted(batch, fault, last=last)
        if not last and _is_at_end(fault):
            return None
        return BREAK[self._kind](batch, fault, self._context)

    def _restarted(self, batch: Exchange, fault: Fault, *, last: bool) -> Exchange | None:
        """Return `batch` with all events so far again; they are kept until the position of the fault is reached."""
        past = len(self._past)
        self._past += batch.body
        if (not last and _is_at_end(fault)) or locate(batch, fault.moment or Moment("end")) is None:
            return None
        again = restart(batch._replace(body=tuple(self._past)), self._fault, self._context.draws)
        return again and again._replace(body=again.body[past:])

    def _must_wait(self, new: Exchange, fault: Fault) -> bool:
        """Return whether the fault needs more than has come; only `new` is searched for what `swap` selects."""
        if self._needs_all:
            return True
        if fault.swap:
            self._held_names.update(name for piece in new.body for name in names(piece))
            return sum(selector.nth <= self._held_names[selector.event] for selector in fault.swap) == 1
        if self._kind != "corrupt" or not fault.moment:
            return False
        held = new._replace(body=tuple(self._held))
        point = locate(held, fault.moment)
        return point is not None and len(held.data) - (point.offset or 0) < (fault.corrupt or 0)

    def _remaining(self) -> Fault:
        """Return the fault as it is after the events that have passed: `after: 3 events` after two is `1 events`."""
        fault = self._fault
        if not self._events:
            return fault
        changed: dict[str, Any] = {
            key: self._later(selector) for key in _SELECTORS if (selector := getattr(fault, key)) is not None
        }
        if fault.swap is not None:
            changed["swap"] = [self._later(selector) for selector in fault.swap]
        if fault.moment is not None:
            changed["before" if fault.before else "after"] = self._rest_of(fault.moment)
        return fault.model_copy(update=changed)

    def _later(self, selector: Selector) -> Selector:
        if selector.nth in (LAST, EVERY):
            return selector
        left = selector.nth - self._names[selector.event]
        return selector._replace(nth=left if left > 0 else _NEVER)

    def _rest_of(self, moment: Moment) -> Moment:
        passed = {"events": self._events, "bytes": self._bytes}.get(moment.unit, 0)
        return moment._replace(amount=moment.amount - passed, selector=self._later(moment.selector))

    def _count(self, passed: Sequence[Send]) -> None:
        self._events += len(passed)
        self._bytes += sum(len(piece.data) for piece in passed)
        for piece in passed:
            self._names.update(names(piece))


def _needs_all(fault: Fault) -> bool:
    moment = fault.moment
    selectors = [fault.drop, fault.duplicate, fault.edit, *(fault.swap or ()), moment.selector if moment else None]
    return (
        fault.kind in _WHOLE
        or (fault.kind == "corrupt" and moment is None)
        or (moment is not None and moment.unit == "share")
        or any(selector is not None and selector.nth == LAST for selector in selectors)
    )


def _is_at_end(fault: Fault) -> bool:
    return fault.moment.unit == "end" if fault.moment else fault.kind in _AT_END


def _is_repeated(fault: Fault) -> bool:
    chosen = fault.drop or fault.duplicate or fault.edit
    return fault.kind in _EACH or (chosen is not None and chosen.nth == EVERY)
