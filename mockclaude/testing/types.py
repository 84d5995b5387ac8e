"""The keys of a scenario file, for type checkers and editors.

In: nothing. Out: types. Knows nothing of what the keys mean: that is in `scenario/`, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias, TypedDict

from mockclaude.api.request import MessagesRequest


class Match(TypedDict, total=False):
    """What a text must be: one of these keys; a list means any of its items."""

    equals: str | list[str]
    contains: str | list[str]
    like: str | list[str]
    regex: str | list[str]


Texts: TypeAlias = str | Match | Sequence[str | Match]


class ToolResultMatch(TypedDict, total=False):
    """A tool result of the current turn."""

    name: Texts
    is_error: bool
    content: Texts


class When(TypedDict, total=False):
    """What must hold for a rule to answer; every key that is given."""

    user: Texts
    tool_result: str | ToolResultMatch | Sequence[str | ToolResultMatch]
    system: Texts
    model: Texts
    tools: Texts
    headers: dict[str, Texts]
    body: str | dict[str, Any] | Sequence[str | dict[str, Any]]
    stream: bool
    turn: int | list[int]
    retry: int | list[int]


class ToolUse(TypedDict, total=False):
    """A `tool_use` block; without an input it is made from the tool's schema."""

    name: str
    input: dict[str, Any] | Literal["from_schema"]
    id: str


class Error(TypedDict, total=False):
    """An error of the API."""

    type: str
    message: str
    status: int
    headers: dict[str, str | int | float]
    details: dict[str, Any]


class Step(TypedDict, total=False):
    """One step of a reply: exactly one key."""

    text: str | dict[str, Any]
    thinking: str | dict[str, Any]
    redacted_thinking: str | dict[str, Any]
    tool_use: str | ToolUse
    server_tool: dict[str, Any]
    json: Any
    block: dict[str, Any]
    generate: Literal["auto"]
    error: str | int | Error
    pause: str
    disconnect: Literal["reset", "close", "clean"]
    stop_reason: str | dict[str, Any]
    usage: dict[str, Any]


Steps: TypeAlias = str | Step | Sequence[str | Step]
"""A reply as a file has it: text, a step, or a list of them."""

Function: TypeAlias = Callable[[MessagesRequest], Steps | Awaitable[Steps] | AsyncIterator[Steps] | Iterator[Steps]]
"""What makes a reply: it returns one, or yields its parts as it goes."""


class Choice(TypedDict, total=False):
    """One of the replies that are drawn from."""

    weight: float
    reply: Steps


class Options(TypedDict, total=False):
    """What else a rule says."""

    name: str
    times: int
    pace: str | dict[str, Any]
    fault: str | int | dict[str, Any] | list[Any]
    as_written: bool


Predicate: TypeAlias = Callable[[MessagesRequest], bool]
