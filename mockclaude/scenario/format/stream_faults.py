"""Faults of a whole body: the order of its events, its line ends, its compression and its speed."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from mockclaude.scenario.format import positions
from mockclaude.scenario.format.fault_base import Fault
from mockclaude.scenario.format.fault_values import Microseconds

Size: TypeAlias = Annotated[int, Field(ge=1, le=10_000_000)]


class InterleaveFault(Fault):
    """Content blocks that are streamed at the same time."""

    kind = "interleave"
    interleave: Literal[True]
    """The events of the content blocks alternate."""


class LineEndsFault(Fault):
    """Other line ends."""

    kind = "line_ends"
    line_ends: Literal["crlf", "cr"]
    """The line ends of the stream: CRLF or CR in place of LF."""


class GzipFault(Fault):
    """A body with valid gzip that is held back."""

    kind = "gzip"
    gzip: Annotated[int, Field(ge=1, le=100_000)] | Literal["end"]
    """The number of events that are compressed together: 1 holds no event back, `end` all of them."""


class SliceFault(Fault):
    """A body in slices."""

    kind = "slice"
    slice: Size | Literal["utf8", "separator"]
    """The size of the pieces in bytes, or cuts inside each character or blank line."""
    every: Microseconds | None = None
    """The time between the pieces."""


class RateFault(Fault):
    """A slow body."""

    kind = "rate"
    rate: Annotated[float, BeforeValidator(positions.parse_byte_rate)]
    """The maximum speed of the body."""
