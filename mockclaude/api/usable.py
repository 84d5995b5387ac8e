"""The types that every validation mode requires of a request body.

The fields that mockclaude reads must have the types below; all other fields are kept unchanged.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Literal, NotRequired, Required, TypeAlias, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator
from typing_extensions import TypedDict

from mockclaude.api.body import Body, Path
from mockclaude.api.errors import ApiError, invalid
from mockclaude.api.schema import NO_OBJECT, SHAPE

T = TypeVar("T")
_List: TypeAlias = Annotated[list[T], Field(fail_fast=True)]
"""A list that reports its first invalid item only, because a response has one error."""


class _Block(TypedDict, total=False):
    type: Required[str]
    text: str
    id: str
    name: str
    input: dict[str, Any]
    tool_use_id: str
    is_error: bool | None
    content: str | _List[dict[str, Any]] | dict[str, Any] | None
    cache_control: dict[str, Any] | None


class _Message(TypedDict):
    role: Literal["user", "assistant", "system"]
    content: str | _List[_Block]


class _Tool(TypedDict, total=False):
    name: str
    type: str | None
    input_schema: dict[str, Any]
    cache_control: dict[str, Any] | None


class _ToolChoice(TypedDict):
    type: Literal["auto", "any", "tool", "none"]
    name: NotRequired[str]


class _Thinking(TypedDict, total=False):
    type: str
    budget_tokens: int | None


class _Container(TypedDict, total=False):
    id: str | None
    skills: _List[dict[str, Any]] | None


class _Format(TypedDict):
    type: Literal["json_schema"]
    schema: dict[str, Any]


class _OutputConfig(TypedDict, total=False):
    format: _Format | None


class _Usable(TypedDict):
    __pydantic_config__ = ConfigDict(strict=True)  # type: ignore[misc]

    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[_List[_Message], Field(max_length=100_000)]
    system: NotRequired[str | _List[_Block] | None]
    tools: NotRequired[_List[_Tool] | None]
    tool_choice: NotRequired[_ToolChoice | None]
    thinking: NotRequired[_Thinking | None]
    output_config: NotRequired[_OutputConfig | None]
    output_format: NotRequired[_Format | None]
    max_tokens: NotRequired[Annotated[int, Field(ge=0)] | None]
    stream: NotRequired[bool | None]
    stop_sequences: NotRequired[_List[str] | None]
    metadata: NotRequired[dict[str, Any] | None]
    cache_control: NotRequired[dict[str, Any] | None]
    compaction: NotRequired[dict[str, Any] | None]
    container: NotRequired[str | _Container | None]
    diagnostics: NotRequired[dict[str, Any] | None]
    thread: NotRequired[dict[str, Any] | None]


@cache
def _adapter() -> TypeAdapter[_Usable]:
    return TypeAdapter(_Usable)


def check_usable(body: Body) -> None:
    """Validate the types of the fields that replies depend on.

    Raises:
        ApiError: 400, with the path of the first error.
    """
    _validate(_adapter().validator, body)


def drop_unusable(body: Body) -> Body:
    """Return a body without the fields and list items that are not usable.

    Raises:
        ApiError: 400; the model or all messages are missing.
    """
    try:
        check_usable(body)
    except ApiError:
        return _validate(_lenient_validator(), body)
    return body


def _validate(validator: Any, body: Body) -> Body:
    try:
        valid: Body = validator.validate_python(body)
    except ValidationError as error:
        raise _first_error(error.errors(include_url=False, include_context=False), body) from None
    if not valid["messages"] and (valid.get("thread") or {}).get("type") != "continue":
        raise invalid("messages: at least one message is required")
    return valid


@cache
def _lenient_validator() -> SchemaValidator:
    return SchemaValidator(_omit_invalid(_adapter().core_schema))


def _omit_invalid(schema: Any) -> Any:
    """Return a schema of pydantic that omits invalid optional fields and invalid items, and keeps all other fields."""
    if isinstance(schema, list):
        return [_omit_invalid(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    lenient = {key: _omit_invalid(value) for key, value in schema.items() if key != "fail_fast"}
    match schema.get("type"):
        case "typed-dict":
            lenient["extra_behavior"] = "allow"
        case "typed-dict-field" if not schema["required"]:
            lenient["schema"] = _or_omit(lenient["schema"])
        case "list":
            lenient["items_schema"] = _or_omit(lenient["items_schema"])
        case "int":
            lenient["strict"] = False
    return lenient


def _or_omit(schema: Any) -> Any:
    return {"type": "default", "schema": schema, "on_error": "omit"}


def _first_error(errors: list[ErrorDetails], body: Body) -> ApiError:
    problems = [(_path_in(body, error), SHAPE if error["type"] in NO_OBJECT else error["msg"]) for error in errors]
    first, _ = problems[0]
    path, message = max((p for p in problems if p[0][: len(first)] == first), key=lambda problem: len(problem[0]))
    return invalid(f"{'.'.join(map(str, path))}: {message}")


def _path_in(body: Body, error: ErrorDetails) -> Path:
    """Return the path of `error` without the names of union members: pydantic adds them, the API omits them."""
    path: list[str | int] = []
    value: Any = body
    missing = error["loc"][-1] if error["type"] == "missing" else None
    for part in error["loc"]:
        if isinstance(value, list) and isinstance(part, int):
            value = value[part]
        elif isinstance(value, dict) and (part in value or part == missing):
            value = value.get(part)
        else:
            continue
        path.append(part)
    return tuple(path)
