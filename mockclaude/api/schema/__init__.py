"""The schema of request bodies, as strict as the API's own.

The schema itself is data, in `body_fields`, `block_types` and `tool_types`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from pydantic_core import ErrorDetails, SchemaValidator, ValidationError

from mockclaude.api.body import Body
from mockclaude.api.schema.block_types import BLOCKS
from mockclaude.api.schema.body_fields import BODY
from mockclaude.api.schema.gates import open_gates
from mockclaude.api.schema.notation import field_names, parse_definitions
from mockclaude.api.schema.tool_types import TOOLS
from mockclaude.api.schema.validators import HIDDEN, AcceptanceBuilder, Builder, Definitions

_ROLES = "Input should be 'user' or 'assistant'"
_INTERNAL = ("'connector_text'", "'mid_conv_system'")
"""Types that the API's error messages list for blocks of a message (recorded), but that no client can send."""

_FIELDS_OF_FALLBACKS = "model, max_tokens, output_config, speed, thinking"

_MANY = 100
"""The maximum number of errors that pydantic formats for one request. Only one is sent."""


_MOST_TOOLS = 16
"""The maximum number of remembered lists of tools, in all acceptances. At this number all are dropped."""

_valid_tools: set[tuple[frozenset[str], bytes]] = set()
"""Lists of tools that were valid, as JSON, with the open gates."""


class Acceptance:
    """Accepts valid Messages requests without `thread`.

    Attributes:
        accepts: Returns whether a body is valid.
    """

    def __init__(self, gates: frozenset[str]) -> None:
        self.accepts: Callable[[Body], bool] = _validator("create", gates, AcceptanceBuilder).isinstance_python
        self._gates = gates

    def accepts_with_tools(self, body: Body, tools: bytes) -> bool:
        """Return whether a body is valid.

        Tools that were valid are not validated again, since agents repeat them.

        Args:
            body: The body.
            tools: Its tools as JSON.
        """
        if (self._gates, tools) in _valid_tools:
            return self.accepts({**body, "tools": []})
        is_valid = self.accepts(body)
        if is_valid:
            if len(_valid_tools) >= _MOST_TOOLS:
                _valid_tools.clear()
            _valid_tools.add((self._gates, tools))
        return is_valid


SHAPE = "Input does not match the expected shape."
NO_OBJECT = ("dict_type", "model_attributes_type")
"""The message for a value that is not an object, recorded for a message and an `input_schema`; and its errors."""


def create_acceptance(version: str, betas: frozenset[str]) -> Acceptance:
    """Create the acceptance for a version of the API and betas."""
    return _acceptance(open_gates(version, betas))


def find_error(body: dict[str, Any], version: str, betas: frozenset[str], *, counting: bool) -> str | None:
    """Return the first error, e.g. `max_tokens: Field required`; None if valid."""
    validator = _validator(_definition(body, counting), open_gates(version, betas))
    try:
        validator.validate_python(body)
    except ValidationError as error:
        return _describe(_first_error(error, validator, body))
    return None


def _first_error(error: ValidationError, validator: SchemaValidator, body: dict[str, Any]) -> ErrorDetails:
    """Return the first error of `body`. Only objects with unknown fields have many errors: lists stop at the first."""
    if error.error_count() > _MANY:
        try:
            validator.validate_python(_with_few_fields(body))
        except ValidationError as first:
            error = first
    return error.errors(include_url=False, include_input=False)[0]


def _with_few_fields(value: Any) -> Any:
    """Return JSON data in which objects have the defined fields, and only the first unknown ones."""
    if isinstance(value, list):
        return [_with_few_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    others = frozenset(islice((key for key in value if key not in _field_names()), _MANY))
    return {key: _with_few_fields(item) for key, item in value.items() if key in others or key in _field_names()}


def _definition(body: dict[str, Any], counting: bool) -> str:
    thread = body.get("thread")
    continues = isinstance(thread, dict) and thread.get("type") == "continue"
    return "count_tokens" if counting else "continue" if continues else "create"


@cache
def _definitions() -> Definitions:
    return parse_definitions(BODY + BLOCKS + TOOLS)


@cache
def _field_names() -> frozenset[str]:
    return frozenset(field_names(_definitions().values()))


_acceptance = lru_cache(maxsize=64)(Acceptance)


@lru_cache(maxsize=64)
def _validator(definition: str, gates: frozenset[str], builder: type[Builder] = Builder) -> SchemaValidator:
    return SchemaValidator(builder(_definitions(), gates).build_root(definition))


def _describe(error: ErrorDetails) -> str:
    path = [str(part) for part in error["loc"] if not str(part).startswith(HIDDEN)]
    kind, message = error["type"], error["msg"]
    is_message = path[:1] == ["messages"] and len(path) == 2
    if kind in NO_OBJECT:
        message = SHAPE
    elif kind == "union_tag_invalid":
        message = _ROLES if is_message else _describe_tag(error["ctx"], path)
        path += ["role"] if is_message else []
    elif kind == "union_tag_not_found":
        path.append("role" if is_message else "type")
        message = "Field required"
    elif kind == "too_short" and path == ["messages"]:
        message = "at least one message is required"
    elif kind == "too_long" and path[-1:] == ["citations"]:
        message = "Extra inputs are not permitted"
    elif kind == "extra_forbidden" and path[:1] == ["fallbacks"] and len(path) == 3:
        message = f"'{path.pop()}' is not a supported field. Supported: {_FIELDS_OF_FALLBACKS}."
    return f"{'.'.join(path)}: {message}"


def _describe_tag(context: dict[str, Any], path: list[str]) -> str:
    known = context["expected_tags"].split(", ")
    tags = ", ".join(sorted((*known, *_INTERNAL) if _is_message_block(path) else known))
    return f"Input tag '{context['tag']}' found using 'type' does not match any of the expected tags: {tags}"


def _is_message_block(path: list[str]) -> bool:
    return path[0] == "messages" and len(path) == 4
