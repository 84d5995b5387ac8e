"""The pace of a reply, in a scenario file or in the header of a request.

Nothing is drawn here: a distribution stays one.
"""

from functools import cache, cached_property, lru_cache, partial
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words
from mockclaude.scenario.format import assignments, units
from mockclaude.scenario.format.deferred import Deferred
from mockclaude.scenario.format.profiles import OF_MODEL, PROFILES, resolve_profile
from mockclaude.scenario.format.shorthand import FormatModel
from mockclaude.scenario.format.units import Distribution, Parse

PACE_HEADER = "x-mockclaude-pace"
INSTANT = "instant"
NAMES = (*PROFILES, OF_MODEL)
"""The names of the profiles, and that of the requested model's profile."""


def parse_fixed_or_distribution(fixed: Parse, drawn: Parse, value: Any) -> Any:
    """Parse a value with `fixed`, or a distribution of numbers with `drawn`."""
    if isinstance(value, Distribution):
        return value
    return units.parse_distribution(value, drawn) if isinstance(value, dict) else fixed(value)


def _parse_with(fixed: Parse, drawn: Parse) -> BeforeValidator:
    return BeforeValidator(partial(parse_fixed_or_distribution, fixed, drawn))


Duration: TypeAlias = Annotated[int, BeforeValidator(units.parse_duration)]
Time: TypeAlias = Annotated[int | Distribution, _parse_with(units.parse_duration, units.parse_duration)]
Rate: TypeAlias = Annotated[float | Distribution, _parse_with(units.parse_rate, units.parse_rate)]
Jitter: TypeAlias = Annotated[float | Distribution, _parse_with(units.parse_probability, units.parse_factor)]


SPEEDS = ("tokens_per_second", "gap", "gaps")
"""Keys of which a pace has at most one: the speed of the tokens after the first."""


class Pace(FormatModel):
    """The pace of a reply: time to the first token, and the speed of the others.

    Durations become microseconds. A `jitter` of 0.2 makes each gap up to 20% shorter or longer; a distribution is
    that of the factor of each gap. A `profile` sets all keys that are absent.
    """

    ttft: Time = 0
    """Time to the first token."""
    tokens_per_second: Rate | None = None
    """Speed of the other tokens."""
    gap: Time | None = None
    """Time between tokens."""
    gaps: Annotated[list[Duration], Field(min_length=1)] | None = None
    """Times between tokens, as recorded. The last gap repeats."""
    jitter: Jitter = 0.0
    """Maximum random variation of each gap, or the distribution of a factor."""
    profile: Literal[NAMES] | None = None  # type: ignore[valid-type]
    """The family of models whose pace sets the absent keys."""

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        present = [key for key in SPEEDS if getattr(self, key) is not None]
        if len(present) > 1:
            raise ValueError(
                f"wrong keys of a pace, got {' and '.join(present)}; expected at most one of {join_words(SPEEDS)}"
            )
        return self

    @cached_property
    def instant(self) -> bool:
        """Whether the reply has no delay."""
        return not (self.ttft or self.tokens_per_second or self.gap or self.gaps or self.profile)

    def for_model(self, model: str) -> "Pace":
        """Return a pace with the keys of the profile for `model`."""
        if self.profile is None:
            return self
        own = {key: getattr(self, key) for key in self.model_fields_set - {"profile"}}
        profile = _pace_of(resolve_profile(self.profile, model))
        usual = {} if own.keys().isdisjoint(SPEEDS) else dict.fromkeys(SPEEDS)
        return profile.model_copy(update={**usual, **own})


def expand_name(value: Any) -> Any:
    """Expand `instant` or the name of a profile to a mapping."""
    if value == INSTANT:
        return {}
    return {"profile": value} if isinstance(value, str) and value in NAMES else value


AnyPace: TypeAlias = Annotated[Deferred[Pace], BeforeValidator(expand_name)]
NO_PACE = Pace.model_construct()


@cache
def _pace_of(profile: str) -> Pace:
    return Pace.model_validate(PROFILES[profile].pace)


@cache
def _adapter() -> TypeAdapter[Pace]:
    return TypeAdapter(AnyPace)


@lru_cache(maxsize=256)
def parse_pace(text: str) -> Pace:
    """Parse the pace in a header.

    It is `instant`, a profile, keys and values such as `ttft=400ms, tokens_per_second=60`, or a mapping as JSON.

    Raises:
        ValueError: The text is not a pace.
    """
    data = assignments.parse_assignments(text, ",;")
    if isinstance(data, str) and data not in (INSTANT, *NAMES):
        raise ValueError(f"unknown pace {format_value(data)}; {_EXPECTED}{did_you_mean(data, (INSTANT, *NAMES))}")
    try:
        return _adapter().validate_python(data)
    except ValidationError as error:
        raise ValueError(assignments.first_problem(error, Pace)) from None


_EXPECTED = f"expected {join_words((INSTANT, *NAMES))}, or keys and values, such as ttft=400ms, tokens_per_second=60"
