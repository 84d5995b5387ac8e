"""Rate limits and limits of requests in flight, as a scenario file writes them."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.diagnostics import join_words
from mockclaude.scenario.format.shorthand import Model, as_list
from mockclaude.scenario.format.when import Name

PerMinute: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]


class InFlight(Model):
    """How many requests are answered at the same time: beyond `most` the API is overloaded, until only `release` are
    left; one fewer than `most`, unless it is given.
    """

    most: Annotated[int, Field(ge=1)]
    """From how many on the API is overloaded."""
    release: Annotated[int, Field(ge=0)] | None = None
    """How many are left when it is not any more."""

    @model_validator(mode="after")
    def _below(self) -> InFlight:
        if self.release is not None and self.release >= self.most:
            raise ValueError(f"`release` is {self.release} and `most` {self.most}; expected `release` below `most`")
        return self

    @property
    def accepted_at(self) -> int:
        """How many are left in flight when an overload is over."""
        return self.most - 1 if self.release is None else self.release


class Acceleration(Model):
    """How fast use may grow: `start` input tokens in the minute of the first request, `step` more in each one after."""

    start: PerMinute
    """How many input tokens are allowed in the first minute."""
    step: PerMinute
    """How many more in each minute after it."""


def expand_in_flight(value: Any) -> Any:
    """Return a number of requests as what it is short for."""
    return {"most": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Limit(Model):
    """What each API key may use. Each model has its own share, but those of one `model` pattern have one together.

    `in_flight` is what all keys have together.
    """

    model: Name | None = None
    """For which models it is."""
    api_key: Name | None = None
    """For which API keys it is."""
    requests_per_minute: PerMinute | None = None
    """How many requests are allowed in a minute."""
    input_tokens_per_minute: PerMinute | None = None
    """How many input tokens are allowed in a minute."""
    output_tokens_per_minute: PerMinute | None = None
    """How many output tokens are allowed in a minute."""
    acceleration: Acceleration | None = None
    """How fast use may grow."""
    in_flight: Annotated[InFlight, BeforeValidator(expand_in_flight)] | None = None
    """How many requests are answered at the same time."""

    @model_validator(mode="after")
    def _limits_something(self) -> Limit:
        if not self.model_fields_set.intersection(LIMITS):
            raise ValueError(f"nothing is limited here; expected {join_words(LIMITS)}")
        return self


LIMITS = [name for name in Limit.model_fields if name not in ("model", "api_key")]

Limits: TypeAlias = Annotated[list[Limit], BeforeValidator(as_list), Field(min_length=1)]
"""One limit or several, of which the first that is for a request holds."""
