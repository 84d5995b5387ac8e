"""The scenario file, as its reader writes it: what keys there are, and what each may hold.

In: plain data. Out: pydantic models in which every shorthand has become the long form it stands for.
Knows nothing of files and places, of requests, or of how a reply is made.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from mockclaude.api.validation import Mode
from mockclaude.scenario.faults import Faults
from mockclaude.scenario.limits import Limits
from mockclaude.scenario.pace import AnyPace
from mockclaude.scenario.pace import Pace as Pace
from mockclaude.scenario.policy import Models
from mockclaude.scenario.shorthand import Model, exactly_one
from mockclaude.scenario.steps import Reply
from mockclaude.scenario.when import When


class Choice(Model):
    """One of the replies that are drawn from, and how likely it is beside the others."""

    reply: Reply
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class Rule(Model):
    """When to answer, and with what: exactly one of `reply`, `sequence` and `choice`."""

    name: Annotated[str, Field(min_length=1)] | None = None
    when: When = When()
    times: Annotated[int, Field(ge=1)] | None = None
    pace: AnyPace | None = None
    fault: Faults | None = None
    as_written: bool | None = None
    reply: Reply | None = None
    sequence: Annotated[list[Reply], Field(min_length=1)] | None = None
    choice: Annotated[list[Choice], Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return exactly_one("a rule", ("reply", "sequence", "choice"), value, cls.model_fields)


class ScenarioFile(Model):
    """A scenario file."""

    seed: int | None = None
    locale: str | None = None
    validation: Mode | None = None
    api_keys: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    models: Models | None = None
    as_written: bool = False
    pace: AnyPace | None = None
    limits: Limits | None = None
    chaos: Faults | None = None
    client_faults: bool | None = None
    rules: Annotated[list[Rule], Field(min_length=1)]
