"""Checks of the output format: its JSON schema, features that it excludes, and stop sequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

import orjson

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.memo import remember
from mockclaude.api.request import MessagesRequest

_NUMERIC = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_UNSUPPORTED: dict[str, frozenset[str]] = {
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "string": frozenset({"minLength", "maxLength"}),
    "array": frozenset({"maxItems", "uniqueItems", "contains", "minContains", "maxContains"}),
    "object": frozenset({"minProperties", "maxProperties", "propertyNames", "patternProperties"}),
}
"""Keywords that structured output does not support (documented), by the type that they restrict."""

_TYPED_BY = ("type", "enum", "const", "$ref", "anyOf", "allOf")
_DEFINITIONS = ("$defs", "definitions")
_WITH_SCHEMAS = frozenset({"properties", *_DEFINITIONS, "anyOf", "allOf", "items"})


@remember(64, 20_000)
def schema_problem(schema: bytes) -> str | None:
    """Return the first error of a JSON Schema for structured output; None if valid."""
    parsed = orjson.loads(schema)
    for node in subschemas(parsed):
        for problem in (_unknown_type, _open_object, _few_items, _any_property, _find_unsupported):
            if message := problem(node):
                return message
    return _find_circle(parsed)


def subschemas(schema: object) -> Iterator[Body]:
    """Yield a schema and its subschemas, from the outside in."""
    left = [schema]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            if not _WITH_SCHEMAS.isdisjoint(node):
                left += reversed([*_inner(node)])


def _inner(schema: Body) -> Iterator[object]:
    for key in ("properties", *_DEFINITIONS):
        yield from _dict(schema.get(key)).values()
    for key in ("anyOf", "allOf"):
        yield from _list(schema.get(key))
    yield schema.get("items")


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _types(node: Body) -> list[Any]:
    kind = node.get("type")
    return kind if isinstance(kind, list) else [kind]


def _unknown_type(node: Body) -> str | None:
    if "oneOf" in node:
        return "Schema type 'oneOf' is not supported"
    return None if any(key in node for key in _TYPED_BY) else "Invalid schema: Schema type is missing"


def _open_object(node: Body) -> str | None:
    more = node.get("additionalProperties")
    if more is False or "object" not in _types(node):
        return None
    if more is None:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    kind = "true" if more is True else "object"
    return (
        f"For 'object' type, 'additionalProperties: {kind}' is not supported. "
        "Please set 'additionalProperties' to false"
    )


def _any_property(node: Body) -> str | None:
    is_any = "object" in _types(node) and any(schema is True for schema in _dict(node.get("properties")).values())
    return "For 'object' type, property 'properties' is not supported" if is_any else None


def _few_items(node: Body) -> str | None:
    least = node.get("minItems")
    if least in (None, 0, 1) or "array" not in _types(node):
        return None
    most = node.get("maxItems", "∞")
    return f"For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [{least}, {most}])"


def _find_unsupported(node: Body) -> str | None:
    for kind in _types(node):
        unsupported = _UNSUPPORTED.get(kind) if isinstance(kind, str) else None
        if unsupported and not unsupported.isdisjoint(node):
            return f"For '{kind}' type, {_quote_names(sorted(unsupported & node.keys()))} not supported"
    return None


def _quote_names(names: list[str]) -> str:
    return f"property '{names[0]}' is" if len(names) == 1 else f"properties {', '.join(names)} are"


def _find_circle(schema: object) -> str | None:
    """Return the message for the first circle of definitions that require each other, if any."""
    definitions = {name: node for key in _DEFINITIONS for name, node in _dict(_dict(schema).get(key)).items()}
    needs = {name: dict.fromkeys(_references(node)) for name, node in definitions.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        way = _order_circle(error.args[1][:0:-1], [*definitions])
        return (
            f"Invalid schema: Circular reference detected in schema definitions: {' -> '.join(way)}. "
            "Self-referencing or mutually-referencing definitions are not supported."
        )
    return None


def _order_circle(circle: list[str], definitions: list[str]) -> list[str]:
    """Return the names of a circle, which starts and ends with the first definition."""
    members = set(circle)
    start = circle.index(next(name for name in definitions if name in members))
    return [*circle[start:], *circle[: start + 1]]


def _references(schema: object) -> Iterator[str]:
    for node in subschemas(schema):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]


def find_format(request: MessagesRequest, field: str) -> Any:
    """Return the output format in `output_config` or `output_format`, if any."""
    value = request.body.get(field)
    return value.get("format") if value and field == "output_config" else value


def _reject_schema(field: str) -> Callable[[MessagesRequest], Details | None]:
    """Build a check that rejects an invalid schema in `field`."""

    def find(request: MessagesRequest) -> Details | None:
        output_format = find_format(request, field)
        problem = schema_problem(orjson.dumps(output_format["schema"])) if output_format else None
        return None if problem is None else {"problem": problem}

    return find


def _reject_citations(kind: str) -> Callable[[MessagesRequest], Details | None]:
    """Build a check that rejects citations of blocks of a kind in a request with an output format."""

    def find(request: MessagesRequest) -> Details | None:
        if not (find_format(request, "output_config") or find_format(request, "output_format")):
            return None
        return {} if any(_is_enabled(block.get("citations")) for _, block in request.blocks[kind]) else None

    return find


def _is_enabled(citations: object) -> bool:
    return _dict(citations).get("enabled") is True


def _find_edits_with_output_format(request: MessagesRequest) -> Details | None:
    return {} if request.body.get("context_management") is not None else None


def _empty_stop(request: MessagesRequest) -> Details | None:
    return {} if "" in request.body["stop_sequences"] else None


def _blank_stop(request: MessagesRequest) -> Details | None:
    return None if all(map(str.strip, request.body["stop_sequences"])) else {}


CHECKS: tuple[Check, ...] = (
    Check(
        "a schema that cannot constrain the answer",
        "output_config.format.schema: {problem}",
        "recorded",
        _reject_schema("output_config"),
        "output_config",
        gateway=True,
        citation="maruel/genai Scoreboard/claude-opus-4-8/GenSync-JSON.yaml",
    ),
    Check(
        "a schema that cannot constrain the answer, in the old field",
        "output_format.schema: {problem}",
        "assumed",
        _reject_schema("output_format"),
        "output_format",
    ),
    *(
        Check(
            f"citations of a {kind} in an answer that has a format",
            "Citations are not supported with `output_config.format`. Please disable citations or remove the format.",
            "assumed",
            _reject_citations(kind),
            f"block:{kind}",
        )
        for kind in ("document", "search_result")
    ),
    Check(
        "a compaction, and edits of the context",
        "`compaction` cannot be combined with `context_management`.",
        "assumed",
        _find_edits_with_output_format,
        "compaction",
    ),
    Check(
        "an empty stop sequence",
        "stop_sequences: each stop sequence must be non-empty",
        "reported",
        _empty_stop,
        "stop_sequences",
        citation="MegaGrindStone/mcp-web-ui#5",
    ),
    Check(
        "a stop sequence without a character",
        "stop_sequences: each stop sequence must contain non-whitespace",
        "reported",
        _blank_stop,
        "stop_sequences",
        citation="BerriAI/litellm#3286",
    ),
)
"""Output: its schema, features that it excludes, and stop sequences."""
