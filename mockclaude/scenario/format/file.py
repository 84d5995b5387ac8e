"""The scenario file, as its reader writes it: what keys there are, and what each may hold.

In: plain data. Out: pydantic models in which every shorthand has become the long form it stands for.
Knows nothing of files and places, of requests, or of how a reply is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

import orjson
from pydantic import BeforeValidator, Field, model_validator

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import Mode
from mockclaude.scenario.format.faults import Faults
from mockclaude.scenario.format.limits import Limits
from mockclaude.scenario.format.pace import AnyPace
from mockclaude.scenario.format.pace import Pace as Pace
from mockclaude.scenario.format.policy import Models, parse_accepted_betas, parse_unmatched_status
from mockclaude.scenario.format.shorthand import Model, require_exactly_one
from mockclaude.scenario.format.steps import Reply
from mockclaude.scenario.format.when import When


class Choice(Model):
    """One of the replies that are drawn from, and how likely it is beside the others."""

    reply: Reply
    """What to answer."""
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """How likely it is beside the others."""


class RuleModel(Model):
    """When to answer, and with what: exactly one of `reply`, `sequence` and `choice`."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """Shown in the log, and part of every draw: keep it and nothing else changes."""
    when: When = When()
    """Conditions, all of which must hold; none always holds."""
    times: Annotated[int, Field(ge=1)] | None = None
    """How often the rule may answer; the search then goes on below it."""
    pace: AnyPace | None = None
    """How fast it is answered."""
    fault: Faults | None = None
    """What breaks: a fault, or a list of them."""
    as_written: bool | None = None
    """Whether the reply is sent exactly as it is here, whatever the request says of `max_tokens` and the like."""
    reply: Reply | None = None
    """What to answer: a text, a step, or a list of steps."""
    sequence: Annotated[list[Reply], Field(min_length=1)] | None = None
    """Replies one after the other, the last again and again."""
    choice: Annotated[list[Choice], Field(min_length=1)] | None = None
    """Replies of which one is drawn by weight."""

    @cached_property
    def canonical_when(self) -> Mapping[str, str]:
        """Its conditions as JSON, by their keys: conditions that are written alike are equal."""
        given = self.when.model_dump(exclude_unset=True)
        sorted_keys = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        return {key: orjson.dumps(value, option=sorted_keys).decode() for key, value in given.items()}

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a rule", ("reply", "sequence", "choice"), value, cls.model_fields)


class ScenarioFile(Model):
    """A scenario file."""

    seed: int | None = None
    """What everything that is drawn follows from; 0 if no file says it."""
    locale: str | None = None
    """The locale of Faker's values; en_US if no file says it."""
    validation: Mode | None = None
    """How strictly requests are judged; `anthropic` if no file says it."""
    api_keys: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    """The API keys that are accepted; any, if no file says it."""
    models: Models | None = None
    """Which model names are known; `similar` to the SDKs' own if no file says it."""
    betas: Annotated[AcceptedBetas, BeforeValidator(parse_accepted_betas)] | None = None
    """Which names in `anthropic-beta` are accepted: `known`, `strict`, `any`, or a list of further names; `known` if no
    file says it.
    """
    unmatched: Annotated[int, BeforeValidator(parse_unmatched_status)] | None = None
    """The status, or error type, of the error for a request that no rule matches; 410 if no file says it."""
    as_written: bool = False
    """Whether the replies of this file are sent exactly as they are here."""
    pace: AnyPace | None = None
    """How fast the rules of this file are answered; `instant` if it is not said."""
    limits: Limits | None = None
    """How much each API key may use: a limit, or a list of which the first that is for a request holds."""
    chaos: Faults | None = None
    """Faults for whatever a rule of any file answers."""
    client_faults: bool | None = None
    """Whether a request may ask for a fault by itself; true if no file says it."""
    rules: Annotated[list[RuleModel], Field(min_length=1)]
    """The rules; the first that holds answers."""
