"""The types of the TypeScript helper, made from the JSON Schemas of scenario files and of journal entries."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, TypeAlias, Union, get_args, get_origin, get_type_hints, is_typeddict

import mockclaude
from mockclaude.api.errors import STATUS
from mockclaude.journal.entry_types import EntryDict
from mockclaude.scenario.format.json_schema import json_schema
from mockclaude.scenario.format.positions import DELTAS, EVENTS
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.format.response_steps import StopReason

Schema: TypeAlias = Mapping[str, Any]

HELPER = Path(mockclaude.__file__).parent / "cli" / "templates" / "mockclaude.ts"

PREFIX = "#/$defs/"
NAMES = {
    "Error": "ErrorReply",
    "Match": "Matcher",
    "RedactedThinking": "RedactedThinkingBlock",
    "ServerTool": "ServerToolCall",
    "Text": "TextBlock",
    "Thinking": "ThinkingBlock",
    "ToolUse": "ToolUseBlock",
    "Usage": "TokenUsage",
    "EntryDict": "JournalEntry",
}
"""Definition of a schema -> its name in TypeScript, where its own would hide or suggest something else."""

LISTS: dict[str, Sequence[str | int]] = {
    "FaultPreset": tuple(PRESETS),
    "FaultStatus": tuple(int(name) for name in PRESETS if name.isdigit()),
    "ErrorType": tuple(STATUS),
    "EventName": (*EVENTS, *DELTAS),
    "StopReasonName": get_args(get_type_hints(StopReason)["type"]),
}
"""Name -> a long list of literals that occurs more than once, the longest first."""

_DISTRIBUTION = {"uniform", "normal", "lognormal", "exponential"}

_PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_TYPES = {"integer": "number", "object": "Record<string, unknown>", "array": "unknown[]"}


def make_types() -> str:
    """Return the TypeScript types of a rule and of a journal entry, with all types in them."""
    definitions = {**json_schema()["$defs"], **typed_dict_schemas(EntryDict)}
    names = sorted({*_reachable("Rule", definitions), *_reachable("EntryDict", definitions)}, key=_name)
    lists = [f"export type {name} =\n{_wrap(map(json.dumps, values))};" for name, values in LISTS.items()]
    return "\n\n".join([*lists, *(_declare(name, definitions[name]) for name in names)]) + "\n"


def typed_dict_schemas(typed: Any) -> dict[str, Schema]:
    """Return the schema of a `TypedDict`, and those of all in it, by name."""
    hints, documented = get_type_hints(typed, include_extras=True), _docstrings(typed)
    properties = {key: {**_hint_schema(hint), **documented.get(key, {})} for key, hint in hints.items()}
    schemas: dict[str, Schema] = {
        typed.__name__: {
            "type": "object",
            "description": typed.__doc__,
            "properties": properties,
            "required": [key for key, hint in hints.items() if get_origin(hint) is not NotRequired],
            "additionalProperties": False,
        }
    }
    for inner in _inner(list(hints.values())):
        schemas |= typed_dict_schemas(inner)
    return schemas


def _docstrings(typed: Any) -> dict[str, Schema]:
    (definition,) = ast.parse(inspect.getsource(typed)).body
    documented: dict[str, Schema] = {}
    for lines in pairwise(getattr(definition, "body", ())):
        match lines:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                documented[name] = {"description": text}
    return documented


def _inner(hints: Sequence[Any]) -> Iterator[Any]:
    for hint in hints:
        if is_typeddict(hint):
            yield hint
        else:
            yield from _inner([argument for argument in get_args(hint) if not isinstance(argument, str)])


def _hint_schema(hint: Any) -> Schema:
    if hint in _PRIMITIVES:
        return {"type": _PRIMITIVES[hint]}
    if is_typeddict(hint):
        return {"$ref": PREFIX + hint.__name__}
    arguments = get_args(hint)
    match get_origin(hint):
        case origin if origin is Literal:
            return {"enum": list(arguments)}
        case origin if origin is NotRequired:
            return _hint_schema(arguments[0])
        case origin if origin is list:
            return {"type": "array", "items": _hint_schema(arguments[0])}
        case origin if origin is dict:
            return {"type": "object", "additionalProperties": _hint_schema(arguments[1])}
        case origin if origin in (Union, UnionType):
            return {"anyOf": [_hint_schema(argument) for argument in arguments]}
        case _:
            raise AssertionError(f"unknown type {hint}")


def _reachable(name: str, definitions: Mapping[str, Schema]) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _references(definitions[name])
    return seen


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix(PREFIX)
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _name(definition: str) -> str:
    return NAMES.get(definition, definition.removesuffix("Dict"))


def _declare(definition: str, schema: Schema) -> str:
    name = _name(definition)
    comment = _comment(schema, "")
    if _has_one_key(schema):
        return f"{comment}export type {name} = ExactlyOne<{_object(schema, '')}>;"
    return f"{comment}export interface {name} {_object(schema, '')}"


def _has_one_key(schema: Schema) -> bool:
    return schema.get("minProperties") == schema.get("maxProperties") == 1


def _comment(schema: Schema, indent: str) -> str:
    text = schema.get("description", "").partition("\n\n")[0].replace("*/", "* /")
    lines = textwrap.wrap(" ".join(text.split()), 110 - len(indent))
    if len(lines) < 2:
        return f"{indent}/** {lines[0]} */\n" if lines else ""
    return "".join([f"{indent}/**\n", *(f"{indent} * {line}\n" for line in lines), f"{indent} */\n"])


def _object(schema: Schema, indent: str) -> str:
    required, inside = schema.get("required", ()), f"{indent}  "
    lines = [
        f"{_comment(value, inside)}{inside}{key}{'' if key in required else '?'}: {_type(value, inside)};\n"
        for key, value in schema["properties"].items()
    ]
    if schema.get("additionalProperties") is True:
        lines.append(f"{inside}[key: string]: unknown;\n")
    return f"{{\n{''.join(lines)}{indent}}}"


def _type(schema: Schema, indent: str) -> str:
    if "$ref" in schema:
        return _name(schema["$ref"].removeprefix(PREFIX))
    if "const" in schema or "enum" in schema:
        return _literals(schema.get("enum", [schema.get("const")]))
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return _union([_type(each, indent) for each in schema[union]])
    kinds = schema.get("type", "unknown")
    if isinstance(kinds, list):
        return " | ".join(_type({"type": kind}, indent) for kind in kinds)
    return {"array": _array, "object": _mapping}.get(kinds, _primitive)(schema, indent)


def _primitive(schema: Schema, _: str) -> str:
    kind: str = schema.get("type", "unknown")
    return _TYPES.get(kind, kind)


def _union(types: Sequence[str]) -> str:
    """Return a union. `string & {}` keeps the literals beside it in an editor's completion."""
    has_literals = any(name.startswith('"') or name.split(" | ")[0] in LISTS for name in types)
    return " | ".join(dict.fromkeys("(string & {})" if name == "string" and has_literals else name for name in types))


def _literals(values: Sequence[Any]) -> str:
    names = []
    for name, literals in LISTS.items():
        if set(literals) <= set(values):
            names.append(name)
            values = [value for value in values if value not in literals]
    return " | ".join([*names, *map(json.dumps, values)])


def _array(schema: Schema, indent: str) -> str:
    if "items" not in schema:
        return _TYPES["array"]
    item = _type(schema["items"], indent)
    if schema.get("minItems") == schema.get("maxItems") == 2:
        return f"[{item}, {item}]"
    return f"({item})[]" if " | " in item or "{" in item else f"{item}[]"


def _mapping(schema: Schema, indent: str) -> str:
    if "properties" in schema:
        if set(schema["properties"]) == _DISTRIBUTION:
            return f"Distribution<{_type(schema['properties']['uniform']['items'], indent)}>"
        form = _object(schema, indent)
        return f"ExactlyOne<{form}>" if _has_one_key(schema) else form
    patterns = schema.get("patternProperties", {})
    values = [*patterns.values(), *(v for v in [schema.get("additionalProperties")] if isinstance(v, dict))]
    return f"Record<string, {_type(values[0], indent)}>" if values else _TYPES["object"]


def _wrap(literals: Iterable[str]) -> str:
    lines = [""]
    for literal in literals:
        if len(lines[-1]) + len(literal) > 110:
            lines.append("")
        lines[-1] += f" | {literal}"
    return "\n".join(f" {line}" for line in lines)
