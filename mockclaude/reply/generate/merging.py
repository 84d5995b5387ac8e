"""Two JSON Schemas made into one for the values that both accept.

In: schemas without `$ref` and combinations. Out: the same kind of schema.
Knows nothing of values. One table: keyword -> how the keyword's two values become one.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from operator import add
from typing import Any, TypeAlias

import orjson

Schema: TypeAlias = dict[str, Any] | bool
Flat: TypeAlias = dict[str, Any]


def merged(first: Flat, second: Flat) -> Flat:
    """Return a schema for what both accept. What cannot be merged is kept under `allOf`, for checks only."""
    result = {**second, **first}
    for key in first.keys() & second.keys():
        if key in _MERGERS:
            result[key] = _MERGERS[key](first[key], second[key])
        elif key in _ASSERTIONS and first[key] != second[key]:
            result["allOf"] = [*result.get("allOf", ()), {key: second[key]}]
    return result


def both(first: Schema, second: Schema) -> Schema:
    """Return the schema of what both accept, not merged yet."""
    return first if second in (True, first) else second if first is True else {"allOf": [first, second]}


def _types(first: Any, second: Any) -> list[str]:
    ours, theirs = as_list(first), as_list(second)
    integers = ["integer"] if {"integer", "number"} <= {*ours, *theirs} else []
    return list(dict.fromkeys([kind for kind in ours if kind in theirs] + integers))


def as_list(value: Any) -> list[Any]:
    """Return `value`, or a list of only it."""
    return value if isinstance(value, list) else [value]


def _union(first: list[str], second: list[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _common(first: list[Any], second: list[Any]) -> list[Any]:
    known = set(map(_comparable, second))
    return [each for each in first if _comparable(each) in known]


def _comparable(value: Any) -> Any:
    """Return something hashable that is equal for values that JSON Schema calls equal."""
    is_compound = isinstance(value, (list, dict, bool))
    return (orjson.dumps(value, option=orjson.OPT_SORT_KEYS),) if is_compound else value


def _both_in_each(first: dict[str, Schema], second: dict[str, Schema]) -> dict[str, Schema]:
    return {key: both(first.get(key, True), second.get(key, True)) for key in {**first, **second}}


def _union_in_each(first: dict[str, list[Any]], second: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {key: _union(first.get(key, []), second.get(key, [])) for key in {**first, **second}}


def _both_at_each(first: list[Schema], second: list[Schema]) -> list[Schema]:
    return [both(ours, theirs) for ours, theirs in zip_longest(first, second, fillvalue=True)]


def _neither(first: Schema, second: Schema) -> Schema:
    return {"anyOf": [first, second]}


_MERGERS: dict[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": _common,
    "required": _union,
    "allOf": add,
    "not": _neither,
    "uniqueItems": max,
    "properties": _both_in_each,
    "patternProperties": _both_in_each,
    "dependentSchemas": _both_in_each,
    "dependentRequired": _union_in_each,
    "prefixItems": _both_at_each,
    **dict.fromkeys(("items", "additionalProperties", "propertyNames"), both),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), min),
}
_ASSERTIONS = {"const", "pattern", "format", "multipleOf", "contains"}
