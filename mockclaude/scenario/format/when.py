"""The conditions of a rule, as the scenario file writes them.

In: the `when` of a rule as plain data. Out: pydantic models in their long form.
Knows nothing of requests: `conditions.py` holds these against one.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.conditions.queries import Query
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.format.shorthand import Model, as_list, each_short_for, expand_shorthand, require_exactly_one


def expand_body_matches(value: Any) -> Any:
    """Return expressions and mappings of expressions to values, one or a list of them, in their long form."""
    return [{"values": item} if isinstance(item, dict) else expand_shorthand("truthy", item) for item in as_list(value)]


Texts: TypeAlias = Annotated[list[str], BeforeValidator(as_list), Field(min_length=1)]
Patterns: TypeAlias = Annotated[list[Regex], BeforeValidator(as_list), Field(min_length=1)]


class TextMatcher(Model):
    """What a text must be: exactly one of these keys; of several texts any one.

    `equals` is the whole text, `contains` a part of it, `like` the whole text with `*` for any part, `regex` a regular
    expression that is found in it.
    """

    equals: Texts | None = None
    """The whole text."""
    contains: Texts | None = None
    """A part of the text."""
    like: Texts | None = None
    """The whole text, with `*` for any part of it."""
    regex: Patterns | None = None
    """A regular expression that is found in the text, in Python's syntax; groups are `${{ match.NAME }}` in replies."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a match", cls.model_fields, value, cls.model_fields)


Prose: TypeAlias = Annotated[list[TextMatcher], BeforeValidator(each_short_for("contains")), Field(min_length=1)]
"""Matches of prose: a bare text means that it is contained."""

Name: TypeAlias = Annotated[list[TextMatcher], BeforeValidator(each_short_for("like")), Field(min_length=1)]
"""Matches of a name: a bare text is the whole name, with `*` for any part of it."""


class ToolResultMatcher(Model):
    """A tool result of the current turn: the tool it answers, whether it reports an error, what it says."""

    name: Name | None = None
    """The tool whose result it is."""
    is_error: bool | None = None
    """Whether it reports an error."""
    content: Prose | None = None
    """What its text contains."""


class BodyMatcher(Model):
    """JMESPath expressions over the request body: one that must be true, or the values that some must have."""

    truthy: Query | None = None
    values: Annotated[dict[Query, Any], Field(min_length=1)] = Field(default_factory=dict)


Numbers: TypeAlias = Annotated[list[Annotated[int, Field(ge=0)]], BeforeValidator(as_list), Field(min_length=1)]


class When(Model):
    """What must hold for a rule to answer. Every key that is given must hold."""

    user: Prose | None = None
    """The text that the client sent since the last assistant message contains this."""
    tool_result: (
        Annotated[list[ToolResultMatcher], BeforeValidator(each_short_for("name")), Field(min_length=1)] | None
    ) = None
    """Since the last assistant message the client sent the result of this tool."""
    system: Prose | None = None
    """The system prompt or a system message contains this."""
    model: Name | None = None
    """The model has this name."""
    tools: Name | None = None
    """A tool of this name is offered."""
    headers: Annotated[dict[str, Name], Field(min_length=1)] | None = None
    """Each of these headers has this value."""
    body: Annotated[list[BodyMatcher], BeforeValidator(expand_body_matches), Field(min_length=1)] | None = None
    """A JMESPath expression over the body is true, or expressions have these values."""
    stream: bool | None = None
    """Whether a stream is asked for."""
    turn: Numbers | None = None
    """The number of the turn, from 1."""
    retry: Numbers | None = None
    """How often the SDK has tried before: its header x-stainless-retry-count."""
