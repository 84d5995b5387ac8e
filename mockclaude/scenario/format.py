"""The scenario file, as its reader writes it: what keys there are, what each may hold, and the shorthands.

In: plain data. Out: pydantic models in which every shorthand has become the long form it stands for.
Knows nothing of files and places, of requests, or of how a reply is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from math import prod
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mockclaude.api.errors import STATUS
from mockclaude.scenario import quantities, queries
from mockclaude.scenario.citations import Citation
from mockclaude.scenario.mistakes import did_you_mean, one_of

FROM_SCHEMA = "from_schema"
MAX_REPEATS = 100_000
"""How often a regular expression may repeat a part, the counts of all multiplied: they are written out in memory."""

_REPEATS = re.compile(r"\{([0-9]{0,9}),?([0-9]{0,9})\}")
_SHOWN = 80


def _short_for(key: str) -> Callable[[Any], Any]:
    """Return a validator that reads a bare text as `{key: text}`."""
    return lambda value: {key: value} if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _each_short_for(key: str) -> Callable[[Any], Any]:
    short = _short_for(key)
    return lambda value: [short(item) for item in _listed(value)]


def _body_matches(value: Any) -> Any:
    short = _short_for("truthy")
    return [{"values": item} if isinstance(item, dict) else short(item) for item in _listed(value)]


def _exactly_one(what: str, keys: Iterable[str], value: Any, known: Iterable[str]) -> Any:
    """Return `value`, if it is a mapping, with exactly one of `keys`. Unknown keys are a mistake of their own."""
    if not isinstance(value, dict) or value.keys() - known:
        return value
    given = [key for key in keys if key in value]
    if len(given) != 1:
        got = one_of(given).replace(" or ", " and ") if given else "none of them"
        raise ValueError(f"{what} has exactly one of {one_of(keys)}; got {got}")
    return value


def _pattern(text: str) -> str:
    import regex

    if prod(int(number) or 1 for repeat in _REPEATS.findall(text) for number in repeat if number) > MAX_REPEATS:
        raise ValueError(f"this regular expression repeats too much; expected at most {MAX_REPEATS} times, or * or +")
    try:
        regex.compile(text)
    except (regex.error, RecursionError) as error:
        hint = "put a backslash before a special character that stands for itself"
        raise ValueError(f"'{text[:_SHOWN]}' is not a regular expression: {error}; {hint}") from None
    return text


def _path(text: str) -> str:
    if problem := queries.problem(text):
        raise ValueError(problem)
    return text


Microseconds: TypeAlias = Annotated[int, BeforeValidator(quantities.duration)]
Share: TypeAlias = Annotated[float, BeforeValidator(quantities.share)]
Texts: TypeAlias = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]

Patterns: TypeAlias = Annotated[
    list[Annotated[str, AfterValidator(_pattern)]], BeforeValidator(_listed), Field(min_length=1)
]
JmesPath: TypeAlias = Annotated[str, AfterValidator(_path)]


class Model(BaseModel):
    """A mapping of the file: no unknown keys, no keys without a value, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _given(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None and cls.model_fields[str(info.field_name)].annotation is not Any:
            raise ValueError("there is no value here; expected one after the colon, or no key")
        return value


class Match(Model):
    """What a text must be: exactly one of these keys; of several texts any one.

    `equals` is the whole text, `contains` a part of it, `like` the whole text with `*` for any part, `regex` a regular
    expression that is found in it.
    """

    equals: Texts | None = None
    contains: Texts | None = None
    like: Texts | None = None
    regex: Patterns | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return _exactly_one("a match", cls.model_fields, value, cls.model_fields)


Prose: TypeAlias = Annotated[list[Match], BeforeValidator(_each_short_for("contains")), Field(min_length=1)]
"""Matches of prose: a bare text means that it is contained."""

Name: TypeAlias = Annotated[list[Match], BeforeValidator(_each_short_for("like")), Field(min_length=1)]
"""Matches of a name: a bare text is the whole name, with `*` for any part of it."""


class ToolResultMatch(Model):
    """A tool result of the current turn: the tool it answers, whether it reports an error, what it says."""

    name: Name | None = None
    is_error: bool | None = None
    content: Prose | None = None


class BodyMatch(Model):
    """JMESPath expressions over the request body: one that must be true, or the values that some must have."""

    truthy: JmesPath | None = None
    values: Annotated[dict[JmesPath, Any], Field(min_length=1)] = {}


Numbers: TypeAlias = Annotated[list[Annotated[int, Field(ge=0)]], BeforeValidator(_listed), Field(min_length=1)]


class When(Model):
    """What must hold for a rule to answer. Every key that is given must hold."""

    user: Prose | None = None
    tool_result: (
        Annotated[list[ToolResultMatch], BeforeValidator(_each_short_for("name")), Field(min_length=1)] | None
    ) = None
    system: Prose | None = None
    model: Name | None = None
    tools: Name | None = None
    headers: Annotated[dict[str, Name], Field(min_length=1)] | None = None
    body: Annotated[list[BodyMatch], BeforeValidator(_body_matches), Field(min_length=1)] | None = None
    stream: bool | None = None
    turn: Numbers | None = None
    retry: Numbers | None = None


class Text(Model):
    """A `text` block."""

    text: str
    citations: list[Citation] = []


class Thinking(Model):
    """A `thinking` block; a signature is made when none is given."""

    thinking: str
    signature: str | None = None


class RedactedThinking(Model):
    """A `redacted_thinking` block."""

    data: str


class ToolUse(Model):
    """A `tool_use` block; `input: from_schema` makes an input from the schema that the request offers."""

    name: str
    input: dict[str, Any] | Literal["from_schema"] = "from_schema"
    id: str | None = None
    caller: dict[str, Any] = {"type": "direct"}
    toolset_name: str | None = None


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text_or_mapping(value: Any) -> bool:
    return isinstance(value, (str, dict))


def _is_list_of(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(isinstance(item, kind) for item in value)


_MCP = "a tool of an MCP server"
_OUTPUT = (_is_text_or_mapping, "the standard output, or {stdout, stderr, return_code, content}")
_NAMES = (_is_list_of(str), "a list of tool names")
_RESULTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "web_search": (_is_list_of(dict), "a list of {url, title}"),
    "web_fetch": (_is_mapping, "{url, title, text}"),
    "code_execution": _OUTPUT,
    "bash_code_execution": _OUTPUT,
    "text_editor_code_execution": (_is_mapping, "{content}, {is_file_update} or {lines}"),
    "tool_search_tool_regex": _NAMES,
    "tool_search_tool_bm25": _NAMES,
    _MCP: (lambda value: isinstance(value, str) or _is_list_of(dict)(value), "text or a list of blocks"),
}
SERVER_TOOLS = tuple(name for name in _RESULTS if name != _MCP)


class ServerTool(Model):
    """A tool that the API runs: the block that uses it, and the block with its result or error.

    Without `result` and `error` the use is left dangling, as in a turn that ends with `pause_turn`. With `server_name`
    it is a tool of an MCP server.
    """

    name: str
    input: dict[str, Any] = {}
    result: Any = None
    error: str | None = None
    id: str | None = None
    server_name: str | None = None

    @model_validator(mode="after")
    def _known(self) -> ServerTool:
        if self.server_name is None and self.name not in SERVER_TOOLS:
            hint = did_you_mean(self.name, SERVER_TOOLS) or "; give `server_name` for a tool of an MCP server"
            raise ValueError(f"'{self.name}' is no server tool; expected {one_of(SERVER_TOOLS)}{hint}")
        if self.result is not None and self.error is not None:
            raise ValueError("a server tool has a result or an error; got both")
        self._check_result()
        return self

    def _check_result(self) -> None:
        fits, expected = _RESULTS[_MCP if self.server_name is not None else self.name]
        if self.result is not None and not fits(self.result):
            raise ValueError(f"this is no result of {self.name}; expected {expected}")


def _header(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Header: TypeAlias = Annotated[str, BeforeValidator(_header)]


class Error(Model):
    """An error of the API. `status` follows from `type`; a type that the API does not have needs one."""

    type: str
    message: str = ""
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    headers: dict[str, Header] = {}
    details: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _known(self) -> Error:
        if self.status is None and self.type not in STATUS:
            hint = did_you_mean(self.type, STATUS) or "; give `status` for another"
            raise ValueError(f"'{self.type}' is no error type of the API; expected {one_of(STATUS)}{hint}")
        return self


class StopReason(Model):
    """How the message ends. `category` and `explanation` go into `stop_details` of a refusal."""

    type: Literal[
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
        "compaction",
    ]
    stop_sequence: str | None = None
    category: str | None = None
    explanation: str | None = None


Count: TypeAlias = Annotated[int, Field(ge=0)]


class Usage(Model):
    """Counters that replace those the server would count."""

    input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation: dict[str, Count] | None = None
    output_tokens: Count | None = None
    output_tokens_details: dict[str, Count] | None = None
    server_tool_use: dict[str, Count] | None = None
    service_tier: Literal["standard", "priority", "batch"] | None = None
    inference_geo: str | None = None
    speed: Literal["standard", "fast"] | None = None
    iterations: list[dict[str, Any]] | None = None
    fallback_credit: dict[str, Any] | None = None


class RawBlock(BaseModel):
    """A content block in the API's own form, sent as it is."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Annotated[str, Field(min_length=1, strict=True)]


class Step(Model):
    """One step of a reply: exactly one key."""

    text: Annotated[Text, BeforeValidator(_short_for("text"))] | None = None
    thinking: Annotated[Thinking, BeforeValidator(_short_for("thinking"))] | None = None
    redacted_thinking: Annotated[RedactedThinking, BeforeValidator(_short_for("data"))] | None = None
    tool_use: Annotated[ToolUse, BeforeValidator(_short_for("name"))] | None = None
    server_tool: ServerTool | None = None
    json_: Any = Field(default=None, alias="json")
    block: RawBlock | None = None
    generate: Literal["auto"] | None = None
    error: Annotated[Error, BeforeValidator(_short_for("type"))] | None = None
    pause: Annotated[int | Literal["forever"], BeforeValidator(quantities.pause)] | None = None
    disconnect: Literal["reset", "close", "clean"] | None = None
    stop_reason: Annotated[StopReason, BeforeValidator(_short_for("type"))] | None = None
    usage: Usage | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return _exactly_one("a step", STEPS, value, STEPS)


STEPS: tuple[str, ...] = tuple(field.alias or name for name, field in Step.model_fields.items())

Reply: TypeAlias = Annotated[list[Step], BeforeValidator(_each_short_for("text")), Field(min_length=1)]
"""What to answer, played from top to bottom: a text, a step, or a list of them."""


class Choice(Model):
    """One of the replies that are drawn from, and how likely it is beside the others."""

    reply: Reply
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


class Pace(Model):
    """How fast a reply comes: the time to the first token, the tokens per second, and how much each gap may vary."""

    ttft: Microseconds = 0
    tokens_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    jitter: Share = 0.0

    @property
    def instant(self) -> bool:
        """Whether nothing takes time."""
        return not (self.ttft or self.tokens_per_second)


def _pace(value: Any) -> Any:
    return {} if value == "instant" else value


AnyPace: TypeAlias = Annotated[Pace, BeforeValidator(_pace)]


class Rule(Model):
    """When to answer, and with what: exactly one of `reply`, `sequence` and `choice`."""

    name: Annotated[str, Field(min_length=1)] | None = None
    when: When = When()
    times: Annotated[int, Field(ge=1)] | None = None
    pace: AnyPace | None = None
    reply: Reply | None = None
    sequence: Annotated[list[Reply], Field(min_length=1)] | None = None
    choice: Annotated[list[Choice], Field(min_length=1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return _exactly_one("a rule", ("reply", "sequence", "choice"), value, cls.model_fields)


class ScenarioFile(Model):
    """A scenario file."""

    seed: int | None = None
    locale: str | None = None
    pace: AnyPace | None = None
    rules: Annotated[list[Rule], Field(min_length=1)]
