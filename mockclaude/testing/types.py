"""The keys of a scenario file, for type checkers and editors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from re import Pattern
from typing import Any, Literal, Required, TypeAlias, TypedDict

from pydantic import BaseModel

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.format.policy import Stale
from mockclaude.testing.recording_plan import RecordMode


class MatcherDict(TypedDict, total=False):
    """A matcher for text: exactly one key. A list matches if any of its items does."""

    equals: str | list[str]
    contains: str | list[str]
    like: str | list[str]
    regex: str | list[str]


Texts: TypeAlias = str | Pattern[str] | MatcherDict | Sequence[str | Pattern[str] | MatcherDict]


class ToolResultDict(TypedDict, total=False):
    """The matchers for a tool result of the current turn."""

    name: Texts
    is_error: bool
    content: Texts


RecordingMode: TypeAlias = RecordMode
"""The way in which a test is recorded."""

StaleResult: TypeAlias = Stale
"""The result of a request that differs from the recorded request of its rule."""

EndpointName: TypeAlias = Literal["messages", "count_tokens", "models", "batches", "files", "skills"]

AdapterName: TypeAlias = Literal["anthropic", "bedrock", "vertex", "openai"]


class WhenDict(TypedDict, total=False):
    """The conditions of a rule. A rule matches if all of them do."""

    user: Texts
    tool_result: str | ToolResultDict | Sequence[str | ToolResultDict]
    system: Texts
    anywhere: Texts
    model: Texts
    tools: Texts
    headers: dict[str, Texts]
    body: str | dict[str, Any] | Sequence[str | dict[str, Any]]
    stream: bool
    turn: int | list[int]
    retry: int | list[int]
    batch: bool
    custom_id: Texts
    endpoint: EndpointName | list[EndpointName]
    adapter: AdapterName | list[AdapterName]


class TextDict(TypedDict, total=False):
    """A `text` block.

    `chunks` is the number of its deltas, or a list of their texts in place of `text`.
    """

    text: str
    chunks: int | list[str]
    citations: list[dict[str, Any]]


class ThinkingDict(TypedDict, total=False):
    """A `thinking` block.

    `chunks` is the number of its deltas, or a list of their texts in place of `thinking`.
    """

    thinking: str
    chunks: int | list[str]
    signature: str


class ToolUseDict(TypedDict, total=False):
    """A `tool_use` block. Default `input`: generated from the schema of the tool.

    `json` is JSON text that is streamed as it is. `chunks` is the number of deltas, or a list of their JSON texts.
    """

    name: str
    input: dict[str, Any] | Literal["from_schema"]
    json: str
    chunks: int | list[str]
    id: str
    caller: dict[str, Any]
    toolset_name: str


class ErrorDict(TypedDict, total=False):
    """An error of the API."""

    type: str
    message: str
    status: int
    headers: dict[str, str | int | float]
    details: dict[str, Any]


class StepDict(TypedDict, total=False):
    """A step of a reply: exactly one key."""

    text: str | TextDict
    thinking: str | ThinkingDict
    redacted_thinking: str | dict[str, Any]
    tool_use: str | ToolUseDict
    server_tool: dict[str, Any]
    json: Any
    block: dict[str, Any]
    message: dict[str, Any]
    respond: dict[str, Any]
    generate: Literal["auto"]
    error: str | int | ErrorDict
    pause: str
    disconnect: Literal["reset", "close", "clean"]
    batch: Literal["canceled", "expired"]
    stop_reason: str | dict[str, Any]
    usage: dict[str, Any]


class BlockDict(TypedDict, total=False):
    """A content block, or an error, in the API's own form."""

    type: Required[str]
    text: str
    citations: Any
    thinking: str
    signature: str
    data: str
    id: str
    name: str
    input: Any
    caller: Any
    tool_use_id: str
    error: Any
    content: Any


class MessageDict(TypedDict, total=False):
    """A message in the API's own form, sent as written."""

    content: Required[str | Sequence[Any]]
    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    stop_reason: str | None
    stop_sequence: str | None
    stop_details: Any
    usage: Any
    container: Any
    context_management: Any


Step: TypeAlias = str | StepDict | BlockDict | MessageDict | BaseModel
"""A step of a reply: text, a key, or a block or a message of the API, also as an object of the SDK."""

Steps: TypeAlias = Step | Sequence[Step]
"""A reply as in a scenario file: a step, or a list of steps."""

ReplyFunction: TypeAlias = Callable[
    [MessagesRequest], Steps | Awaitable[Steps] | AsyncIterator[Steps] | Iterator[Steps]
]
"""A function that returns a reply, or yields its parts."""


class ChoiceDict(TypedDict, total=False):
    """A reply that is drawn by weight."""

    weight: float
    reply: Steps


class OptionsDict(TypedDict, total=False):
    """The options of a rule."""

    name: str
    times: int
    pace: str | dict[str, Any]
    chunk_size: int
    fault: str | int | dict[str, Any] | list[Any]
    as_written: bool
    recorded: dict[str, Any]


Predicate: TypeAlias = Callable[[MessagesRequest], bool]
"""A function that returns whether a rule matches."""
