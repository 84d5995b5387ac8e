"""The steps of a reply in a scenario file."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.api.errors import STATUS, type_of
from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words
from mockclaude.scenario.format import units
from mockclaude.scenario.format.api_form import Count, expand_api_form
from mockclaude.scenario.format.chunks import Chunks, check_one_text, require_text
from mockclaude.scenario.format.deferred import Deferred, DeferredType
from mockclaude.scenario.format.response_headers import ResponseHeaders
from mockclaude.scenario.format.shorthand import FormatModel, each_short_for, require_exactly_one, short_for

if TYPE_CHECKING:
    from mockclaude.scenario.format.api_models import Message, RawBlock
    from mockclaude.scenario.format.citations import Citation
else:
    Citation = Annotated[Any, DeferredType("citations", "Citation")]
    RawBlock = Annotated[Any, DeferredType("api_models", "RawBlock")]
    Message = Annotated[Any, DeferredType("api_models", "Message")]

FROM_SCHEMA = "from_schema"


class Text(FormatModel):
    """A `text` block."""

    text: str | None = None
    """The text."""
    chunks: Chunks | None = None
    """The number of its deltas, or instead of `text` a list with the text of each delta."""
    citations: list[Citation] = Field(default=[])
    """The citations."""

    @model_validator(mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return require_text("a text", "text", value)


class Thinking(FormatModel):
    """A `thinking` block. Default of the signature: a generated one."""

    thinking: str | None = None
    """The thinking."""
    chunks: Chunks | None = None
    """The number of its deltas, or instead of `thinking` a list with the text of each delta."""
    signature: str | None = None
    """The signature. Default: a generated one."""

    @model_validator(mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        return require_text("a thinking", "thinking", value)


class RedactedThinking(FormatModel):
    """A `redacted_thinking` block."""

    data: str
    """The redacted data."""


def check_input(value: Any) -> Any:
    """Return `value`.

    Raises:
        ValueError: The value is JSON text, which has a key of its own.
    """
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        raise ValueError(f"JSON text, got {format_value(value)}; expected a mapping; use `json` for JSON text")
    return value


def check_json_text(value: Any) -> Any:
    """Return `value`.

    Raises:
        ValueError: The value is data in place of JSON text.
    """
    if value is not None and not isinstance(value, str):
        expected = 'expected JSON text in quotes, e.g. \'{"city": "Par\''
        raise ValueError(f"not JSON text, got {format_value(value)}; {expected}; use `input` for data")
    return value


class ToolUse(FormatModel):
    """A `tool_use` block.

    With `input: from_schema` the input is generated from the tool's schema.
    """

    name: str
    """The name of the tool."""
    input: Annotated[dict[str, Any] | Literal["from_schema"], BeforeValidator(check_input)] = "from_schema"
    """The input. Default: generated from the schema of the tool."""
    json_: Annotated[str, BeforeValidator(check_json_text)] | None = Field(default=None, alias="json")
    """The input as JSON text, which is streamed as it is, also if it is cut or broken."""
    chunks: Chunks | None = None
    """The number of deltas of the input, or instead of `json` a list with the JSON text of each delta."""
    id: str | None = None
    """The id. Default: a generated one."""
    caller: dict[str, Any] = Field(default_factory=lambda: {"type": "direct"})
    toolset_name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_input(cls, value: Any) -> Any:
        if isinstance(value, dict):
            check_one_text("a tool_use", ("input", "json"), value)
        return value


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


class ServerTool(FormatModel):
    """A tool that the API runs: its call, and its result or error.

    Without `result` and `error` the call has no result, as in a turn that ends with `pause_turn`. With `server_name`
    the tool is one of an MCP server.
    """

    name: str
    """The name of the tool."""
    input: dict[str, Any] = Field(default_factory=dict)
    """The input."""
    result: Any = None
    """The result."""
    error: str | None = None
    """The error code."""
    id: str | None = None
    """The id. Default: a generated one."""
    server_name: str | None = None
    """The MCP server of the tool."""

    @model_validator(mode="after")
    def _known(self) -> ServerTool:
        if self.server_name is None and self.name not in SERVER_TOOLS:
            hint = did_you_mean(self.name, SERVER_TOOLS) or "; add `server_name` for a tool of an MCP server"
            raise ValueError(f"unknown server tool '{self.name}'; expected {join_words(SERVER_TOOLS)}{hint}")
        if self.result is not None and self.error is not None:
            raise ValueError("a server tool with `result` and `error`; expected one of them")
        self._check_result()
        return self

    def _check_result(self) -> None:
        fits, expected = _RESULTS[_MCP if self.server_name is not None else self.name]
        if self.result is not None and not fits(self.result):
            raise ValueError(f"invalid result of {self.name}; expected {expected}")


class Error(FormatModel):
    """An error of the API.

    The default of `status` follows from `type`; an unknown type requires a status.
    """

    type: str
    """An error type of the API, or another type."""
    message: str = ""
    """The error message."""
    status: Annotated[int, Field(ge=400, le=599)] | None = None
    """The HTTP status. Default: that of the type."""
    headers: ResponseHeaders = Field(default_factory=dict)
    """Headers of the response."""
    details: dict[str, Any] | None = None
    """Details of the error."""

    @model_validator(mode="after")
    def _known(self) -> Error:
        if self.status is None and self.type not in STATUS:
            hint = did_you_mean(self.type, STATUS) or "; add `status` for another type"
            raise ValueError(f"unknown error type '{self.type}'; expected {join_words(STATUS)}{hint}")
        return self


def expand_status(value: Any) -> Any:
    """Expand a status to the API's error with that status."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    return {"type": type_of(value), "status": value}


AnyError: TypeAlias = Annotated[Deferred[Error], BeforeValidator(short_for("type")), BeforeValidator(expand_status)]
"""An error by its type, by its status, or as a mapping."""


class StopReason(FormatModel):
    """The stop reason of the message.

    A refusal has `category` and `explanation` in `stop_details`.
    """

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
    """The stop sequence in the text."""
    category: str | None = None
    """The category of a refusal."""
    explanation: str | None = None
    """The explanation of a refusal."""


class Usage(FormatModel):
    """Token counts that replace the computed ones."""

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


class StepModel(FormatModel):
    """A step of a reply: exactly one key."""

    text: Annotated[Deferred[Text], BeforeValidator(short_for("text"))] | None = None
    """A text block."""
    thinking: Annotated[Deferred[Thinking], BeforeValidator(short_for("thinking"))] | None = None
    """A thinking block, signed."""
    redacted_thinking: Annotated[Deferred[RedactedThinking], BeforeValidator(short_for("data"))] | None = None
    """A redacted_thinking block: its data."""
    tool_use: Annotated[Deferred[ToolUse], BeforeValidator(short_for("name"))] | None = None
    """A tool_use block: the name of the tool, or a mapping with the input."""
    server_tool: Deferred[ServerTool] | None = None
    """A call of a tool that the API runs, and its result."""
    json_: Any = Field(default=None, alias="json")
    """A text block with this JSON; `from_schema` generates it from the requested output format."""
    block: RawBlock | None = None
    """A block in the API's own form, sent unchanged."""
    message: Message | None = None
    """A message in the API's own form, sent as written."""
    generate: Literal["auto"] | None = None
    """The auto reply of the built-in scenario."""
    error: AnyError | None = None
    """An HTTP error as the first step, an error event later in a stream."""
    pause: Annotated[int | Literal["forever"], BeforeValidator(units.parse_pause)] | None = None
    """A pause of this duration."""
    disconnect: Literal["reset", "close", "clean"] | None = None
    """The end of the connection: a TCP reset, a cut body, or a regular end of the body before the message ends."""
    stop_reason: Annotated[Deferred[StopReason], BeforeValidator(short_for("type"))] | None = None
    """The stop reason, if it differs from that of the content."""
    usage: Deferred[Usage] | None = None
    """Token counts that replace the computed ones."""

    @model_validator(mode="before")
    @classmethod
    def _one(cls, value: Any) -> Any:
        return require_exactly_one("a step", STEPS, value, STEPS)

    @property
    def kind(self) -> str:
        """The step's key, one of `STEPS`."""
        (field,) = self.model_fields_set
        return _KINDS[field]


_KINDS = {name: field.alias or name for name, field in StepModel.model_fields.items()}
STEPS: tuple[str, ...] = tuple(_KINDS.values())

DOCUMENT_STEPS = ("error", "pause", "disconnect", "usage")
"""The steps that change the response of an endpoint other than `messages`."""

CONTENT_STEPS = tuple(step for step in STEPS if step not in (*DOCUMENT_STEPS, "stop_reason"))
"""The steps that add content blocks."""

AnyStep: TypeAlias = Annotated[Deferred[StepModel], BeforeValidator(expand_api_form)]
"""A step: one key, or a block, a message or an error in the API's own form."""

Reply: TypeAlias = Annotated[list[AnyStep], BeforeValidator(each_short_for("text")), Field(min_length=1)]
"""The reply, executed in order: a text, a step, or a list of steps."""
