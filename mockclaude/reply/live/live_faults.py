"""Apply faults to a live response, one batch of events after the other.

Each fault is a stage that the batches pass, in the order of application. A stage applies the fault to the batch alone,
as `apply_faults` does, at the position minus the events that have passed: each event is handled once. A fault that
needs later events holds events back; a fault that needs the whole response, such as `after: 50%`, holds all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mockclaude.api.events import Event
from mockclaude.reply.dialect import Dialect, translate
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults.apply import (
    APPLY,
    NOT_APPLIED,
    TOO_LATE,
    FaultContext,
    number_faults,
    precedes_translation,
    try_fault,
)
from mockclaude.reply.faults.event_edits import restart
from mockclaude.reply.faults.resolve import check_size, resolve
from mockclaude.reply.response import End, Response, TimedPiece
from mockclaude.reply.response_context import ResponseContext
from mockclaude.scenario.format.faults import (
    ContentLengthFault,
    CorruptFault,
    DropFault,
    DuplicateFault,
    EditFault,
    Fault,
    HeadersFault,
    InsertFault,
    MalformedFault,
    PlacedFault,
    RestartFault,
    StallFault,
    SwapFault,
)
from mockclaude.scenario.format.positions import EVERY, LAST, EventSelector, Position
from mockclaude.scenario.format.stream_faults import GzipFault, InterleaveFault, LineEndsFault, RateFault, SliceFault

_EACH = (HeadersFault, LineEndsFault, SliceFault, RateFault)
"""Faults that are applied to each batch."""

_GROWING = (DuplicateFault, RestartFault, SliceFault, RateFault)
"""Faults that may enlarge a response beyond the maximum."""

_DELAYING = (StallFault, RestartFault)
"""Faults that delay all events after them."""

_WHOLE = (InterleaveFault, GzipFault, ContentLengthFault, MalformedFault)
"""Faults that need the whole response."""

_AT_END = (InsertFault, RestartFault)
"""Faults that are applied at the end unless they have a position."""

_SELECTING = (DropFault, DuplicateFault, EditFault)
"""Faults that select events one by one."""

_NEVER = 1 << 62
"""The number of an event that does not exist in any response."""


class LiveFaults:
    """The stages of the faults of one response."""

    def __init__(
        self, faults: Sequence[Fault], context: ResponseContext, draws: Draws, dialect: Dialect | None = None
    ) -> None:
        self._draws = draws
        self._of_faults = [
            _Stage(fault, FaultContext(context, draws.with_scope(f"fault/{position}"), dialect))
            for position, fault in number_faults(faults, dialect)
        ]
        self._stages: list[_Stage | _Translation] = [*self._of_faults]
        if dialect is not None:
            self._stages.insert(sum(map(precedes_translation, faults)), _Translation(dialect))

    @property
    def notes(self) -> tuple[str, ...]:
        """A note on each fault, and on the draws that selected the faults."""
        return (*(stage.note for stage in self._of_faults), str(self._draws)) if self._of_faults else ()

    def apply(self, batch: Response, *, last: bool) -> tuple[Response, bool]:
        """Apply the faults to `batch`; return it, and whether the response ends with it."""
        for stage in self._stages:
            if batch.is_final:
                stage.skip()
            elif batch.body or last:
                batch, last = stage.apply(batch, last=last)
        return batch, last


class _Translation:
    """The stage that translates the batches; later stages change headers and bytes."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._encoder = dialect.open_stream()

    def skip(self) -> None:
        """Translate nothing: the response sends nothing, or is malformed."""

    def apply(self, new: Response, *, last: bool) -> tuple[Response, bool]:
        return translate(new, self._dialect, self._encoder), last


class _Stage:
    """One fault, and the state of the response that has passed it."""

    def __init__(self, fault: Fault, context: FaultContext) -> None:
        self._fault = fault
        self._context = context
        self._needs_all = _needs_all(fault)
        self._spent = False
        self._outcome = NOT_APPLIED
        self._events = self._bytes = 0
        self._names: Counter[str] = Counter()
        self._sent_pieces = self._sent_bytes = 0
        self._head_at: int | None = None
        self._now: int | None = None
        self._delay = 0
        self._held: list[TimedPiece] = []
        self._held_names: Counter[str] = Counter()
        self._past: list[TimedPiece] = []

    @property
    def note(self) -> str:
        return f"fault: {self._fault}{self._outcome}"

    def skip(self) -> None:
        """Write the outcome of a fault that an earlier one has made impossible."""
        self._outcome = TOO_LATE

    def apply(self, new: Response, *, last: bool) -> tuple[Response, bool]:
        late = self._delay_batch(new)
        if self._spent:
            return self._pass_on(late), last
        fault = self._remaining_fault()
        self._held += late.body
        if not last and self._must_wait(late, fault):
            return late._replace(body=()), False
        batch, self._held = late._replace(body=self._held), []
        self._held_names.clear()
        applied, outcome = try_fault(lambda: self._apply_bounded(batch, fault, last=last))
        self._count(batch.body)
        if applied is None:
            self._leave_out(outcome)
            return self._pass_on(batch), last
        self._outcome = ""
        self._spent = not _is_repeated(fault)
        if applied.is_final:
            return applied, True
        self._delay = applied.end_at - batch.end_at if isinstance(fault, _DELAYING) else 0
        return self._pass_on(applied), last or applied.complete or applied.end is not End.KEEP

    def _delay_batch(self, new: Response) -> Response:
        """Delay `new` as the fault has delayed the events before.

        The batch begins at the time of the last event: positions without an event are relative to that time.
        """
        late = [TimedPiece(at + self._delay, piece) for at, piece in new.body] if self._delay else new.body
        begin = new.head_at if self._now is None else self._now
        return new._replace(body=late, head_at=begin, end_at=new.end_at + self._delay)

    def _leave_out(self, outcome: str) -> None:
        """Write the outcome of a fault that is not applied. A fault with too large a result ends."""
        if outcome != NOT_APPLIED:
            self._spent = True
            self._outcome = outcome if self._outcome == NOT_APPLIED else f"{outcome}, from there on"

    def _pass_on(self, batch: Response) -> Response:
        """Return `batch` with the time of the head of the first batch."""
        if self._head_at is None:
            self._head_at = batch.head_at
        if batch.body:
            self._now = batch.body[-1].at
        return batch._replace(head_at=self._head_at)

    def _apply_bounded(self, batch: Response, fault: Fault, *, last: bool) -> Response | None:
        """Apply the fault and check the size of the whole response.

        Raises:
            TooLargeError: The response exceeds the maximum.
        """
        applied = self._apply_to(batch, fault, last=last)
        if isinstance(fault, _GROWING):
            result = batch if applied is None else applied
            self._sent_pieces += len(result.body)
            self._sent_bytes += result.size
            check_size(self._sent_pieces, self._sent_bytes)
        return applied

    def _apply_to(self, batch: Response, fault: Fault, *, last: bool) -> Response | None:
        """Apply the fault; None if the batch does not have its position."""
        if isinstance(self._fault, RestartFault):
            return self._restart(batch, fault, self._fault, last=last)
        if not last and _is_at_end(fault):
            return None
        return APPLY[type(fault)](batch, fault, self._context)

    def _restart(self, batch: Response, fault: Fault, whole: RestartFault, *, last: bool) -> Response | None:
        """Repeat all events so far after the position of the fault, which keeps them until then."""
        past = len(self._past)
        self._past += batch.body
        if (not last and _is_at_end(fault)) or resolve(batch, fault.position or Position("end")) is None:
            return None
        again = restart(batch._replace(body=self._past), whole, self._context.draws)
        return again and again._replace(body=again.body[past:])

    def _must_wait(self, new: Response, fault: Fault) -> bool:
        """Return whether the fault needs later events. Events for `swap` are searched for in `new` only."""
        if self._needs_all:
            return True
        if isinstance(fault, SwapFault):
            self._held_names.update(_list_names(new.body))
            return sum(selector.nth <= self._held_names[selector.event] for selector in fault.swap) == 1
        if not isinstance(fault, CorruptFault) or not fault.position:
            return False
        held = new._replace(body=self._held)
        place = resolve(held, fault.position)
        return place is not None and held.size - (place.offset or 0) < fault.corrupt

    def _remaining_fault(self) -> Fault:
        """Return the fault minus the events that have passed: `after: 3 events` becomes `1 events` after two."""
        fault = self._fault
        if not self._events:
            return fault
        if isinstance(fault, _SELECTING):
            return fault.model_copy(update={fault.kind: self._shift_selector(*fault.selectors)})
        if isinstance(fault, SwapFault):
            return fault.model_copy(update={"swap": [self._shift_selector(selector) for selector in fault.swap]})
        if isinstance(fault, PlacedFault) and fault.position is not None:
            key = "before" if fault.before else "after"
            return fault.model_copy(update={key: self._shift_position(fault.position)})
        return fault

    def _shift_selector(self, selector: EventSelector) -> EventSelector:
        if selector.nth in (LAST, EVERY):
            return selector
        left = selector.nth - self._names[selector.event]
        return selector._replace(nth=left if left > 0 else _NEVER)

    def _shift_position(self, position: Position) -> Position:
        passed = {"events": self._events, "bytes": self._bytes}.get(position.unit, 0)
        return position._replace(amount=position.amount - passed, selector=self._shift_selector(position.selector))

    def _count(self, passed: Sequence[TimedPiece]) -> None:
        self._events += len(passed)
        self._bytes += sum([len(piece.encoded) for _, piece in passed])
        self._names.update(_list_names(passed))


def _list_names(body: Sequence[TimedPiece]) -> Iterator[str]:
    """Yield the names by which a selector finds the events of `body`."""
    for _, piece in body:
        if isinstance(piece, Event):
            yield piece.name
            if piece.delta:
                yield piece.delta


def _needs_all(fault: Fault) -> bool:
    position = fault.position
    selectors = [*fault.selectors, *([position.selector] if position else ())]
    return (
        isinstance(fault, _WHOLE)
        or (isinstance(fault, CorruptFault) and position is None)
        or (position is not None and position.unit == "share")
        or any(selector.nth == LAST for selector in selectors)
    )


def _is_at_end(fault: Fault) -> bool:
    return fault.position.unit == "end" if fault.position else isinstance(fault, _AT_END)


def _is_repeated(fault: Fault) -> bool:
    is_every = isinstance(fault, _SELECTING) and fault.selectors[0].nth == EVERY
    return isinstance(fault, _EACH) or is_every
