"""How fast a reply comes, as a scenario file or the header of a request writes it.

In: `instant`, the name of a profile, or a mapping. Out: a `Pace`, or a `ValueError` with what was expected.
Knows nothing of replies, and draws nothing: what is a distribution stays one.
"""

from __future__ import annotations

from functools import cached_property, lru_cache, partial
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words
from mockclaude.scenario.format import assignments, units
from mockclaude.scenario.format.profiles import OF_MODEL, PROFILES, resolve_profile
from mockclaude.scenario.format.shorthand import Model
from mockclaude.scenario.format.units import Distribution, Parse

PACE_HEADER = "x-mockclaude-pace"
INSTANT = "instant"
NAMES = (*PROFILES, OF_MODEL)
"""The names of the profiles, and the one that stands for the profile of the model asked for."""


def parse_fixed_or_distribution(fixed: Parse, drawn: Parse, value: Any) -> Any:
    """Return what `fixed` reads, or of a mapping the distribution in which `drawn` reads the numbers."""
    if isinstance(value, Distribution):
        return value
    return units.parse_distribution(value, drawn) if isinstance(value, dict) else fixed(value)


def _reading(fixed: Parse, drawn: Parse) -> BeforeValidator:
    return BeforeValidator(partial(parse_fixed_or_distribution, fixed, drawn))


Duration: TypeAlias = Annotated[int, BeforeValidator(units.parse_duration)]
Time: TypeAlias = Annotated[int | Distribution, _reading(units.parse_duration, units.parse_duration)]
Rate: TypeAlias = Annotated[float | Distribution, _reading(units.parse_rate, units.parse_rate)]
Jitter: TypeAlias = Annotated[float | Distribution, _reading(units.parse_probability, units.parse_factor)]


SPEEDS = ("tokens_per_second", "gap", "gaps")
"""Keys of which a pace has one: how fast the tokens after the first come."""


class Pace(Model):
    """How fast a reply comes: the time to the first token, and the tokens per second or the gap before each delta.

    Once read, times are microseconds. A `jitter` of 0.2 makes each gap up to 20% shorter or longer; a distribution is
    that of the factor each gap is multiplied by. A `profile` says everything that is not said beside it.
    """

    ttft: Time = 0
    """The time to the first token."""
    tokens_per_second: Rate | None = None
    """How fast the other tokens come."""
    gap: Time | None = None
    """How long after each other they come."""
    gaps: Annotated[list[Duration], Field(min_length=1)] | None = None
    """How long after each other they came in a recording; the last gap again and again."""
    jitter: Jitter = 0.0
    """By how much each gap is longer or shorter, at most; or a distribution of the factor."""
    profile: Literal[NAMES] | None = None  # type: ignore[valid-type]
    """The family of models whose figures hold for all that is not said beside it."""

    @model_validator(mode="after")
    def _one_speed(self) -> Pace:
        said = [key for key in SPEEDS if getattr(self, key) is not None]
        if len(said) > 1:
            raise ValueError(f"a pace has one of {join_words(SPEEDS)}; got {' and '.join(said)}")
        return self

    @cached_property
    def instant(self) -> bool:
        """Whether nothing takes time."""
        return not (self.ttft or self.tokens_per_second or self.gap or self.gaps or self.profile)

    def for_model(self, model: str) -> Pace:
        """Return this pace with what its profile says for `model`."""
        if self.profile is None:
            return self
        said = {key: getattr(self, key) for key in self.model_fields_set - {"profile"}}
        given = _PACES[resolve_profile(self.profile, model)]
        usual = {} if said.keys().isdisjoint(SPEEDS) else dict.fromkeys(SPEEDS)
        return given.model_copy(update={**usual, **said})


def expand_name(value: Any) -> Any:
    """Return the mapping that a name stands for."""
    if value == INSTANT:
        return {}
    return {"profile": value} if isinstance(value, str) and value in NAMES else value


AnyPace: TypeAlias = Annotated[Pace, BeforeValidator(expand_name)]
_READ: TypeAdapter[Pace] = TypeAdapter(AnyPace)

_PACES = {name: Pace.model_validate(profile.pace) for name, profile in PROFILES.items()}


@lru_cache(maxsize=256)
def parse_pace(text: str) -> Pace:
    """Return the pace that a header says: `instant`, a profile, keys and values (`ttft=400ms, tokens_per_second=60`),
    or the mapping of a scenario file as JSON. Raises `ValueError` with what was expected.
    """
    data = assignments.parse_assignments(text, ",;")
    if isinstance(data, str) and data not in (INSTANT, *NAMES):
        raise ValueError(f"{format_value(data)} is no pace; {_EXPECTED}{did_you_mean(data, (INSTANT, *NAMES))}")
    try:
        return _READ.validate_python(data)
    except ValidationError as error:
        raise ValueError(assignments.first_problem(error, Pace)) from None


_EXPECTED = f"expected {join_words((INSTANT, *NAMES))}, or keys and values, such as ttft=400ms, tokens_per_second=60"
