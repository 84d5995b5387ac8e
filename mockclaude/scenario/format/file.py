"""The models of a scenario file: its keys and their values.

Validation expands every shorthand to its long form.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from pydantic import BeforeValidator, Field, model_validator

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import Mode
from mockclaude.api.model_constants import Account
from mockclaude.scenario.format.chunks import ChunkSize
from mockclaude.scenario.format.deferred import Deferred, DeferredType
from mockclaude.scenario.format.pace import NO_PACE as NO_PACE
from mockclaude.scenario.format.pace import AnyPace
from mockclaude.scenario.format.pace import Pace as Pace
from mockclaude.scenario.format.policy import (
    LaneSource,
    Models,
    parse_accepted_betas,
    parse_lane_from,
    parse_today,
    parse_unmatched_status,
)
from mockclaude.scenario.format.shorthand import FormatModel, require_exactly_one
from mockclaude.scenario.format.steps import Reply
from mockclaude.scenario.format.when import When

if TYPE_CHECKING:
    from mockclaude.scenario.format.batches import Batches
    from mockclaude.scenario.format.faults import Faults
    from mockclaude.scenario.format.limits import Limits
    from mockclaude.scenario.format.recorded import Recorded
else:
    Batches = Annotated[Any, DeferredType("batches", "Batches")]
    Faults = Annotated[Any, DeferredType("faults", "Faults")]
    Limits = Annotated[Any, DeferredType("limits", "Limits")]
    Recorded = Annotated[Any, DeferredType("recorded", "Recorded")]

REPLY_KEYS = ("reply", "sequence", "turns", "choice")
"""The keys of a rule that hold replies."""


class Choice(FormatModel):
    """A reply of a choice, and its weight."""

    reply: Reply
    """The reply."""
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """The weight of the reply relative to the other replies."""


class RuleModel(FormatModel):
    """A condition and a reply: `reply`, `sequence`, `turns` or `choice`."""

    name: Annotated[str, Field(min_length=1)] | None = None
    """Name of the rule in the log and in every draw. Keep it, and the draws stay the same when the rule changes."""
    when: Deferred[When] = When.model_construct()
    """Conditions, all of which must match. A rule without conditions matches every request."""
    times: Annotated[int, Field(ge=1)] | None = None
    """The number of times the rule can be selected. Later rules are then tried."""
    pace: AnyPace | None = None
    """The pace of the reply."""
    chunk_size: ChunkSize | None = None
    """The characters of a streamed delta."""
    fault: Faults | None = None
    """A fault, or a list of faults."""
    as_written: bool | None = None
    """Whether the reply is sent exactly as written, whatever `max_tokens` and the like in the request."""
    recorded: Recorded | None = None
    """The origin of a recorded rule. A request that differs from the recorded one gets a note in the log."""
    reply: Reply | None = None
    """The reply: a text, a step, or a list of steps."""
    sequence: Annotated[list[Reply], Field(min_length=1)] | None = None
    """Replies selected one after the other. The last one repeats."""
    turns: Annotated[list[Reply], Field(min_length=1)] | None = None
    """Replies by the number of the turn, from 1. The last one is also the reply to later turns."""
    choice: Annotated[list[Deferred[Choice]], Field(min_length=1)] | None = None
    """Replies of which one is drawn by weight."""

    @cached_property
    def canonical_when(self) -> Mapping[str, str]:
        """The conditions as JSON, by key. Equal conditions have equal JSON."""
        conditions = {"endpoint": ["messages"], **self.when.model_dump(exclude_unset=True)}
        sorted_keys = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
        return {key: orjson.dumps(value, option=sorted_keys).decode() for key, value in conditions.items()}

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a rule", REPLY_KEYS, value, cls.model_fields)


class ScenarioFile(FormatModel):
    """A scenario file."""

    seed: int | None = None
    """The number that all draws derive from. Default: 0."""
    locale: str | None = None
    """The locale of Faker's values. Default: `en_US`."""
    validation: Mode | None = None
    """The validation mode. Default: `anthropic`."""
    api_keys: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    """The accepted API keys. Default: any."""
    models: Models | None = None
    """The accepted model names. Default: `similar`, the catalogue and newer names."""
    betas: Annotated[AcceptedBetas, BeforeValidator(parse_accepted_betas)] | None = None
    """The accepted names in `anthropic-beta`: `known`, `strict`, `any`, or a list of names. Default: `known`."""
    unmatched: Annotated[int, BeforeValidator(parse_unmatched_status)] | None = None
    """The status or error type of the error for an unmatched request. Default: 410."""
    lane_from: Annotated[tuple[LaneSource, ...], BeforeValidator(parse_lane_from)] | None = None
    """The sources of a request's lane: a header (`headers.x-user`), a cookie (`cookies.session`), a field of the body
    such as `metadata.user_id`, or a list of which the first with a value is used. Default: the lane of the API key."""
    account: Account | None = None
    """The age of the account, `old` or `new`: some models bind thinking to its messages for new accounts only. Default:
    `new`."""
    today: Annotated[str, BeforeValidator(parse_today)] | None = None
    """The day on which models are active, deprecated or retired. Default: the day of the catalogue."""
    as_recorded: bool | None = None
    """Whether the events of streams have spaces before the last brace, as in recordings. Default: false."""
    batches: Batches | None = None
    """The progress of message batches: their duration, and the order of their results."""
    as_written: bool = False
    """Whether the replies of this file are sent exactly as written."""
    pace: AnyPace | None = None
    """The pace of this file's rules. Default: `instant`."""
    chunk_size: ChunkSize | None = None
    """The characters of a streamed delta of this file's rules. Default: 4 to 35, as in recordings."""
    limits: Limits | None = None
    """Limits for each API key: a limit, or a list of which the first that applies to a request is used."""
    chaos: Faults | None = None
    """Faults that apply to every rule of the scenario."""
    client_faults: bool | None = None
    """Whether a request may select a fault with a header. Default: true."""
    rules: list[Deferred[RuleModel]]
    """The rules. The first rule that matches a request is selected. `[]`: only added rules."""
