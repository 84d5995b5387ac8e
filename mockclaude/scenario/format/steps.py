"""The steps of a reply, as the scenario file writes them.

In: steps as plain data. Out: pydantic models in their long form.
Knows nothing of how blocks are made of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from mockclaude.api.errors import STATUS, type_of
from mockclaude.scenario.diagnostics import did_you_mean, join_words
from mockclaude.scenario.format import raw_blocks, units
from mockclaude.scenario.format.citations import Citation
from mockclaude.scenario.format.shorthand import Model, each_short_for, require_exactly_one, short_for

FROM_SCHEMA = "from_schema"


class Text(Model):
    """A `text` block."""

    text: str
    """What it says."""
    citations: list[Citation] = Field(default_factory=list)
    """What it cites."""


class Thinking(Model):
    """A `thinking` block; a signature is made when none is given."""

    thinking: str
    """What is thought."""
    signature: str | None = None
    """Its signature; made if none is given."""


class RedactedThinking(Model):
    """A `redacted_thinking` block."""

    data: str
    """What stands for the redacted thinking."""


class ToolUse(Model):
    """A `tool_use` block; `input: from_schema` makes an input from the schema that the request offers."""

    name: str
    """The tool."""
    input: dict[str, Any] | Literal["from_schema"] = "from_schema"
    """Its input; made from the schema of the tool if none is given."""
    id: str | None = None
    """Its id; made if none is given."""
    caller: dict[str, Any] = Field(default_factory=lambda: {"type": "direct"})
    toolset_name: str | None = None


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type", ""), str)


def _is_text_or_mapping(value: Any) -> bool:
    return isinstance(value, str) or _is_mapping(value)


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
    """The tool."""
    input: dict[str, Any] = Field(default_factory=dict)
    """Its input."""
    result: Any = None
    """What it returns."""
    error: str | None = None
    """The code of the error it ends with."""
    id: str | None = None
    """Its id; made if none is given."""
    server_name: str | None = None
    """The MCP server whose tool it is."""

    @model_validator(mode="after")
    def _known(self) -> ServerTool:
        if self.server_name is None and self.name not in SERVER_TOOLS:
            hint = did_you_mean(self.name, SERVER_TOOLS) or "; give `server_name` for a tool of an MCP server"
            raise ValueError(f"'{self.name}' is no server tool; expected {join_words(SERVER_TOOLS)}{hint}")
        if self.result is not None and self.error is not None:
            raise ValueError("a server tool has a result or an error; got both")
        self._check_result()
        return self

    def _check_result(self) -> None:
        fits, expected = _RESULTS[_MCP if self.server_name is not None else self.name]
        if self.result is not None and not fits(self.result):
            raise ValueError(f"this is no result of {self.name}; expected {expected}")


HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def check_header_name(name: str) -> str:
    """Return `name`, if a header can be called so."""
    if not HEADER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header; expected letters, digits and dashes")
    return name


def header_to_text(value: Any) -> Any:
    """Return a number as text."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Header: TypeAlias = Annotated[str, BeforeValidator(header_to_text)]
HeaderName: TypeAlias = Annotated[
    str,
    AfterValidator(check_header_name),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{HEADER_NAME.pattern})$"}),
]


class Error(Model):
    """An error of the API. `status` follows from `type`; a type that the API does not have needs one."""

    type: str
    """An error type of the API, or one of your own."""
    message: str = ""
    """What it says."""
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    """The status it is sent with; that of its type if none is given."""
    headers: dict[HeaderName, Header] = Field(default_factory=dict)
    """Headers it is sent with."""
    details: dict[str, Any] | None = None
    """What it carries besides."""

    @model_validator(mode="after")
    def _known(self) -> Error:
        if self.status is None and self.type not in STATUS:
            hint = did_you_mean(self.type, STATUS) or "; give `status` for another"
            raise ValueError(f"'{self.type}' is no error type of the API; expected {join_words(STATUS)}{hint}")
        return self


def expand_status(value: Any) -> Any:
    """Return the error that the API sends with a status."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    return {"type": type_of(value), "status": value}


AnyError: TypeAlias = Annotated[Error, BeforeValidator(short_for("type")), BeforeValidator(expand_status)]
"""An error by its type, by its status, or as a mapping."""


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
    """The stop reason."""
    stop_sequence: str | None = None
    """The stop sequence that was met."""
    category: str | None = None
    """The category of a refusal."""
    explanation: str | None = None
    """The explanation of a refusal."""


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

    @model_validator(mode="after")
    def _complete(self) -> RawBlock:
        if problem := raw_blocks.find_problem({"type": self.type, **(self.model_extra or {})}, templated=True):
            raise ValueError(problem)
        return self


class StepModel(Model):
    """One step of a reply: exactly one key."""

    text: Annotated[Text, BeforeValidator(short_for("text"))] | None = None
    """A text block."""
    thinking: Annotated[Thinking, BeforeValidator(short_for("thinking"))] | None = None
    """A thinking block, signed."""
    redacted_thinking: Annotated[RedactedThinking, BeforeValidator(short_for("data"))] | None = None
    """A redacted_thinking block: its data."""
    tool_use: Annotated[ToolUse, BeforeValidator(short_for("name"))] | None = None
    """A tool_use block: the name of the tool, or a mapping with its input."""
    server_tool: ServerTool | None = None
    """The use of a tool that the API runs, and its result."""
    json_: Any = Field(default=None, alias="json")
    """A text block with this as JSON; `from_schema` makes it from the format that the request wants."""
    block: RawBlock | None = None
    """A block in the API's own form, sent as it is."""
    generate: Literal["auto"] | None = None
    """What the built-in scenario would answer."""
    error: AnyError | None = None
    """An HTTP error if it comes first, an error event in the middle of a stream."""
    pause: Annotated[int | Literal["forever"], BeforeValidator(units.parse_pause)] | None = None
    """How long nothing is sent."""
    disconnect: Literal["reset", "close", "clean"] | None = None
    """How the connection ends: TCP reset, cut body, or a body that ends properly before the message does."""
    stop_reason: Annotated[StopReason, BeforeValidator(short_for("type"))] | None = None
    """The stop reason, where it should not follow from the content."""
    usage: Usage | None = None
    """Counters that should not be counted."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a step", STEPS, value, STEPS)

    @property
    def kind(self) -> str:
        """Which of `STEPS` it is."""
        (field,) = self.model_fields_set
        return _KINDS[field]


_KINDS = {name: field.alias or name for name, field in StepModel.model_fields.items()}
STEPS: tuple[str, ...] = tuple(_KINDS.values())

Reply: TypeAlias = Annotated[list[StepModel], BeforeValidator(each_short_for("text")), Field(min_length=1)]
"""What to answer, played from top to bottom: a text, a step, or a list of them."""
