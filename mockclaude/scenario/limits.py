"""How much a client may ask for, as the scenario file writes it.

In: the file's `limits` as plain data. Out: pydantic models in their long form, and whom each is for.
Knows nothing of time and of what was used: `server/limits.py` holds these against requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.conditions import text_test
from mockclaude.scenario.mistakes import Mistake, Place, Placed, one_of
from mockclaude.scenario.shorthand import Model, listed
from mockclaude.scenario.when import Name

if TYPE_CHECKING:
    from mockclaude.scenario import format as written

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


def counted(value: Any) -> Any:
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
    in_flight: Annotated[InFlight, BeforeValidator(counted)] | None = None
    """How many requests are answered at the same time."""

    @model_validator(mode="after")
    def _limits_something(self) -> Limit:
        if not self.model_fields_set.intersection(LIMITS):
            raise ValueError(f"nothing is limited here; expected {one_of(LIMITS)}")
        return self


LIMITS = [name for name in Limit.model_fields if name not in ("model", "api_key")]

Limits: TypeAlias = Annotated[list[Limit], BeforeValidator(listed), Field(min_length=1)]
"""One limit or several, of which the first that is for a request holds."""


class PossibleLimit(NamedTuple):
    """A limit, where it is written, and tests of the model and the API key it is for."""

    limit: Limit
    place: Place
    model: Callable[[str], bool]
    api_key: Callable[[str], bool]

    def applies(self, model: str, api_key: str) -> bool:
        """Return whether it is for a request with this model and key."""
        return self.model(model) and self.api_key(api_key)


def possible_limits(files: Sequence[tuple[Placed, written.ScenarioFile]]) -> tuple[PossibleLimit, ...]:
    """Return the limits of all files, in their order."""
    return tuple(
        PossibleLimit(limit, place, *(text_test(names) if names else _any for names in (limit.model, limit.api_key)))
        for limit, place in _placed(files)
    )


def limit_mistakes(files: Sequence[tuple[Placed, written.ScenarioFile]]) -> Iterator[Mistake]:
    """Yield the limits that can never hold, since one above them is for everybody."""
    above: Place | None = None
    for limit, place in _placed(files):
        if above:
            problem = f"this limit can never hold: the one in {above} is for every request; expected it after this one"
            yield Mistake(place, problem)
        elif limit.model is None and limit.api_key is None:
            above = place


def _placed(files: Sequence[tuple[Placed, written.ScenarioFile]]) -> Iterator[tuple[Limit, Place]]:
    for source, file in files:
        for index, limit in enumerate(file.limits or ()):
            yield limit, source.place(("limits", index))


def _any(_: str) -> bool:
    return True
