"""The parameters of the admin API: pydantic models of the path, the query and the body of a request.

Invalid parameters are reported like errors in a scenario file, each with its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from mockclaude.api.errors import ApiError, invalid
from mockclaude.engine.http_request import hash_key_to_lane
from mockclaude.journal.verification import AT_LEAST_ONE, CountRange
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.shorthand import FormatModel
from mockclaude.scenario.format.units import parse_duration
from mockclaude.scenario.format.when import When
from mockclaude.scenario.loading.inline import InlineSource, check_depth

MAX_BODY = 5_000_000
"""The maximum number of bytes of a body, as of a scenario file."""

_TIMES = "an integer or a mapping with `at_least` and `at_most`"


def _number(value: Any) -> Any:
    """Convert digits of the path or the query to an integer."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 16 else value


def _times(value: Any) -> Any:
    """Expand an integer to a mapping with equal bounds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"at_least": value, "at_most": value}
    if not isinstance(value, dict):
        raise ValueError(f"not a number of requests; expected {_TIMES}, e.g. 2 or {{at_least: 1}}")
    return value


Number: TypeAlias = Annotated[int, BeforeValidator(_number), Field(ge=0)]
Duration: TypeAlias = Annotated[int, BeforeValidator(parse_duration)]
"""Microseconds, written with a unit, e.g. 5s."""


class NoParameters(FormatModel):
    """No parameters."""


class JournalScope(FormatModel):
    """One scenario, one lane, or both. Default: all.

    A lane is specified by name or by its API key.
    """

    scenario: str | None = None
    lane: str | None = None
    api_key: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _check_lane(self) -> JournalScope:
        if self.lane is not None and self.api_key is not None:
            raise ValueError("`lane` and `api_key` both say which lane; expected one of them")
        return self

    @property
    def lane_name(self) -> str | None:
        """The name of the lane; None for all."""
        return self.lane if self.api_key is None else hash_key_to_lane(self.api_key)


class Listing(JournalScope):
    """A page of entries: the newest, or the first after a number."""

    limit: Annotated[Number, Field(ge=1)] = 100
    after: Number | None = None


class EntryNumber(FormatModel):
    """The number of an entry."""

    number: Number


class JournalQuery(JournalScope):
    """Conditions on Messages requests, in the format of a rule's `when`."""

    when: When = When.model_construct()


class Wait(JournalQuery):
    """The number of requests to wait for, and the timeout."""

    count: Annotated[int, Field(ge=1)] = 1
    timeout: Duration = 5_000_000


class CountRangeModel(FormatModel):
    """The expected number of requests."""

    at_least: Annotated[int, Field(ge=0)] = 0
    at_most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _check_bounds(self) -> CountRangeModel:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"`at_most` ({self.at_most}) is less than `at_least` ({self.at_least}); expected no less")
        return self


class Verification(JournalQuery):
    """The expected number of requests that match the conditions."""

    times: Annotated[CountRangeModel, BeforeValidator(_times)] | None = None

    @property
    def bounds(self) -> CountRange:
        """The expected number of requests. Default: at least one."""
        return AT_LEAST_ONE if self.times is None else CountRange(self.times.at_least, self.times.at_most)


class NewRules(JournalScope):
    """One rule or a list in the format of a file, their place, and their lifetime."""

    rules: Any
    where: Annotated[str, Field(min_length=1)] | None = None
    ttl: Duration | None = None

    @property
    def place(self) -> str:
        """The place of the rules in diagnostics."""
        return f"added over HTTP at {self.where}" if self.where else "added over HTTP"


class RuleId(JournalScope):
    """The id of a rule."""

    id: str


class Advance(FormatModel):
    """The time by which to advance the clock."""

    advance: Duration


M = TypeVar("M", bound=FormatModel)


def parse_parameters(model: type[M], body: bytes, query: Mapping[str, str], path: Mapping[str, str]) -> M:
    """Parse the parameters of a request.

    A parameter in the path overrides the body, and one in the body overrides the query.

    Raises:
        ApiError: 400 with all diagnostics, 413 for a body that is too long.
    """
    source = InlineSource("the request", {**query, **_data(body), **path})
    try:
        check_depth(source)
        return model.model_validate(source.data)
    except ScenarioError as error:
        raise invalid_parameters(error) from None
    except ValidationError as error:
        from mockclaude.scenario.loading.validation_errors import to_diagnostics

        raise invalid_parameters(ScenarioError(to_diagnostics(error, model, source))) from None


def invalid_parameters(error: ScenarioError) -> ApiError:
    """Build the 400 whose message has a line for each diagnostic."""
    lines = list(map(str, error.diagnostics))
    return ApiError("invalid_request_error", "\n".join(lines), details={"mistakes": lines})


def _data(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise ApiError("request_too_large", f"The body has {len(body)} bytes; expected at most {MAX_BODY}")
    try:
        data = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise invalid('The body is not a JSON object; expected e.g. {"lane": "my test"}')
    return data
