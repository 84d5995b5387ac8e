"""Read a client's JSON Schema (draft 2020-12): follow references and flatten combinations, at a bounded cost.

Nothing is fetched: a `$ref` is a JSON pointer into the same document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from operator import add
from typing import Any, TypeAlias
from urllib.parse import unquote

import orjson

Schema: TypeAlias = dict[str, Any] | bool
Flat: TypeAlias = dict[str, Any]
"""A schema without references and combinations, except an `allOf` for checks only."""
Active: TypeAlias = tuple[str, ...]

_COMBINING = {"$ref", "allOf", "anyOf", "oneOf", "$defs", "definitions"}
_IGNORED = {
    "not", "if", "then", "else", "contains", "minContains", "maxContains", "dependentRequired", "dependentSchemas",
    "patternProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef",
}  # fmt: skip
"""Keywords that the generator ignores."""


class SchemaError(ValueError):
    """The schema contradicts itself, is not supported, or takes too much work."""


class Document:
    """A client's schema, and the steps of work that are left for it."""

    def __init__(self, root: Schema, steps: int) -> None:
        self.root, self.left = root, steps

    def spend(self, steps: int = 0, *, members: int = 0, length: int = 0) -> None:
        """Count work.

        Args:
            steps: Steps: values, checks and alternatives.
            members: Members of objects and arrays that are visited.
            length: Characters that are copied or compared.

        Raises:
            SchemaError: No steps are left.
        """
        self.left -= steps + members // 20 + length // 200
        if self.left < 0:
            raise SchemaError("the schema takes too much work")

    def resolve(self, ref: str) -> Schema:
        """Resolve a reference to a schema.

        Raises:
            SchemaError: `ref` is not a JSON pointer to a schema of this document.
        """
        self.spend(1, length=len(ref))
        target: Any = self.root if ref == "#" or ref.startswith("#/") else None
        for step in unquote(ref).split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                target = target[int(key)] if isinstance(target, list) else target[key]
            except (LookupError, TypeError, ValueError):
                target = None
        if not isinstance(target, (dict, bool)):
            raise SchemaError(f"`$ref` {ref[:100]} is not followed")
        return target

    def alternatives(self, schema: Schema, active: Active) -> Iterator[tuple[Flat, Active]]:
        """Yield each combination-free form of `schema` with the references on the way.

        A reference within itself has no alternatives.

        Args:
            schema: A part of the document.
            active: The references around the schema.
        """
        if schema is False:
            return
        own = {} if schema is True else schema
        self.spend(1, members=len(own))
        references = [own["$ref"]] if "$ref" in own else []
        if any(ref in active for ref in references):
            return
        base = {key: value for key, value in own.items() if key not in _COMBINING and key not in _IGNORED}
        parts = [[self.resolve(ref)] for ref in references] + _list_choices(own)
        yield from self._join(base, (*active, *references), (), parts)

    def _join(
        self, base: Flat, around: Active, entered: Active, parts: Sequence[Sequence[Schema]]
    ) -> Iterator[tuple[Flat, Active]]:
        """Yield each way to combine one schema of each of `parts`, which are within the references `around`."""
        if not parts:
            yield base, (*around, *entered)
            return
        for schema in parts[0]:
            for flat, active in self.alternatives(schema, around):
                self.spend(members=4 * (_count_members(base) + _count_members(flat)))
                yield from self._join(_merge(base, flat), around, (*entered, *active[len(around) :]), parts[1:])


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, or another value as a list of one."""
    return value if isinstance(value, list) else [value]


def _list_choices(own: Flat) -> list[Sequence[Schema]]:
    kinds = [[{"type": kind} for kind in own["type"]]] if isinstance(own.get("type"), list) else []
    return [[part] for part in own.get("allOf", ())] + [own[key] for key in ("anyOf", "oneOf") if key in own] + kinds


def _count_members(flat: Flat) -> int:
    return sum(len(value) for value in flat.values() if isinstance(value, (dict, list)))


def _merge(first: Flat, second: Flat) -> Flat:
    """Merge two schemas: the result accepts the values that both accept. Ignored keywords are not merged."""
    result = {**second, **first}
    for key in first.keys() & second.keys():
        if key in _MERGERS:
            result[key] = _MERGERS[key](first[key], second[key])
        elif key in ("const", "pattern", "format", "multipleOf") and first[key] != second[key]:
            result["allOf"] = [*result.get("allOf", ()), {key: second[key]}]
    return result


def _require_both(first: Schema, second: Schema) -> Schema:
    return first if second in (True, first) else second if first is True else {"allOf": [first, second]}


def _intersect_types(first: Any, second: Any) -> list[str]:
    first_types, second_types = as_list(first), as_list(second)
    integers = ["integer"] if {"integer", "number"} <= {*first_types, *second_types} else []
    return list(dict.fromkeys([kind for kind in first_types if kind in second_types] + integers))


def _intersect_values(first: list[Any], second: list[Any]) -> list[Any]:
    encoded = {orjson.dumps(value, option=orjson.OPT_SORT_KEYS) for value in second}
    return [value for value in first if orjson.dumps(value, option=orjson.OPT_SORT_KEYS) in encoded]


_MERGERS: dict[str, Callable[[Any, Any], Any]] = {
    "type": _intersect_types,
    "enum": _intersect_values,
    "required": lambda first, second: [*dict.fromkeys([*first, *second])],
    "allOf": add,
    "properties": lambda one, two: {
        key: _require_both(one.get(key, True), two.get(key, True)) for key in {**one, **two}
    },
    "prefixItems": lambda first, second: [_require_both(*pair) for pair in zip_longest(first, second, fillvalue=True)],
    **dict.fromkeys(("items", "additionalProperties"), _require_both),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "uniqueItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
