"""Rate limits and limits of requests in flight."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.diagnostics import join_words
from mockclaude.scenario.format.deferred import Deferred
from mockclaude.scenario.format.shorthand import FormatModel, as_list
from mockclaude.scenario.format.when import Name

PerMinute: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]


class InFlight(FormatModel):
    """The maximum of concurrent requests.

    Beyond `most` the API is overloaded, until `release` are left.
    """

    most: Annotated[int, Field(ge=1)]
    """The number of requests from which on the API is overloaded."""
    release: Annotated[int, Field(ge=0)] | None = None
    """The number of requests at which the overload ends. Default: `most` - 1."""

    @model_validator(mode="after")
    def _check_release(self) -> InFlight:
        if self.release is not None and self.release >= self.most:
            raise ValueError(f"`release` ({self.release}) is not below `most` ({self.most}); expected release < most")
        return self

    @property
    def accepted_at(self) -> int:
        """The number of requests in flight at which an overload ends."""
        return self.most - 1 if self.release is None else self.release


class Acceleration(FormatModel):
    """The growth of input tokens from one minute to the next."""

    start: PerMinute
    """Input tokens in the first minute."""
    step: PerMinute
    """Further input tokens in each later minute."""


def expand_in_flight(value: Any) -> Any:
    """Expand an integer to `{most: n}`."""
    return {"most": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Limit(FormatModel):
    """Limits of each API key.

    Each model has limits of its own; models that match one `model` pattern share them.

    All keys share `in_flight`.
    """

    model: Name | None = None
    """The models that the limit applies to."""
    api_key: Name | None = None
    """The API keys that the limit applies to."""
    requests_per_minute: PerMinute | None = None
    """Requests per minute."""
    input_tokens_per_minute: PerMinute | None = None
    """Input tokens per minute."""
    output_tokens_per_minute: PerMinute | None = None
    """Output tokens per minute."""
    acceleration: Acceleration | None = None
    """The growth of input tokens."""
    in_flight: Annotated[InFlight, BeforeValidator(expand_in_flight)] | None = None
    """The maximum of concurrent requests."""

    @model_validator(mode="after")
    def _check_limits(self) -> Limit:
        if not self.model_fields_set.intersection(LIMITS):
            raise ValueError(f"a limit without a maximum; expected {join_words(LIMITS)}")
        return self


LIMITS = [name for name in Limit.model_fields if name not in ("model", "api_key")]

Limits: TypeAlias = Annotated[list[Deferred[Limit]], BeforeValidator(as_list), Field(min_length=1)]
"""One limit or several, of which the first that applies to a request is used."""
