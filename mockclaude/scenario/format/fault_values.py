"""Values of the keys of a fault that are mappings of their own."""

from __future__ import annotations

from base64 import b64decode
from typing import Annotated, Any, TypeAlias

import orjson
from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.format import units
from mockclaude.scenario.format.shorthand import FormatModel, require_exactly_one

Microseconds: TypeAlias = Annotated[int, BeforeValidator(units.parse_duration)]
Probability: TypeAlias = Annotated[float, BeforeValidator(units.parse_probability)]


class Raw(FormatModel):
    """Bytes: as text, base64, or hexadecimal digits."""

    text: str | None = None
    """The UTF-8 bytes of this text."""
    base64: str | None = None
    """Bytes as base64."""
    hex: str | None = None
    """Bytes as hexadecimal digits."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("raw bytes", cls.model_fields, value, cls.model_fields)

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
            raise ValueError("not valid bytes; expected base64, or pairs of hexadecimal digits") from None


class Insert(Raw):
    """An event, data without a name, or bytes, sent between the events of a stream."""

    event: str | None = None
    """The name of the event."""
    data: Any = None
    """The data of the event: a text, or JSON."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        is_event = isinstance(value, dict) and "event" in value and "data" in value
        return value if is_event else require_exactly_one("an insert", cls.model_fields, value, cls.model_fields)

    def content(self) -> bytes:
        """Return the bytes."""
        if self.event is None and self.data is None:
            return super().content()
        name = f"event: {self.event}\n" if self.event is not None else ""
        data = self.data if isinstance(self.data, str) else orjson.dumps(self.data).decode()
        return f"{name}data: {data}\n\n".encode()


class Burst(FormatModel):
    """Faults in bursts.

    Each request of a lane starts a burst with probability `enter`, and ends it with `leave`.
    """

    enter: Probability
    """The probability that a request starts a burst."""
    leave: Probability
    """The probability that a request ends the burst."""


class Ramp(FormatModel):
    """A probability that changes linearly over the requests of a lane."""

    start: Probability = 0.0
    """The initial probability. Default: 0."""
    end: Probability
    """The final probability."""
    over: Annotated[int, Field(ge=1)]
    """The number of requests from the initial to the final probability."""
