"""What a call to the admin plane may say, in its path, its query and its body.

In: JSON data, and texts from the path and the query. Out: pydantic models, or the mistakes, worded as those of a
scenario file. Knows nothing of what a call does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

import orjson
from pydantic import BeforeValidator, Field, ValidationError, model_validator

from mockclaude.api.errors import ApiError, invalid
from mockclaude.engine.http_request import lane_of_key
from mockclaude.journal.verification import AT_LEAST_ONE
from mockclaude.journal.verification import Times as Bounds
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.shorthand import Model
from mockclaude.scenario.format.units import duration
from mockclaude.scenario.format.when import When
from mockclaude.scenario.loading.inline import Inline, check_depth

MAX_BODY = 5_000_000
"""Bytes of a body that are read: as many as of a scenario file."""

_TIMES = "a whole number or a mapping with `at_least` and `at_most`"


def _number(value: Any) -> Any:
    """Return the number that `value`, a text of the path or the query, says."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 16 else value


def _times(value: Any) -> Any:
    """Return a number of times as the mapping that says the same."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"at_least": value, "at_most": value}
    if not isinstance(value, dict):
        raise ValueError(f"this is not how often; expected {_TIMES}, such as 2 or {{at_least: 1}}")
    return value


Number: TypeAlias = Annotated[int, BeforeValidator(_number), Field(ge=0)]
Duration: TypeAlias = Annotated[int, BeforeValidator(duration)]
"""Microseconds, written with a unit, such as 5s."""


class Nothing(Model):
    """Nothing needs to be said."""


class Scope(Model):
    """Which part of what there is: one scenario, one lane; everything, if nothing is said.

    A lane is named, or it is that of an API key.
    """

    scenario: str | None = None
    lane: str | None = None
    api_key: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_lane(self) -> Scope:
        if self.lane is not None and self.api_key is not None:
            raise ValueError("`lane` and `api_key` both say which lane; expected one of them")
        return self

    @property
    def whose(self) -> str | None:
        """The lane."""
        return self.lane if self.api_key is None else lane_of_key(self.api_key)


class Listing(Scope):
    """How many entries, and after which number."""

    limit: Annotated[Number, Field(ge=1)] = 100
    after: Number | None = None


class Numbered(Model):
    """The number of an entry."""

    number: Number


class Query(Scope):
    """The conditions that hold for a question, in the words of a rule."""

    when: When = When()


class Wait(Query):
    """How many questions to wait for, and how long at most."""

    count: Annotated[int, Field(ge=1)] = 1
    timeout: Duration = 5_000_000


class Times(Model):
    """How often at least, and how often at most."""

    at_least: Annotated[int, Field(ge=0)] = 0
    at_most: Annotated[int, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Times:
        if self.at_most is not None and self.at_most < self.at_least:
            raise ValueError(f"`at_most` is {self.at_most} and `at_least` {self.at_least}; expected no less")
        return self


class Verification(Query):
    """How many questions should hold."""

    times: Annotated[Times, BeforeValidator(_times)] | None = None

    @property
    def bounds(self) -> Bounds:
        """How many questions should hold: at least one, if nothing is said."""
        return AT_LEAST_ONE if self.times is None else Bounds(self.times.at_least, self.times.at_most)


class NewRules(Scope):
    """A rule, or a list of rules, as a file has them, where the client has them from, and how long they hold."""

    rules: Any
    where: Annotated[str, Field(min_length=1)] | None = None
    ttl: Duration | None = None

    @property
    def said(self) -> str:
        """Where messages say that the rules are."""
        return f"added over HTTP at {self.where}" if self.where else "added over HTTP"


class RuleId(Scope):
    """The id of a rule."""

    id: str


class Advance(Model):
    """How far the clock goes."""

    advance: Duration


Asked = TypeVar("Asked", bound=Model)


def read(model: type[Asked], body: bytes, query: Mapping[str, str], path: Mapping[str, str]) -> Asked:
    """Return what a call says, as `model`. Raises `ApiError` 400 with every mistake, 413."""
    source = Inline("the request", {**query, **_data(body), **path})
    try:
        check_depth(source)
        return model.model_validate(source.data)
    except ScenarioError as error:
        raise refused(error) from None
    except ValidationError as error:
        from mockclaude.scenario.loading.validation_errors import mistakes

        raise refused(ScenarioError(mistakes(error, model, source))) from None


def refused(error: ScenarioError) -> ApiError:
    """Return the 400 whose message has a line for each mistake."""
    lines = list(map(str, error.mistakes))
    return ApiError("invalid_request_error", "\n".join(lines), details={"mistakes": lines})


def _data(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY:
        raise ApiError("request_too_large", f"The body has {len(body)} bytes; expected at most {MAX_BODY}")
    try:
        data = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise invalid(f"The body is not JSON: {error}") from None
    if not isinstance(data, dict):
        raise invalid('The body is no JSON object; expected such as {"lane": "my test"}')
    return data
