"""Check JSON data against a JSON Schema of draft 2020-12, at a bounded cost.

jsonschema-rs is not used: a schema can make it run indefinitely and take a hundred times the schema's size in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.reply.generate import patterns
from mockclaude.reply.generate.ranges import to_fraction
from mockclaude.reply.generate.schemas import Document, Flat, Schema, SchemaError, as_list

MAX_STEPS = 20_000
_LONGEST = 100


class Violation(NamedTuple):
    """A value that a keyword of a schema rejects, and the value's JSON pointer."""

    value: Any
    keyword: str
    argument: Any
    path: str = ""

    def __str__(self) -> str:
        """Format the violation as a sentence."""
        argument = _format_json(self.argument)
        sentence = f"{_format_json(self.value)} does not meet {self.keyword}: {argument}"
        if self.keyword == "type":
            sentence = f"{_format_json(self.value)} is not of type {argument}"
        elif self.keyword == "required":
            missing = next(name for name in self.argument if name not in self.value)
            sentence = f"{_format_json(missing)} is a required property"
        return f"{sentence} at {self.path}" if self.path else sentence


def find_violation(schema: Schema, value: Any) -> Violation | None:
    """Find the first violation of `schema` by `value`; None for an instance.

    `format` is not checked, as draft 2020-12 specifies.

    Raises:
        SchemaError: The schema is invalid, not supported, or takes too much work.
    """
    try:
        return Checker(Document(schema, MAX_STEPS)).violation(schema, value)
    except SchemaError:
        raise
    except (TypeError, ValueError, ArithmeticError, AttributeError, LookupError, RecursionError):
        raise SchemaError("the schema is invalid, too deep or too large") from None


class Checker:
    """A checker of values against parts of a document.

    Args:
        document: The document with the referenced schemas, which counts the work.
        formats: Whether `format` is checked.
    """

    def __init__(self, document: Document, *, formats: bool = False) -> None:
        self.document, self.formats = document, formats

    def violation(self, schema: Schema, value: Any) -> Violation | None:
        """Find the first violation of `schema` by `value`; None for an instance."""
        document, keywords = self.document, _ALL_KEYWORDS[type(value)]
        if isinstance(schema, bool):
            document.spend(1)
            return None if schema else Violation(value, "the schema", schema)
        document.spend(1, members=len(schema) + (len(value) if isinstance(value, (dict, list)) else 0))
        for keyword, argument in schema.items():
            if keyword in keywords:
                outcome = keywords[keyword](self, argument, value, schema)
                if outcome is False:
                    return Violation(value, keyword, argument)
                for part, member, path in () if outcome is True else outcome:
                    if violation := self.violation(part, member):
                        return violation._replace(path=path + violation.path)
        return None

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Return whether `value` is an instance of `schema`."""
        return self.violation(schema, value) is None


def _has_pattern(checker: Checker, pattern: str, text: str, _: Any = None) -> bool:
    checker.document.spend(patterns.count_search_steps(pattern, text))
    return bool(patterns.build_validator("pattern", pattern).is_valid(text))


def _has_format(checker: Checker, name: str, text: str, _: Flat) -> bool:
    checker.document.spend(1, length=len(text))
    return not checker.formats or bool(patterns.build_validator("format", name).is_valid(text))


def _is_any(checker: Checker, options: list[Any], value: Any, _: Flat) -> bool:
    checker.document.spend(length=4 * len(orjson.dumps(options)))
    return any(_is_equal(option, value) for option in options)


def _has_all(checker: Checker, names: list[str], value: Flat, _: Any = None) -> bool:
    checker.document.spend(members=len(names))
    return value.keys() >= set(names)


def _is_unique(checker: Checker, is_unique: bool, items: list[Any], _: Flat) -> bool:
    texts = [orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for item in items] if is_unique else []
    checker.document.spend(length=sum(map(len, texts)))
    return len(set(texts)) == len(texts)


def _is_type(_: Checker, types: str | list[str], value: Any, __: Flat) -> bool:
    name = _NAMES[type(value)]
    return types == name or any(
        kind == name or (kind == "integer" and name == "number" and value % 1 == 0) for kind in as_list(types)
    )


def _is_equal(first: Any, second: Any) -> bool:
    """Return whether values are equal for JSON Schema: 1 is 1.0, but not true."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_is_equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_is_equal, first, second))
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


def _contains(checker: Checker, part: Schema, items: list[Any], schema: Flat) -> bool:
    count = sum(checker.accepts(part, item) for item in items)
    return bool(schema.get("minContains", 1) <= count <= schema.get("maxContains", count))


def _list_others(checker: Checker, part: Schema, value: Flat, schema: Flat) -> Iterator[tuple[Schema, Any, str]]:
    properties, key_patterns = schema.get("properties", ()), schema.get("patternProperties", ())
    for key in value:
        if key not in properties and not any(_has_pattern(checker, pattern, key) for pattern in key_patterns):
            yield part, value[key], f"/{key}"


def _build_refusal(keyword: str) -> _Keyword:
    def refuse(*_: Any) -> bool:
        raise SchemaError(f"`{keyword}` is not supported")

    return refuse


def _build_size_keywords(unit: str) -> dict[str, _Keyword]:
    return {
        f"min{unit}": lambda _, fewest, value, __: len(value) >= fewest,
        f"max{unit}": lambda _, most, value, __: len(value) <= most,
    }


def _format_json(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_Keyword: TypeAlias = Callable[[Checker, Any, Any, Flat], bool | Iterable[tuple[Schema, Any, str]]]
"""A check of a value by the keyword's argument and the schema around it. Returns the outcome, or further checks."""

_ANY: dict[str, _Keyword] = {
    **{keyword: _build_refusal(keyword) for keyword in ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef")},
    "type": _is_type,
    "enum": _is_any,
    "const": lambda checker, constant, value, schema: _is_any(checker, [constant], value, schema),
    "not": lambda checker, part, value, _: not checker.accepts(part, value),
    "anyOf": lambda checker, parts, value, _: any(checker.accepts(part, value) for part in parts),
    "oneOf": lambda checker, parts, value, _: sum(checker.accepts(part, value) for part in parts) == 1,
    "allOf": lambda _, parts, value, __: ((part, value, "") for part in parts),
    "$ref": lambda checker, ref, value, _: [(checker.document.resolve(ref), value, "")],
    "if": lambda checker, part, value, schema: [
        (schema.get("then" if checker.accepts(part, value) else "else", True), value, "")
    ],
}
_NUMBER: dict[str, _Keyword] = {
    "minimum": lambda _, bound, value, __: bool(value >= bound),
    "maximum": lambda _, bound, value, __: bool(value <= bound),
    "exclusiveMinimum": lambda _, bound, value, __: bool(value > bound),
    "exclusiveMaximum": lambda _, bound, value, __: bool(value < bound),
    "multipleOf": lambda _, step, value, __: to_fraction(value) % to_fraction(step) == 0,
}
_STRING: dict[str, _Keyword] = {**_build_size_keywords("Length"), "pattern": _has_pattern, "format": _has_format}
_ARRAY: dict[str, _Keyword] = {
    **_build_size_keywords("Items"),
    "uniqueItems": _is_unique,
    "contains": _contains,
    "prefixItems": lambda _, parts, items, __: [
        (part, item, f"/{at}") for at, (part, item) in enumerate(zip(parts, items, strict=False))
    ],
    "items": lambda _, part, items, schema: (
        (part, items[at], f"/{at}") for at in range(len(schema.get("prefixItems", ())), len(items))
    ),
}
_OBJECT: dict[str, _Keyword] = {
    **_build_size_keywords("Properties"),
    "required": _has_all,
    "properties": lambda _, parts, value, __: [(parts[key], value[key], f"/{key}") for key in value if key in parts],
    "patternProperties": lambda checker, parts, value, _: (
        (part, value[key], f"/{key}")
        for key in value
        for pattern, part in parts.items()
        if _has_pattern(checker, pattern, key)
    ),
    "additionalProperties": _list_others,
    "propertyNames": lambda _, part, value, __: ((part, key, "") for key in value),
    "dependentSchemas": lambda _, parts, value, __: ((parts[key], value, "") for key in value if key in parts),
    "dependentRequired": lambda checker, names, value, _: all(
        _has_all(checker, names[key], value) for key in value if key in names
    ),
}
_NAMES = {
    type(None): "null", bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"
}  # fmt: skip
KEYWORDS = {"object": _OBJECT, "array": _ARRAY, "string": _STRING, "number": _NUMBER}
"""Type -> keywords for values of that type only."""
_ALL_KEYWORDS = {kind: _ANY | KEYWORDS.get(name, {}) for kind, name in _NAMES.items()}
