"""Check JSON data against a JSON Schema of draft 2020-12, at a bounded cost.

Own code, since jsonschema-rs takes as long as a schema makes it take, and up to a hundred times its length in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.reply.generate import patterns
from mockclaude.reply.generate.ranges import exact
from mockclaude.reply.generate.schemas import (
    BYTES_OF_A_STEP,
    MEMBERS_OF_A_STEP,
    Document,
    Flat,
    Schema,
    SchemaError,
    as_list,
)

MAX_STEPS = 20_000
_LONGEST = 100
_UNSUPPORTED = {
    "contains", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "dependentSchemas", "dependentRequired"
}  # fmt: skip


class Mismatch(NamedTuple):
    """A value that a keyword of a schema does not accept, and the value's JSON pointer."""

    value: Any
    keyword: str
    argument: Any
    path: str = ""

    def __str__(self) -> str:
        """Return the mismatch as a sentence."""
        argument = _shown(self.argument)
        sentence = f"{_shown(self.value)} does not meet {self.keyword}: {argument}"
        if self.keyword == "type":
            sentence = f"{_shown(self.value)} is not of type {argument}"
        elif self.keyword == "required":
            missing = next(name for name in self.argument if name not in self.value)
            sentence = f"{_shown(missing)} is a required property"
        return f"{sentence} at {self.path}" if self.path else sentence


def find_mismatch(schema: Schema, value: Any) -> Mismatch | None:
    """Return why `value` is not an instance of `schema`. `format` is not asserted, as draft 2020-12 has it.

    Raises:
        SchemaError: The schema is invalid, not supported, or takes too much work.
    """
    try:
        return Checker(Document(schema, MAX_STEPS)).mismatch(schema, value)
    except SchemaError:
        raise
    except (TypeError, ValueError, AttributeError, LookupError, RecursionError):
        raise SchemaError("the schema is invalid, too deep or too large") from None


class Checker:
    """Checks values against parts of a document, which pays for the work.

    Args:
        document: The document that references lead to.
        formats: Whether `format` is asserted.
    """

    def __init__(self, document: Document, *, formats: bool = False) -> None:
        self.document, self.formats = document, formats

    def mismatch(self, schema: Schema, value: Any) -> Mismatch | None:
        """Return why `value` is not an instance of `schema`."""
        size = sum(len(each) for each in (schema, value) if isinstance(each, (dict, list)))
        self.document.spend(1 + size // MEMBERS_OF_A_STEP)
        if isinstance(schema, bool):
            return None if schema else Mismatch(value, "the schema", schema)
        _, tests, applicators = _KINDS[type(value)]
        for keyword, argument in schema.items():
            if keyword in _UNSUPPORTED:
                raise SchemaError(f"`{keyword}` is not supported")
            if keyword in tests and not tests[keyword](self, argument, value):
                return Mismatch(value, keyword, argument)
            if keyword in applicators:
                for part, member, path in applicators[keyword](self, argument, value, schema):
                    if found := self.mismatch(part, member):
                        return found._replace(path=path + found.path)
        return None

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Return whether `value` is an instance of `schema`."""
        return self.mismatch(schema, value) is None


def _has_pattern(checker: Checker, pattern: str, text: str) -> bool:
    checker.document.spend(patterns.search_steps(pattern, text))
    return bool(patterns.validator("pattern", pattern).is_valid(text))


def _has_format(checker: Checker, name: str, text: str) -> bool:
    checker.document.spend(1 + len(text) // BYTES_OF_A_STEP)
    return not checker.formats or bool(patterns.validator("format", name).is_valid(text))


def _is_any(checker: Checker, options: list[Any], value: Any) -> bool:
    checker.document.spend(len(orjson.dumps(options)) // BYTES_OF_A_STEP)
    return any(_equal(option, value) for option in options)


def _has_all(checker: Checker, names: list[str], value: Flat) -> bool:
    checker.document.spend(len(names) // MEMBERS_OF_A_STEP)
    return value.keys() >= set(names)


def _is_unique(checker: Checker, is_wanted: bool, items: list[Any]) -> bool:
    texts = [orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for item in items] if is_wanted else []
    checker.document.spend(sum(map(len, texts)) // BYTES_OF_A_STEP)
    return len(set(texts)) == len(texts)


def _equal(first: Any, second: Any) -> bool:
    """Return whether values are equal for JSON Schema: 1 is 1.0, but not true."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_equal(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_equal, first, second))
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


def _is_type(types: Any, value: Any) -> bool:
    kind = _KINDS[type(value)][0]
    return any(each == kind or (each == "integer" and kind == "number" and value % 1 == 0) for each in as_list(types))


def _shown(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _sized(unit: str) -> dict[str, _Test]:
    fewest, most = f"min{unit}", f"max{unit}"
    return {fewest: lambda _, bound, value: len(value) >= bound, most: lambda _, bound, value: len(value) <= bound}


_Test: TypeAlias = Callable[[Checker, Any, Any], bool]
_Applicator: TypeAlias = Callable[[Checker, Any, Any, Flat], Iterable[tuple[Schema, Any, str]]]
_ANY: dict[str, _Test] = {
    "type": lambda _, types, value: _is_type(types, value),
    "enum": _is_any,
    "const": lambda checker, constant, value: _is_any(checker, [constant], value),
    "not": lambda checker, part, value: not checker.accepts(part, value),
    "anyOf": lambda checker, parts, value: any(checker.accepts(part, value) for part in parts),
    "oneOf": lambda checker, parts, value: sum(checker.accepts(part, value) for part in parts) == 1,
}
_NUMBER: dict[str, _Test] = {
    "minimum": lambda _, bound, value: value >= bound,
    "maximum": lambda _, bound, value: value <= bound,
    "exclusiveMinimum": lambda _, bound, value: value > bound,
    "exclusiveMaximum": lambda _, bound, value: value < bound,
    "multipleOf": lambda _, step, value: exact(value) % exact(step) == 0,
}
_TO_ALL: dict[str, _Applicator] = {
    "$ref": lambda checker, ref, value, _: [(checker.document.resolve(ref), value, "")],
    "allOf": lambda _, parts, value, __: ((part, value, "") for part in parts),
    "if": lambda checker, part, value, schema: [
        (schema.get("then" if checker.accepts(part, value) else "else", True), value, "")
    ],
}
_TO_ITEMS: dict[str, _Applicator] = {
    "prefixItems": lambda _, parts, value, __: (
        (part, item, f"/{index}") for index, (part, item) in enumerate(zip(parts, value, strict=False))
    ),
    "items": lambda _, part, value, schema: (
        (part, value[index], f"/{index}") for index in range(len(schema.get("prefixItems", ())), len(value))
    ),
}
_TO_MEMBERS: dict[str, _Applicator] = {
    "properties": lambda _, parts, value, __: (
        (parts[key], member, f"/{key}") for key, member in value.items() if key in parts
    ),
    "patternProperties": lambda checker, parts, value, _: (
        (part, value[key], f"/{key}")
        for key in value
        for each, part in parts.items()
        if _has_pattern(checker, each, key)
    ),
    "additionalProperties": lambda checker, part, value, schema: (
        (part, member, f"/{key}")
        for key, member in value.items()
        if key not in schema.get("properties", ())
        and not any(_has_pattern(checker, each, key) for each in schema.get("patternProperties", ()))
    ),
    "propertyNames": lambda _, part, value, __: ((part, key, "") for key in value),
}
_STRING = _sized("Length") | {"pattern": _has_pattern, "format": _has_format}
_KINDS: dict[type, tuple[str, dict[str, _Test], dict[str, _Applicator]]] = {
    type(None): ("null", _ANY, _TO_ALL),
    bool: ("boolean", _ANY, _TO_ALL),
    int: ("number", _ANY | _NUMBER, _TO_ALL),
    float: ("number", _ANY | _NUMBER, _TO_ALL),
    str: ("string", _ANY | _STRING, _TO_ALL),
    list: ("array", _ANY | _sized("Items") | {"uniqueItems": _is_unique}, _TO_ALL | _TO_ITEMS),
    dict: ("object", _ANY | _sized("Properties") | {"required": _has_all}, _TO_ALL | _TO_MEMBERS),
}
"""Type of a value -> its name, tests of keywords on it, and the schemas that keywords apply to it or its members."""
