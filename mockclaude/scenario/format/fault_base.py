"""What all faults have: a name, and the triggers that say for which requests a fault is applied.

The kinds are in `faults.py`, which sets `Fault.kinds` and `Fault.options`. The key of a mapping that is the name of a
kind chooses its class.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ModelWrapValidatorHandler, model_validator
from pydantic.fields import FieldInfo

from mockclaude.scenario.diagnostics import did_you_mean, join_words, shorten
from mockclaude.scenario.format import positions
from mockclaude.scenario.format.deferred import Deferred
from mockclaude.scenario.format.fault_values import Burst, Probability, Ramp
from mockclaude.scenario.format.positions import EventSelector, Position
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.format.shorthand import FormatModel, as_list, require_exactly_one
from mockclaude.scenario.format.when import Ordinals, When


def parse_once(kind: type, read: Callable[[Any], Any], value: Any) -> Any:
    """Return `value` if it is a `kind` already, else the result of `read`."""
    return value if isinstance(value, kind) else read(value)


def parse_with(kind: type, read: Callable[[Any], Any]) -> BeforeValidator:
    """Return a validator that reads a value, unless it is a `kind` already."""
    return BeforeValidator(partial(parse_once, kind, read))


class Fault(FormatModel):
    """One fault: exactly one of `KINDS`, with its position and its triggers."""

    kind: ClassVar[str] = ""
    kinds: ClassVar[Sequence[type[Fault]]] = ()
    options: ClassVar[Mapping[str, Sequence[str]]] = {}

    name: Annotated[str, Field(min_length=1)] | None = None
    """The name in the log."""
    when: Deferred[When] | None = None
    """Conditions of the request, as in a rule."""
    p: Probability | None = None
    """The probability of the fault."""
    occurrence: Ordinals | None = None
    """The occurrence of the request in its lane, from 1."""
    requests: Annotated[tuple[int, int], BeforeValidator(positions.parse_request_window)] | None = None
    """A range of a lane's Messages requests, e.g. 10..20."""
    time: Annotated[tuple[int, int], BeforeValidator(positions.parse_time_window)] | None = None
    """A range of times since the start of the server, e.g. 10s..20s."""
    connection: Literal["reused"] | None = None
    """Only on a connection that has served another request."""
    burst: Burst | None = None
    """Faults in bursts."""
    ramp: Ramp | None = None
    """A probability that changes from request to request."""

    @model_validator(mode="wrap")
    @classmethod
    def _of_its_kind(cls, value: Any, handler: ModelWrapValidatorHandler[Fault]) -> Fault:
        if cls is not Fault or not isinstance(value, dict):
            return handler(value)
        require_exactly_one("a fault", [kind.kind for kind in Fault.kinds], value, Fault.known_fields())
        kind = next((kind for kind in Fault.kinds if kind.kind in value), None)
        if kind is None:  # then there are unknown keys, and the handler reports them
            return handler(value)
        fault = kind.model_validate({key: item for key, item in value.items() if kind.takes(key)})
        for option, names in Fault.options.items():
            if option in value and kind.kind not in names:
                raise ValueError(f"`{option}`: no effect on `{kind.kind}`; expected it beside {join_words(names)}")
        return fault

    @classmethod
    def takes(cls, key: str) -> bool:
        """Return whether `key` goes with this kind, or with none."""
        return key in cls.model_fields or key not in Fault.known_fields()

    @classmethod
    def known_fields(cls) -> dict[str, FieldInfo]:
        """Return the fields of this kind; of `Fault` itself those of all kinds."""
        return _fields_of_all_kinds() if cls is Fault else cls.model_fields

    @property
    def position(self) -> Position | None:
        """The position in the response at which it is applied, if the file has one."""
        return None

    @property
    def selectors(self) -> Sequence[EventSelector]:
        """The events that it selects."""
        return ()

    @property
    def affects_others(self) -> bool:
        """Whether the fault affects other clients than the sender of the request."""
        return False

    @property
    def scripted(self) -> Sequence[Fault]:
        """The faults of its script."""
        return ()

    @property
    def shown(self) -> str:
        """The value in the log."""
        value = getattr(self, self.kind)
        return str(value) if isinstance(value, (str, float, EventSelector)) or type(value) is int else ""

    @cached_property
    def label(self) -> str:
        """The name of the fault, or else its kind, value and position, for the log."""
        words = (self.kind, self.shown, str(self.position or ""))
        return self.name or " ".join(word for word in words if word)

    @cached_property
    def nondeterminism(self) -> str:
        """Why the affected requests or clients vary between runs; '' if they do not."""
        reasons = [reason for key, (reason, _) in NONDETERMINISTIC.items() if self.has(key)]
        scripted = (fault.nondeterminism for fault in self.scripted)
        return next(filter(None, scripted), "") or " and ".join(reasons)

    def has(self, key: str) -> bool:
        """Return whether the file sets `key` of the fault."""
        return getattr(self, key, None) is not None

    def __str__(self) -> str:
        return self.label


NONDETERMINISTIC = {
    "time": ("depends on the clock", "a window in `requests`"),
    "connection": ("depends on which connection a client uses", "`occurrence`"),
    "refuse": ("affects every client that connects meanwhile", "`disconnect: reset`"),
}
"""Key of a fault -> why its result varies between runs, and the deterministic alternative."""


@cache
def _fields_of_all_kinds() -> dict[str, FieldInfo]:
    own = {key: field for kind in Fault.kinds for key, field in kind.model_fields.items()}
    keys = ["name", *(kind.kind for kind in Fault.kinds), *Fault.options, *Fault.model_fields]
    return {key: own[key] for key in keys}


class PlacedFault(Fault):
    """A fault that is applied at a position of the response."""

    before: Annotated[Position, parse_with(Position, positions.parse_before)] | None = None
    """The position: before the headers, the body, its end, or an event."""
    after: Annotated[Position, parse_with(Position, positions.parse_after)] | None = None
    """The position: after a number of events or bytes, a share of the body, a duration, or an event."""

    @model_validator(mode="after")
    def _at_one_position(self) -> PlacedFault:
        if self.before and self.after:
            raise ValueError("a fault has `before` and `after`; expected one of them")
        return self

    @property
    def position(self) -> Position | None:
        """The position in the response at which it is applied, if the file has one."""
        return self.before or self.after


def expand_preset(value: Any) -> Any:
    """Return the mapping that a name or a status stands for."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return value
    if value in PRESETS:
        return {"name": value, **PRESETS[value].fault}
    expected = "expected a preset such as reset or 529, or a mapping"
    raise ValueError(f"unknown fault '{shorten(value)}'; {expected}{_find_near_faults(value)}")


def _find_near_faults(name: str) -> str:
    if name in [kind.kind for kind in Fault.kinds]:
        return f"; write a mapping: `{{{name}: ...}}`"
    if re.fullmatch("[2-9][0-9]{2}", name):
        return f"; write `{{respond: {{status: {name}}}}}` for a status of another server"
    return did_you_mean(name, PRESETS, most=3) or "; scenarios/FAULTS.md lists the presets"


MAX_FAULTS = 50
"""The maximum number of faults in a list. Each one edits the response."""

AnyFault: TypeAlias = Annotated[Deferred[Fault], BeforeValidator(expand_preset)]

Faults: TypeAlias = Annotated[list[AnyFault], BeforeValidator(as_list), Field(min_length=1, max_length=MAX_FAULTS)]
"""One fault or several: by name, by status, or as mappings."""
