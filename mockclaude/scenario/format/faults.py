"""The kinds of faults, as the scenario file writes them: one class each, whose fields are the keys that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mockclaude.scenario.diagnostics import MAX_DEPTH
from mockclaude.scenario.format import positions, units
from mockclaude.scenario.format.fault_base import AnyFault, Fault, Faults, PlacedFault, parse_with
from mockclaude.scenario.format.fault_values import Burst, Insert, Microseconds, Ramp, Raw
from mockclaude.scenario.format.positions import EventSelector
from mockclaude.scenario.format.presets import MALFORMED
from mockclaude.scenario.format.respond import Respond
from mockclaude.scenario.format.response_headers import Header, HeaderName, check_retry_after
from mockclaude.scenario.format.shorthand import as_list, short_for
from mockclaude.scenario.format.steps import AnyError
from mockclaude.scenario.format.stream_faults import GzipFault, InterleaveFault, LineEndsFault, RateFault, SliceFault

__all__ = ["AnyFault", "Burst", "Fault", "Faults", "Insert", "PlacedFault", "Ramp", "Raw"]

OK = "ok"
"""An item of a `script`: no fault for this attempt."""

MAX_PINGS = 100_000
"""The maximum number of pings of a stall."""

STALL = 3_600_000_000
"""Microseconds for which a stall without an end sends pings."""


Events: TypeAlias = Annotated[EventSelector, parse_with(EventSelector, positions.parse_selector)]
Event: TypeAlias = Annotated[EventSelector, parse_with(EventSelector, positions.parse_event)]


TRIGGERS = tuple(key for key in Fault.model_fields if key != "name")
"""Keys that select the requests that a fault is applied to."""


class DisconnectFault(PlacedFault):
    """A connection that ends."""

    kind = "disconnect"
    disconnect: Literal["reset", "close", "clean"]
    """RST, FIN before the marked end of the body, or a regular end of an incomplete body."""


class StallFault(PlacedFault):
    """A response that pauses."""

    kind = "stall"
    stall: Annotated[int | Literal["forever"], BeforeValidator(units.parse_pause)]
    """The duration of the pause."""
    pings: Microseconds | None = None
    """The time between ping events during the pause."""
    comments: Microseconds | None = None
    """The time between comments during the pause, as gateways send them in place of pings."""

    @model_validator(mode="after")
    def _check_signs(self) -> StallFault:
        if self.pings is not None and self.comments is not None:
            raise ValueError("a stall has `pings` and `comments`; expected one of them")
        for key, between, what in (("pings", self.pings, "events"), ("comments", self.comments, "comments")):
            if between is not None and self.length > between * MAX_PINGS:
                raise ValueError(f"`{key}`: more than {MAX_PINGS:,} {what}; expected a longer time between them")
        return self

    @property
    def length(self) -> int:
        """Microseconds for which it sends pings."""
        return STALL if self.stall == "forever" else self.stall

    @property
    def shown(self) -> str:
        """The value in the log."""
        return self.stall if self.stall == "forever" else _seconds(self.stall)


class ErrorFault(PlacedFault):
    """An error of the API."""

    kind = "error"
    error: AnyError
    """An error of the API in place of the reply; with a position, an error event in the stream."""

    @property
    def shown(self) -> str:
        """The value in the log."""
        return self.error.type


class InsertFault(PlacedFault):
    """Data between the events."""

    kind = "insert"
    insert: Annotated[Insert, BeforeValidator(short_for("text"))]
    """An event, a text, or bytes between the events."""


class RestartFault(PlacedFault):
    """A message that starts again."""

    kind = "restart"
    restart: Literal[True]
    """The message starts again with another id."""


class CorruptFault(PlacedFault):
    """Changed bytes."""

    kind = "corrupt"
    corrupt: Annotated[int, Field(ge=1, le=10_000)]
    """The number of changed bytes."""


class GarbageFault(PlacedFault):
    """Random bytes."""

    kind = "garbage"
    garbage: Annotated[int, Field(ge=1, le=1_000_000)]
    """The number of random bytes."""


class RawFault(PlacedFault):
    """Literal bytes."""

    kind = "raw"
    raw: Annotated[Raw, BeforeValidator(short_for("text"))]
    """The bytes to send."""


class RespondFault(Fault):
    """A response of a proxy."""

    kind = "respond"
    respond: Respond
    """A response of a proxy in place of the reply."""

    @property
    def shown(self) -> str:
        """The value in the log."""
        return str(self.respond.status)


class DropFault(Fault):
    """Missing events."""

    kind = "drop"
    drop: Events
    """Events to leave out."""

    @property
    def selectors(self) -> Sequence[EventSelector]:
        """The selectors of the events."""
        return (self.drop,)


class DuplicateFault(Fault):
    """Repeated events."""

    kind = "duplicate"
    duplicate: Events
    """Events to repeat."""
    copies: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """The number of further copies. Default: 1."""

    @property
    def selectors(self) -> Sequence[EventSelector]:
        """The selectors of the events."""
        return (self.duplicate,)


class SwapFault(Fault):
    """Events in the wrong order."""

    kind = "swap"
    swap: Annotated[list[Event], Field(min_length=2, max_length=2)]
    """Two events to exchange."""

    @property
    def selectors(self) -> Sequence[EventSelector]:
        """The selectors of the events."""
        return self.swap


class EditFault(Fault):
    """Changed JSON."""

    kind = "edit"
    edit: Annotated[EventSelector, parse_with(EventSelector, positions.parse_events_or_body)]
    """Events, or the whole body, whose JSON `set` and `delete` change."""
    set: dict[str, Any] | None = None
    """Paths of keys, e.g. usage.output_tokens, and their new values."""
    delete: Annotated[list[str], BeforeValidator(as_list)] | None = None
    """Paths of keys to remove."""

    @model_validator(mode="after")
    def _check_paths(self) -> EditFault:
        if any(path.count(".") >= MAX_DEPTH for path in (*(self.set or ()), *(self.delete or ()))):
            raise ValueError(f"a path has more than {MAX_DEPTH} keys; expected fewer")
        if not (self.set or self.delete):
            raise ValueError("`edit` without a change; expected `set` or `delete` beside it")
        return self

    @property
    def selectors(self) -> Sequence[EventSelector]:
        """The selectors of the events."""
        return (self.edit,)


class HeadersFault(Fault):
    """Changed headers."""

    kind = "headers"
    headers: Annotated[dict[HeaderName, Header | Literal[False]], AfterValidator(check_retry_after)]
    """Headers of the response; false removes a header."""


class ContentLengthFault(Fault):
    """A wrong `content-length`."""

    kind = "content_length"
    content_length: int
    """The difference between `content-length` and the size of the body, in bytes."""


class MalformedFault(Fault):
    """Malformed HTTP."""

    kind = "malformed"
    malformed: Literal[MALFORMED]  # type: ignore[valid-type]
    """The way in which the HTTP response is malformed."""


class RefuseFault(Fault):
    """Refused connections."""

    kind = "refuse"
    refuse: Microseconds
    """The time during which no connection is accepted."""

    @property
    def affects_others(self) -> bool:
        """Whether the fault affects other clients than the sender of the request."""
        return True

    @property
    def shown(self) -> str:
        """The value in the log."""
        return _seconds(self.refuse)


def expand_script(value: Any) -> Any:
    """Return a list of faults, with each `ok` as a fault without effect."""
    return [{"nothing": True} if item == OK else item for item in as_list(value)]


def _unconditional(faults: list[Fault]) -> list[Fault]:
    """Refuse triggers, and scripts, where a script says already when a fault is applied."""
    for fault in faults:
        keys = ["script"] if isinstance(fault, ScriptFault) else []
        if keys := keys + [key for key in TRIGGERS if getattr(fault, key) is not None]:
            raise ValueError(
                f"the fault '{fault}' has `{keys[0]}`, which has no effect within a script; expected a fault without it"
            )
    return faults


class ScriptFault(Fault):
    """A fault for each attempt."""

    kind = "script"
    script: Annotated[
        list[AnyFault], BeforeValidator(expand_script), Field(min_length=1), AfterValidator(_unconditional)
    ]
    """The fault for the first, second, third attempt of a request, or `ok`."""

    @property
    def scripted(self) -> Sequence[Fault]:
        """The faults of its script."""
        return self.script

    @property
    def affects_others(self) -> bool:
        """Whether the fault affects other clients than the sender of the request."""
        return any(fault.affects_others for fault in self.script)


class NothingFault(Fault):
    """No fault."""

    kind = "nothing"
    nothing: Literal[True]
    """No fault: the long form of `ok`."""


def _seconds(microseconds: int) -> str:
    return f"{microseconds / 1e6:g}s"


FAULT_TYPES: tuple[type[Fault], ...] = (
    ErrorFault,
    RespondFault,
    InterleaveFault,
    StallFault,
    DropFault,
    DuplicateFault,
    SwapFault,
    EditFault,
    InsertFault,
    RestartFault,
    HeadersFault,
    LineEndsFault,
    GzipFault,
    CorruptFault,
    SliceFault,
    RateFault,
    DisconnectFault,
    ContentLengthFault,
    MalformedFault,
    GarbageFault,
    RawFault,
    RefuseFault,
    ScriptFault,
    NothingFault,
)
"""Every kind of fault. Faults are applied to a response in this order: a stall can split an event, which then has no
JSON."""

KINDS = tuple(kind.kind for kind in FAULT_TYPES)


OPTIONS: dict[str, tuple[str, ...]] = {}
"""Key that goes with some kinds of faults -> these kinds."""

for _kind in (*PlacedFault.__subclasses__(), *Fault.__subclasses__()):
    for _key in _kind.model_fields if _kind.kind else ():
        if _key not in Fault.model_fields and _key != _kind.kind:
            OPTIONS[_key] = (*OPTIONS.get(_key, ()), _kind.kind)

Fault.kinds, Fault.options = FAULT_TYPES, OPTIONS
