"""Faults, as the scenario file writes them: what breaks, at which moment, and for which requests.

In: a fault's name, a status, or a mapping. Out: `Fault` models in the long form, or a `ValueError` with what was
expected. Knows nothing of how a fault is done to a response. Names stand for mappings: `named_faults.py`.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario import moments, quantities
from mockclaude.scenario.mistakes import did_you_mean, one_of
from mockclaude.scenario.moments import Moment, Selector
from mockclaude.scenario.named_faults import MALFORMED, NAMED
from mockclaude.scenario.shorthand import Model, exactly_one, listed, short_for
from mockclaude.scenario.steps import AnyError, Error, Header, HeaderName
from mockclaude.scenario.when import Numbers, When

OK = "ok"
"""In a `script`: no fault this time."""

Microseconds: TypeAlias = Annotated[int, BeforeValidator(quantities.duration)]
Share: TypeAlias = Annotated[float, BeforeValidator(quantities.share)]
Size: TypeAlias = Annotated[int, Field(ge=1, le=10_000_000)]


class Respond(Model):
    """A response in place of the reply, as a proxy would send it: without the API's own headers."""

    status: Annotated[int, Field(ge=200, le=999)] = 200
    headers: dict[HeaderName, Header] = Field(default_factory=dict)
    body: str | dict[str, Any] = ""


class Raw(Model):
    """Bytes as they are: as text, base64, or hexadecimal digits."""

    text: str | None = None
    base64: str | None = None
    hex: str | None = None

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
    data: Any = None

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
    leave: Share


class Ramp(Model):
    """A probability that goes from `start` to `end` over so many requests of a lane."""

    start: Share = 0.0
    end: Share
    over: Annotated[int, Field(ge=1)]


def _fault(value: Any) -> Any:
    """Return the mapping that a name or a status stands for."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    if value in NAMED:
        return {"name": value, **NAMED[value].fault}
    hint = did_you_mean(value, NAMED) or "; the names are listed in the README"
    raise ValueError(f"'{value}' is no fault; expected a name such as reset or 529, or a mapping{hint}")


def _scripted(value: Any) -> Any:
    return [{"nothing": True} if item == OK else item for item in listed(value)]


def _moment(read: Any) -> Any:
    return BeforeValidator(lambda value: value if isinstance(value, Moment) else read(value))


def _selecting(read: Any) -> Any:
    return BeforeValidator(lambda value: value if isinstance(value, Selector) else read(value))


Events: TypeAlias = Annotated[Selector, _selecting(moments.selector)]
Event: TypeAlias = Annotated[Selector, _selecting(moments.one_event)]


class Fault(Model):
    """One fault: exactly one of `KINDS`, with the moment (`before` or `after`) and the requests it is for."""

    name: Annotated[str, Field(min_length=1)] | None = None
    error: AnyError | None = None
    respond: Respond | None = None
    stall: Annotated[int | Literal["forever"], BeforeValidator(quantities.pause)] | None = None
    drop: Events | None = None
    duplicate: Events | None = None
    swap: Annotated[list[Event], Field(min_length=2, max_length=2)] | None = None
    edit: (
        Annotated[Selector, _selecting(lambda value: Selector("body") if value == "body" else moments.selector(value))]
        | None
    ) = None
    insert: Annotated[Insert, BeforeValidator(short_for("text"))] | None = None
    restart: Literal[True] | None = None
    headers: dict[HeaderName, Header | Literal[False]] | None = None
    corrupt: Size | None = None
    slice: Size | Literal["utf8", "separator"] | None = None
    rate: Annotated[float, BeforeValidator(moments.rate)] | None = None
    disconnect: Literal["reset", "close", "clean"] | None = None
    content_length: int | None = None
    malformed: Literal[MALFORMED] | None = None  # type: ignore[valid-type]
    garbage: Size | None = None
    raw: Annotated[Raw, BeforeValidator(short_for("text"))] | None = None
    refuse: Microseconds | None = None
    script: Annotated[list[AnyFault], BeforeValidator(_scripted), Field(min_length=1)] | None = None
    nothing: Literal[True] | None = None

    before: Annotated[Moment, _moment(moments.before)] | None = None
    after: Annotated[Moment, _moment(moments.after)] | None = None
    pings: Microseconds | None = None
    every: Microseconds | None = None
    copies: Annotated[int, Field(ge=1, le=10_000)] | None = None
    set: dict[str, Any] | None = None
    delete: Annotated[list[str], BeforeValidator(listed)] | None = None

    when: When | None = None
    p: Share | None = None
    occurrence: Numbers | None = None
    requests: Annotated[tuple[int, int], BeforeValidator(moments.window)] | None = None
    time: Annotated[tuple[int, int], BeforeValidator(moments.time_window)] | None = None
    connection: Literal["reused"] | None = None
    burst: Burst | None = None
    ramp: Ramp | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return exactly_one("a fault", KINDS, value, cls.model_fields)

    @model_validator(mode="after")
    def _fitting(self) -> Fault:
        for option, kinds in OPTIONS.items():
            if getattr(self, option) is not None and self.kind not in kinds:
                raise ValueError(f"`{option}` says nothing of `{self.kind}`; expected it beside {one_of(kinds)}")
        if self.before and self.after:
            raise ValueError("a fault strikes before something or after something; got both")
        if self.kind == "edit" and not (self.set or self.delete):
            raise ValueError("an edit changes nothing here; expected `set` or `delete` beside it")
        return self

    @property
    def kind(self) -> str:
        """Which of `KINDS` it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def moment(self) -> Moment | None:
        """The moment it strikes, if the file says one."""
        return self.before or self.after

    def __str__(self) -> str:
        shown = f"{self.kind} {_shown(getattr(self, self.kind))}".rstrip()
        return self.name or (f"{shown} {self.moment}" if self.moment else shown)


AnyFault: TypeAlias = Annotated[Fault, BeforeValidator(_fault)]

Faults: TypeAlias = Annotated[list[AnyFault], BeforeValidator(listed), Field(min_length=1)]
"""One fault or several: by name, by status, or as mappings."""

KINDS = tuple(list(Fault.model_fields)[1 : list(Fault.model_fields).index("before")])

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


def _shown(value: Any) -> str:
    if isinstance(value, Error):
        return value.type
    if isinstance(value, Respond):
        return str(value.status)
    return str(value) if isinstance(value, (str, float, Selector)) or type(value) is int else ""


Fault.model_rebuild()
