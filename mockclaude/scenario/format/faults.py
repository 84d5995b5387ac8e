"""Faults, as the scenario file writes them: what breaks, at which moment, and for which requests.

In: a fault's name, a status, or a mapping. Out: `Fault` models in the long form, or a `ValueError` with what was
expected. Knows nothing of how a fault is done to a response. Names stand for mappings: `named_faults.py`.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mockclaude.scenario.diagnostics import MAX_DEPTH, did_you_mean, one_of
from mockclaude.scenario.format import positions, units
from mockclaude.scenario.format.positions import Position, Selector
from mockclaude.scenario.format.presets import MALFORMED, NAMED
from mockclaude.scenario.format.shorthand import Model, exactly_one, listed, short_for
from mockclaude.scenario.format.steps import AnyError, Error, Header, HeaderName
from mockclaude.scenario.format.when import Numbers, When

OK = "ok"
"""In a `script`: no fault this time."""

Microseconds: TypeAlias = Annotated[int, BeforeValidator(units.duration)]
Share: TypeAlias = Annotated[float, BeforeValidator(units.share)]
Size: TypeAlias = Annotated[int, Field(ge=1, le=10_000_000)]

MAX_FAULTS, MAX_PINGS = 50, 100_000
"""How many faults a list may have, each of which goes through a response, and how many pings a stall may send."""

STALL = 3_600_000_000
"""Microseconds for which a stall that lasts for ever sends pings."""


class Respond(Model):
    """A response in place of the reply, as a proxy would send it: without the API's own headers."""

    status: Annotated[int, Field(ge=200, le=999)] = 200
    """The status."""
    headers: dict[HeaderName, Header] = Field(default_factory=dict)
    """The headers."""
    body: str | dict[str, Any] = ""
    """The body: a text, or JSON."""


class Raw(Model):
    """Bytes as they are: as text, base64, or hexadecimal digits."""

    text: str | None = None
    """The bytes of this text in UTF-8."""
    base64: str | None = None
    """Bytes as base64."""
    hex: str | None = None
    """Bytes as hexadecimal digits."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return exactly_one("raw bytes", cls.model_fields, value, cls.model_fields)

    @model_validator(mode="after")
    def _readable(self) -> Raw:
        self.content()
        return self

    def content(self) -> bytes:
        """Return the bytes. Raises `ValueError`."""
        try:
            if self.base64 is not None:
                return b64decode(self.base64, validate=True)
            return bytes.fromhex(self.hex) if self.hex is not None else (self.text or "").encode()
        except ValueError:
            raise ValueError("these are not bytes; expected base64, or pairs of hexadecimal digits") from None


class Insert(Raw):
    """Something that is sent between the events of a stream: an event, data without a name, or bytes as they are."""

    event: str | None = None
    """The name of the event."""
    data: Any = None
    """The data of the event: a text, or JSON."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        is_event = isinstance(value, dict) and "event" in value and "data" in value
        return value if is_event else exactly_one("an insert", cls.model_fields, value, cls.model_fields)

    def content(self) -> bytes:
        """Return the bytes."""
        if self.event is None and self.data is None:
            return super().content()
        name = f"event: {self.event}\n" if self.event is not None else ""
        data = self.data if isinstance(self.data, str) else orjson.dumps(self.data).decode()
        return f"{name}data: {data}\n\n".encode()


class Burst(Model):
    """Faults in bursts: each request of a lane begins one with probability `enter`, and ends it with `leave`."""

    enter: Share
    """How likely a request begins a burst."""
    leave: Share
    """How likely a request ends it."""


class Ramp(Model):
    """A probability that goes from `start` to `end` over so many requests of a lane."""

    start: Share = 0.0
    """The probability at first; 0 if it is not said."""
    end: Share
    """The probability in the end."""
    over: Annotated[int, Field(ge=1)]
    """After how many requests."""


def named(value: Any) -> Any:
    """Return the mapping that a name or a status stands for."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    if value in NAMED:
        return {"name": value, **NAMED[value].fault}
    hint = did_you_mean(value, NAMED) or "; the names are listed in the README"
    raise ValueError(f"'{value}' is no fault; expected a name such as reset or 529, or a mapping{hint}")


def scripted(value: Any) -> Any:
    """Return a list of faults, in which `ok` is one that does nothing."""
    return [{"nothing": True} if item == OK else item for item in listed(value)]


def _unconditional(faults: list[Fault]) -> list[Fault]:
    """Refuse conditions, and scripts, where a script says already when a fault strikes."""
    for fault in faults:
        if said := [key for key in ("script", *CONDITIONS) if getattr(fault, key) is not None]:
            raise ValueError(f"the fault '{fault}' has `{said[0]}`, which says nothing within a script")
    return faults


def read_once(kind: type, read: Callable[[Any], Any], value: Any) -> Any:
    """Return `value` as it is, if it is a `kind` already, or else what is read from it."""
    return value if isinstance(value, kind) else read(value)


def _reading(kind: type, read: Callable[[Any], Any]) -> BeforeValidator:
    return BeforeValidator(partial(read_once, kind, read))


Events: TypeAlias = Annotated[Selector, _reading(Selector, positions.selector)]
Event: TypeAlias = Annotated[Selector, _reading(Selector, positions.one_event)]


class Fault(Model):
    """One fault: exactly one of `KINDS`, with the moment (`before` or `after`) and the requests it is for."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """What the log calls it."""
    error: AnyError | None = None
    """An error of the API instead of the reply, or with a moment an error event in the stream."""
    respond: Respond | None = None
    """A response instead of the reply, as a proxy would send it."""
    stall: Annotated[int | Literal["forever"], BeforeValidator(units.pause)] | None = None
    """Nothing is sent for so long."""
    drop: Events | None = None
    """Events that are left out."""
    duplicate: Events | None = None
    """Events that are sent again."""
    swap: Annotated[list[Event], Field(min_length=2, max_length=2)] | None = None
    """Two events that change places."""
    edit: Annotated[Selector, _reading(Selector, positions.events_or_body)] | None = None
    """Events, or the whole body, in whose JSON `set` and `delete` change keys."""
    insert: Annotated[Insert, BeforeValidator(short_for("text"))] | None = None
    """What is sent between the events: an event, a text, or bytes."""
    restart: Literal[True] | None = None
    """The message begins anew, with another id."""
    headers: dict[HeaderName, Header | Literal[False]] | None = None
    """Headers on the response; false leaves one out."""
    corrupt: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """How many bytes are changed."""
    slice: Size | Literal["utf8", "separator"] | None = None
    """The body in pieces of so many bytes, or cut inside each character or blank line."""
    rate: Annotated[float, BeforeValidator(positions.rate)] | None = None
    """How fast the body is sent at most."""
    disconnect: Literal["reset", "close", "clean"] | None = None
    """RST, FIN before the end of the body is marked, or a body that ends as if it were whole."""
    content_length: int | None = None
    """How many bytes more, or below 0 less, content-length says than there are."""
    malformed: Literal[MALFORMED] | None = None  # type: ignore[valid-type]
    """A response that is no HTTP, or not what it claims."""
    garbage: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """How many random bytes are sent."""
    raw: Annotated[Raw, BeforeValidator(short_for("text"))] | None = None
    """Bytes that are sent."""
    refuse: Microseconds | None = None
    """How long no connection is accepted."""
    script: (
        Annotated[list[AnyFault], BeforeValidator(scripted), Field(min_length=1), AfterValidator(_unconditional)] | None
    ) = None
    """What happens the first, second, third time the same request comes: a fault, or `ok`."""
    nothing: Literal[True] | None = None
    """No fault: what `ok` stands for."""

    before: Annotated[Position, _reading(Position, positions.before)] | None = None
    """The moment before the headers, the body, its end, or an event."""
    after: Annotated[Position, _reading(Position, positions.after)] | None = None
    """The moment after so many events, bytes, a share of the body, a duration, or an event."""
    pings: Microseconds | None = None
    """How long after each other ping events are sent meanwhile."""
    every: Microseconds | None = None
    """How long after each other the pieces are sent."""
    copies: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """How many times they are sent again; once if it is not said."""
    set: dict[str, Any] | None = None
    """Paths of keys, such as usage.output_tokens, and their new values."""
    delete: Annotated[list[str], BeforeValidator(listed)] | None = None
    """Paths of keys that are taken out."""

    when: When | None = None
    """Conditions of the request, as in a rule."""
    p: Share | None = None
    """How likely it strikes."""
    occurrence: Numbers | None = None
    """How many requests with this body have come, the first time being 1."""
    requests: Annotated[tuple[int, int], BeforeValidator(positions.window)] | None = None
    """Which Messages requests of a lane, such as 10..20."""
    time: Annotated[tuple[int, int], BeforeValidator(positions.time_window)] | None = None
    """When after the server began, such as 10s..20s."""
    connection: Literal["reused"] | None = None
    """Only where the connection has served another request."""
    burst: Burst | None = None
    """Faults in bursts."""
    ramp: Ramp | None = None
    """A probability that grows."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return exactly_one("a fault", KINDS, value, cls.model_fields)

    @model_validator(mode="after")
    def _fitting(self) -> Fault:
        kind = self.kind
        for option, kinds in OPTIONS.items():
            if getattr(self, option) is not None and kind not in kinds:
                raise ValueError(f"`{option}` says nothing of `{kind}`; expected it beside {one_of(kinds)}")
        if self.before and self.after:
            raise ValueError("a fault strikes before something or after something; got both")
        self._check_pings()
        if any(path.count(".") >= MAX_DEPTH for path in (*(self.set or ()), *(self.delete or ()))):
            raise ValueError(f"a path of keys has more than {MAX_DEPTH} parts here; expected fewer")
        if kind == "edit" and not (self.set or self.delete):
            raise ValueError("an edit changes nothing here; expected `set` or `delete` beside it")
        return self

    def _check_pings(self) -> None:
        length = STALL if self.stall == "forever" else int(self.stall or 0)
        if self.pings is not None and length > self.pings * MAX_PINGS:
            raise ValueError(f"these pings are more than {MAX_PINGS:,}; expected a longer time between them")

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def strikes_others(self) -> bool:
        """Whether it strikes more clients than the one whose request it answers."""
        return any(fault.refuse is not None for fault in (self, *(self.script or ())))

    @property
    def position(self) -> Position | None:
        """The position it strikes, if the file says one."""
        return self.before or self.after

    def __str__(self) -> str:
        shown = f"{self.kind} {_shown(self.kind, getattr(self, self.kind))}".rstrip()
        return self.name or (f"{shown} {self.position}" if self.position else shown)


AnyFault: TypeAlias = Annotated[Fault, BeforeValidator(named)]

Faults: TypeAlias = Annotated[list[AnyFault], BeforeValidator(listed), Field(min_length=1, max_length=MAX_FAULTS)]
"""One fault or several: by name, by status, or as mappings."""

KINDS = tuple(list(Fault.model_fields)[1 : list(Fault.model_fields).index("before")])
CONDITIONS = tuple(list(Fault.model_fields)[list(Fault.model_fields).index("when") :])
"""Keys that say for which requests a fault is due."""

_PLACED = ("disconnect", "stall", "error", "insert", "restart", "corrupt", "garbage", "raw")
OPTIONS: dict[str, tuple[str, ...]] = {
    "before": _PLACED,
    "after": _PLACED,
    "pings": ("stall",),
    "every": ("slice",),
    "copies": ("duplicate",),
    "set": ("edit",),
    "delete": ("edit",),
}
"""Key that says more of a fault -> the kinds it goes with."""


_TIMES = ("stall", "refuse")


def _shown(kind: str, value: Any) -> str:
    if kind in _TIMES and value != "forever":
        return f"{value / 1e6:g}s"
    if isinstance(value, Error):
        return value.type
    if isinstance(value, Respond):
        return str(value.status)
    return str(value) if isinstance(value, (str, float, Selector)) or type(value) is int else ""


Fault.model_rebuild()
