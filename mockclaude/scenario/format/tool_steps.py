"""The steps of a reply that call tools, of the client or of the API."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mockclaude.scenario.diagnostics import did_you_mean, format_value, join_words
from mockclaude.scenario.format.chunks import Chunks, check_one_text
from mockclaude.scenario.format.shorthand import FormatModel


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


def _check_base64(value: Any) -> Any:
    """Return `value`.

    Raises:
        ValueError: The value is a text without placeholders that is not base64.
    """
    if isinstance(value, str) and "${{" not in value:
        try:
            b64decode(value, validate=True)
        except ValueError:
            raise ValueError(f"invalid base64, got {format_value(value)}; use `content` for text") from None
    return value


class ToolFile(FormatModel):
    """A file that a code execution makes, which the client can download."""

    name: str = Field(min_length=1)
    """The name of the file."""
    content: str | None = None
    """The text of the file."""
    base64: Annotated[str, BeforeValidator(_check_base64)] | None = None
    """The bytes of the file in base64, instead of `content`."""

    @model_validator(mode="after")
    def _one_content(self) -> ToolFile:
        if (self.content is None) == (self.base64 is None):
            raise ValueError("a file with both or neither of `content` and `base64`; expected one of them")
        return self


MAKES_FILES = ("code_execution", "bash_code_execution")
"""The server tools that make files."""


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
    files: list[ToolFile] = Field(default=[])
    """The files that a code execution makes."""

    @model_validator(mode="after")
    def _known(self) -> ServerTool:
        if self.server_name is None and self.name not in SERVER_TOOLS:
            hint = did_you_mean(self.name, SERVER_TOOLS) or "; add `server_name` for a tool of an MCP server"
            raise ValueError(f"unknown server tool '{self.name}'; expected {join_words(SERVER_TOOLS)}{hint}")
        if self.result is not None and self.error is not None:
            raise ValueError("a server tool with `result` and `error`; expected one of them")
        self._check_result()
        self._check_files()
        return self

    def _check_files(self) -> None:
        if self.files and (self.server_name is not None or self.name not in MAKES_FILES):
            raise ValueError(f"`files` of {self.name}; expected them of {join_words(MAKES_FILES)} only; remove them")
        if self.files and self.error is not None:
            raise ValueError("a server tool with `files` and `error`; expected one of them")
        if isinstance(self.result, dict) and "files" in self.result:
            raise ValueError("`files` in the result of a server tool; expected them beside `result`; move them there")

    def _check_result(self) -> None:
        fits, expected = _RESULTS[_MCP if self.server_name is not None else self.name]
        if self.result is not None and not fits(self.result):
            raise ValueError(f"invalid result of {self.name}; expected {expected}")
