"""The conditions of a rule in a scenario file."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.conditions.queries import Query
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.diagnostics import join_words
from mockclaude.scenario.format.deferred import Deferred
from mockclaude.scenario.format.shorthand import (
    FormatModel,
    as_list,
    each_short_for,
    expand_shorthand,
    require_exactly_one,
)


def expand_body_matches(value: Any) -> Any:
    """Expand an expression, a mapping of expressions to values, or a list of them."""
    return [{"values": item} if isinstance(item, dict) else expand_shorthand("truthy", item) for item in as_list(value)]


Texts: TypeAlias = Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)]
Patterns: TypeAlias = Annotated[list[Regex], BeforeValidator(as_list), Field(min_length=1)]


class TextMatcher(FormatModel):
    """A matcher of a text: exactly one of these keys. Of several texts one must match.

    `equals` is the whole text, `contains` a part, `like` the whole text with `*` for any part, `regex` a
    regular expression.
    """

    equals: Texts | None = None
    """The whole text."""
    contains: Texts | None = None
    """A part of the text."""
    like: Texts | None = None
    """The whole text, with `*` for any part."""
    regex: Patterns | None = None
    """A regular expression in Python's syntax. Its captures are `${{ match.NAME }}` in replies."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a match", cls.model_fields, value, cls.model_fields)


Prose: TypeAlias = Annotated[list[TextMatcher], BeforeValidator(each_short_for("contains")), Field(min_length=1)]
"""Matchers of prose: a bare text stands for `contains`."""

Name: TypeAlias = Annotated[list[TextMatcher], BeforeValidator(each_short_for("like")), Field(min_length=1)]
"""Matchers of a name: a bare text stands for `like`, the whole name with `*` for any part."""


class ToolResultMatcher(FormatModel):
    """A matcher of a tool result of the current turn."""

    name: Name | None = None
    """The tool of the result."""
    is_error: bool | None = None
    """Whether the result is an error."""
    content: Prose | None = None
    """The text of the result."""


class BodyMatcher(FormatModel):
    """JMESPath expressions over the body: a true one, or some with their values."""

    truthy: Query | None = None
    values: Annotated[dict[Query, Any], Field(min_length=1)] = Field(default_factory=dict)


ToolResults: TypeAlias = Annotated[
    list[Deferred[ToolResultMatcher]], BeforeValidator(each_short_for("name")), Field(min_length=1)
]
Bodies: TypeAlias = Annotated[list[Deferred[BodyMatcher]], BeforeValidator(expand_body_matches), Field(min_length=1)]
Numbers: TypeAlias = Annotated[list[Annotated[int, Field(ge=0)]], BeforeValidator(as_list), Field(min_length=1)]
Ordinals: TypeAlias = Annotated[list[Annotated[int, Field(ge=1)]], BeforeValidator(as_list), Field(min_length=1)]


Endpoint: TypeAlias = Literal["messages", "count_tokens", "models", "batches", "files", "skills"]
Endpoints: TypeAlias = Annotated[list[Endpoint], BeforeValidator(as_list), Field(min_length=1)]

Adapter: TypeAlias = Literal["anthropic", "bedrock", "vertex", "openai"]
Adapters: TypeAlias = Annotated[list[Adapter], BeforeValidator(as_list), Field(min_length=1)]

_WITH_MESSAGE = ("messages", "count_tokens")
_WITHOUT_MESSAGE = ("adapter", "endpoint", "headers", "retry")
"""The conditions that a request to another endpoint can match; one to `models` can also match `model`."""


class When(FormatModel):
    """The conditions of a rule. All keys must match."""

    user: Prose | None = None
    """The text of the current turn: everything since the last assistant message, without an agent's reminders."""
    tool_result: ToolResults | None = None
    """A tool result of the current turn: the name of its tool, or a mapping with e.g. the `content`."""
    system: Prose | None = None
    """The system prompt, system messages included."""
    anywhere: Prose | None = None
    """A text anywhere in the request: the system prompt, all messages, and tool results."""
    model: Name | None = None
    """The model's name."""
    tools: Name | None = None
    """The name of an offered tool."""
    headers: Annotated[dict[str, Name], Field(min_length=1)] | None = None
    """Headers and their values."""
    body: Bodies | None = None
    """A JMESPath expression over the body that must be true, or expressions and their values."""
    stream: bool | None = None
    """Whether the request asks for a stream."""
    turn: Ordinals | None = None
    """The number of the turn, from 1."""
    retry: Numbers | None = None
    """The number of retries before this request: the SDK's header x-stainless-retry-count."""
    batch: bool | None = None
    """Whether the request is an item of a batch. Default: both."""
    custom_id: Name | None = None
    """The name of an item of a batch."""
    endpoint: Endpoints | None = None
    """The endpoint: `messages`, `count_tokens`, `models`, `batches`, `files` or `skills`. Default: `messages`."""
    adapter: Adapters | None = None
    """The API whose client sends the request: `anthropic`, `bedrock`, `vertex` or `openai`. Default: any."""

    @model_validator(mode="after")
    def _can_match(self) -> Self:
        endpoints = self.endpoint or ["messages"]
        if self.is_batch:
            self._check_item(endpoints)
        if any(endpoint in _WITH_MESSAGE for endpoint in endpoints):
            return self
        accepted = sorted((*_WITHOUT_MESSAGE, "model") if "models" in endpoints else _WITHOUT_MESSAGE)
        if others := self.model_fields_set.difference(accepted):
            problem = f"`{min(others)}` never matches a request to {join_words(endpoints)}, which has no message"
            keys = join_words([key for key in accepted if key != "endpoint"])
            raise ValueError(f"{problem}; expected {keys} beside `endpoint`")
        return self

    @property
    def is_batch(self) -> bool:
        """Whether the conditions match only items of batches."""
        return bool(self.batch or self.custom_id)

    def _check_item(self, endpoints: Sequence[Endpoint]) -> None:
        """Check that the conditions can match an item of a batch."""
        if self.batch is False:
            raise ValueError("`custom_id` never matches beside `batch: false`; expected `batch: true`, or no `batch`")
        if self.stream:
            raise ValueError("`stream: true` never matches an item of a batch; expected no `stream`")
        if "messages" not in endpoints:
            raise ValueError(f"`endpoint: {endpoints[0]}` never matches an item of a batch; expected messages")
