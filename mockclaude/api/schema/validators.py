"""Validators of the definitions, for a set of open gates.

The schemas are built for pydantic-core directly: its errors have the paths and words of the API, which also uses
pydantic, and building is quick, because it creates no Python types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

from pydantic_core import CoreSchema
from pydantic_core import core_schema as core

from mockclaude.api.schema.notation import Field, List, Literal, Map, Name, Object, OneOf, Type

HIDDEN = "\0"
"""The prefix of alternatives that the API omits from its paths."""

_INPUT_SCHEMA = core.typed_dict_schema(
    {"type": core.typed_dict_field(core.literal_schema(["object"]), required=True)}, extra_behavior="allow"
)

_SIMPLE: dict[str, Callable[[Name], CoreSchema]] = {
    "str": lambda name: core.str_schema(strict=True, min_length=name.least, max_length=name.most, pattern=name.pattern),
    "int": lambda name: core.int_schema(strict=True, ge=name.least),
    "number": lambda _: core.float_schema(strict=True),
    "bool": lambda _: core.bool_schema(strict=True),
    "object": lambda _: core.dict_schema(core.str_schema(), core.any_schema(), strict=True),
    "any": lambda _: core.any_schema(),
    "input_schema": lambda _: _INPUT_SCHEMA,
}
"""The names without a definition. `input_schema` is a JSON Schema whose type is `object`."""
_NULL, _OBJECT = Name("null"), Name("object")
_IS_OBJECT = core.is_instance_schema(dict)
_ANY = core.any_schema()

Definitions: TypeAlias = dict[str, Type]


class Builder:
    """Builds the schemas of `definitions` for a set of open gates."""

    def __init__(self, definitions: Definitions, gates: frozenset[str]) -> None:
        self._definitions = definitions
        self._gates = gates
        self._built: dict[str, CoreSchema] = {}
        self._objects: dict[tuple[int, str], CoreSchema] = {}
        self._shared: dict[tuple[int, ...], CoreSchema] = {}

    def build_root(self, name: str) -> CoreSchema:
        """Build the whole schema of the definition `name`, with the shared schemas."""
        return core.definitions_schema(self.build_definition(name), [*self._shared.values()])

    def build_definition(self, name: str) -> CoreSchema:
        """Build or return the schema of the definition `name`."""
        if name not in self._built:
            self._built[name] = self.build(self._definitions[name])
        return self._built[name]

    def build(self, kind: Type) -> CoreSchema:
        """Build the schema of a type."""
        if isinstance(kind, Name):
            return _build_simple(kind) if kind.name in _SIMPLE else self.build_definition(kind.name)
        if isinstance(kind, Literal):
            return core.literal_schema([kind.text])
        if isinstance(kind, List):
            item = self.build(kind.item)
            return core.list_schema(item, min_length=kind.least, max_length=kind.most, strict=True, fail_fast=True)
        if isinstance(kind, Map):
            return core.dict_schema(core.str_schema(), self.build(kind.value), strict=True)
        return self._object(kind) if isinstance(kind, Object) else self._one_of(kind)

    def _object(self, kind: Object, known: str = "") -> CoreSchema:
        """Build or return the schema of an object whose field `known`, if any, is valid."""
        key = (id(kind), known)
        if key not in self._objects:
            fields = {
                name: core.typed_dict_field(_ANY if name == known else self.build(field.type), required=field.required)
                for name, field in self._fields(kind)
            }
            self._objects[key] = core.typed_dict_schema(fields, strict=True, extra_behavior="forbid")
        return self._objects[key]

    def _fields(self, kind: Object) -> Iterator[tuple[str, Field]]:
        for name, field in kind.fields:
            if self._open(field.gates):
                yield name, field
        for name in kind.spread:
            yield from self._fields(self._object_named(name))

    def _open(self, gates: tuple[str, ...]) -> bool:
        return not gates or not self._gates.isdisjoint(gates)

    def _object_named(self, name: str) -> Object:
        kind = self._definitions[name]
        assert isinstance(kind, Object)
        return kind

    def _one_of(self, kind: OneOf) -> CoreSchema:
        options = list(self._options(kind))
        schema = self._not_null([option for option in options if option != _NULL])
        return core.nullable_schema(schema) if _NULL in options else schema

    def _options(self, kind: Type) -> Iterator[Type]:
        """Yield the open alternatives, including those of named alternatives."""
        if isinstance(kind, OneOf):
            for option, gates in kind.options:
                if self._open(gates):
                    yield from self._options(option)
        elif isinstance(kind, Name) and isinstance(self._definitions.get(kind.name), (OneOf, Object)):
            yield from self._options(self._definitions[kind.name])
        else:
            yield kind

    def _not_null(self, options: list[Type]) -> CoreSchema:
        objects = [option for option in options if isinstance(option, Object)]
        texts = [option.text for option in options if isinstance(option, Literal)]
        by_type = {_python_type(option): self.build(option) for option in options if not isinstance(option, Object)}
        if texts:
            by_type["str"] = core.literal_schema(texts)
        if objects:
            by_type["dict"] = (
                self._object(objects[0]) if len(objects) == 1 and not objects[0].tagged else self._tagged_union(objects)
            )
        return next(iter(by_type.values())) if len(by_type) == 1 else self._union(by_type)

    def _union(self, by_type: dict[str, CoreSchema]) -> CoreSchema:
        """Build the schema of alternatives of different types, by the names of their Python types."""
        return _by_python_type(by_type)

    def _tagged_union(self, objects: list[Object]) -> CoreSchema:
        """Build the schema of objects that their `type` or `role` distinguishes."""
        key = "role" if "role" in dict(objects[0].fields) else "type"
        choices: dict[str, CoreSchema] = {}
        default = ""
        for option in objects:
            named = dict(self._fields(option)).get(key)
            tags = list(self._tags(named))
            default = default if named and named.required else (tags or [f"{HIDDEN}untold"])[0]
            choices |= dict.fromkeys(tags or [default], self._object(option))
        if key == "type" and not default:
            return core.tagged_union_schema(choices, key, strict=True)
        hidden = HIDDEN if key == "role" else ""
        return core.tagged_union_schema(
            {hidden + tag: schema for tag, schema in choices.items()},
            _discriminator(key, hidden, default, hidden + next(iter(choices))),
            strict=True,
        )

    def _tags(self, field: Field | None) -> Iterator[str]:
        options = self._options(field.type) if field else ()
        yield from (option.text for option in options if isinstance(option, Literal))


class AcceptanceBuilder(Builder):
    """Builds schemas that accept the same JSON without calling Python.

    Their errors are not the API's.
    """

    def build(self, kind: Type) -> CoreSchema:
        """Build the schema of a type. An object of any content is not copied."""
        return _IS_OBJECT if kind == _OBJECT else super().build(kind)

    def _union(self, by_type: dict[str, CoreSchema]) -> CoreSchema:
        return core.union_schema([*reversed(by_type.values())], mode="left_to_right")

    def _tagged_union(self, objects: list[Object]) -> CoreSchema:
        """Build or return the shared schema of a union: content blocks nest in others."""
        ids = tuple(map(id, objects))
        if ids not in self._shared:
            union: Any = self._new_union(objects)
            self._shared[ids] = {**union, "ref": f"union {len(self._shared)}"}
        return core.definition_reference_schema(self._shared[ids]["ref"])

    def _new_union(self, objects: list[Object]) -> CoreSchema:
        key = "role" if "role" in dict(objects[0].fields) else "type"
        choices: dict[str, CoreSchema] = {}
        without_key: list[CoreSchema] = []
        for option in objects:
            named = dict(self._fields(option)).get(key)
            choices |= dict.fromkeys(self._tags(named), self._object(option, known=key))
            if not (named and named.required):
                without_key.append(self._object(option))
        tagged = core.tagged_union_schema(choices, key, strict=True)
        return core.union_schema([*without_key, tagged], mode="left_to_right") if without_key else tagged


@cache
def _build_simple(kind: Name) -> CoreSchema:
    return _SIMPLE[kind.name](kind)


def _python_type(kind: Type) -> str:
    """Return the name of the Python type of parsed JSON of this type."""
    if isinstance(kind, List | Map):
        return "list" if isinstance(kind, List) else "dict"
    return kind.name if isinstance(kind, Name) else "str"


def _discriminator(key: str, hidden: str, default: str, first: str) -> Callable[[Any], str | None]:
    """Build a function that selects the alternative for an object; `default` is for an object without `key`.

    Other values are validated as the `first` alternative, whose error says that an object is required.
    """

    def select(value: Any) -> str | None:
        if not isinstance(value, dict):
            return first
        tag = value.get(key)
        if tag is None:
            return default or None
        return f"{hidden}{tag}"

    return select


def _by_python_type(schemas: dict[str, CoreSchema]) -> CoreSchema:
    """Build the schema of alternatives of different types. Other values are reported as invalid lists or objects."""
    tags = {kind: HIDDEN + kind for kind in schemas}
    fallback = tags.get("list") or tags.get("dict")

    def select(value: Any) -> str | None:
        return tags.get(type(value).__name__, fallback)

    return core.tagged_union_schema({tags[kind]: schema for kind, schema in schemas.items()}, select, strict=True)
