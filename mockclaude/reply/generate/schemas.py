"""Reading a JSON Schema (draft 2020-12) from a client: what it refers to, what its parts add up to, what it accepts.

In: a schema that nobody has checked. Out: schemas without `$ref`, `allOf`, `anyOf`, `oneOf` and `if`, and verdicts on
values, each at a bounded cost.
Knows nothing of how values come about. Fetches nothing: a `$ref` to another document is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.memo import remember
from mockclaude.reply.generate.failures import INLINE, Unsatisfiable, exhausted, unsatisfiable
from mockclaude.reply.generate.merging import Flat, Schema, both, merged
from mockclaude.reply.generate.validators import MAX_COMPILED, Validator, subschemas

Active: TypeAlias = tuple[str, ...]

MAX_BYTES = 200_000
SHORT, LONG = 10_000, 40_000
"""Bytes of schemas of which 32, and 8, are kept compiled: that takes up to a hundred times their length."""

MAX_PATTERNS = 200
MAX_VISITS = 10_000
"""How many pairs of subschema and value a check may touch."""
MAX_EXPLAINED, MAX_COPIED = 4_000, 20_000_000
"""The same, and bytes, for a check that says what is wrong: it collects errors of every branch, each with the value."""

BYTES_OF_A_STEP, VISITS_OF_A_STEP, STEPS_OF_A_PATTERN = 200, 5, 30
"""What takes as long as a step of a `Budget`: so many bytes of schema, so many pairs; and the steps of a pattern."""

_COMBINING = {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else"}
_ADDRESSING = ("$id", "$ref", "$dynamicRef")
_COMMENTS = {"$schema", "$id", "$anchor", "$dynamicAnchor", "$comment", "$defs", "definitions", "$vocabulary"}


class Budget:
    """The work that finding an instance may take."""

    def __init__(self, steps: int) -> None:
        self.steps = self.left = steps

    def spend(self, steps: int, path: str) -> None:
        """Count work, and raise `Exhausted` when there has been too much."""
        self.left -= steps
        if self.left < 0:
            raise exhausted(path, f"filling the schema takes more than {self.steps} steps")


class Walk(NamedTuple):
    """How far to look: how often a reference may be within itself, and what to call with the steps that are taken."""

    loops: int
    step: Callable[[int], None]


def document(schema: Mapping[str, Any] | bool) -> Document:
    """Return the document of a schema. Those of the last schemas are kept: clients send them with each request.

    Raises:
        Unsatisfiable: The schema is invalid, or too large to be looked at.
    """
    text = _serialized(schema)
    return _short(text) if len(text) <= SHORT else _long(text)


@remember(16, SHORT)
def _short(schema: bytes) -> Document:
    return Document(schema)


@remember(2, LONG)
def _long(schema: bytes) -> Document:
    return Document(schema)


class Document:
    """A client's schema, from JSON. Raises `Unsatisfiable` if it is not valid, or too large to be looked at."""

    def __init__(self, schema: bytes) -> None:
        self.root: Schema = _without_id(orjson.loads(schema))
        patterns = sum(map(_patterns, subschemas(self.root)))
        if patterns > MAX_PATTERNS:
            raise exhausted("$", f"the schema has more than {MAX_PATTERNS} patterns")
        self._share = MAX_COMPILED // max(patterns, 1)
        try:
            self._whole = Validator(self.root, self._share)
        except ValueError as error:
            raise _invalid(error) from None
        self._part: tuple[Schema, Validator] = self.root, self._whole

    def accepts(self, value: Any) -> bool:
        """Tell whether `value` is an instance. `format` is not asserted, as draft 2020-12 has it."""
        return _is_valid(self._whole, value, self._whole.count_visits(value, MAX_VISITS))

    def accepts_part(self, schema: Flat, value: Any, spend: Callable[[int], None]) -> bool:
        """Tell whether `value` is an instance of `schema`, a part of this document; `format` is asserted.

        `spend` is called with the steps that this takes.
        """
        part = self._part
        if part[0] is not schema:
            part = self._part = schema, self._part_validator(schema, spend)
        visits = part[1].count_visits(value, MAX_VISITS)
        spend(visits // VISITS_OF_A_STEP + STEPS_OF_A_PATTERN * _patterns(schema))
        return _is_valid(part[1], value, visits)

    def problem(self, value: Any) -> str | None:
        """Return why `value` is not an instance; None if it is one, or if that cannot be told in a bounded time."""
        try:
            explained = self._is_explained(value)
        except Unsatisfiable:
            return None
        error = next(iter(self._whole.compiled.iter_errors(value)), None) if explained else None
        if error is None:
            return None
        where = "".join(f"/{part}" for part in error.instance_path)
        return f"{error.message} at {where}" if where else str(error.message)

    def mismatch(self, value: Any) -> Unsatisfiable:
        """Return what is wrong with `value`, which is not an instance."""
        if not self._is_explained(value):
            return unsatisfiable("$", "$schema", "the schema branches too often to tell where it was not met")
        error = next(iter(self._whole.compiled.iter_errors(value)))
        return unsatisfiable(_path(error.instance_path), error.kind.name, error.message)

    def _is_explained(self, value: Any) -> bool:
        """Return whether the library may say what is wrong with `value`, of which each error of a branch has a copy."""
        visits = self._whole.count_visits(value, MAX_EXPLAINED)
        return visits <= MAX_EXPLAINED and visits * len(orjson.dumps(value)) <= MAX_COPIED

    def alternatives(self, schema: Schema, active: Active, walk: Walk) -> Iterator[tuple[Flat, Active]]:
        """Yield what `schema` can mean, without references and combinations, and the references on the way.

        Alternatives that need a reference within itself more often than `walk` allows are left out.
        """
        walk.step(1)
        if schema is False:
            return
        own = {} if schema is True else schema
        references = [own[key] for key in ("$ref", "$dynamicRef") if key in own]
        if any(active.count(ref) > walk.loops for ref in references):
            return
        base = {key: value for key, value in own.items() if key not in _COMBINING | _COMMENTS}
        parts = [[self._whole.resolve(ref)] for ref in references] + _choices(own)
        yield from self._joined(base, (*active, *references), (), parts, walk)

    def _joined(
        self, base: Flat, around: Active, entered: Active, parts: Sequence[Sequence[Schema]], walk: Walk
    ) -> Iterator[tuple[Flat, Active]]:
        """Yield the ways to have one of each of `parts`, which are all within the references `around`."""
        if not parts:
            yield base, (*around, *entered)
            return
        for schema in parts[0]:
            for flat, active in self.alternatives(schema, around, walk):
                within = (*entered, *active[len(around) :])
                walk.step((_members(base) + _members(flat)) // VISITS_OF_A_STEP)
                yield from self._joined(merged(base, flat), around, within, parts[1:], walk)

    def _part_validator(self, schema: Flat, spend: Callable[[int], None]) -> Validator:
        text = orjson.dumps(schema)
        refers = isinstance(self.root, dict) and b'ef":' in text
        spend((len(text) + (self._size_of_definitions if refers else 0)) // BYTES_OF_A_STEP)
        try:
            whole = {**schema, **self._definitions} if refers else schema
            return Validator(whole, self._share, formats=True)
        except ValueError:
            return Validator(False)

    @cached_property
    def _definitions(self) -> Flat:
        known = self.root if isinstance(self.root, dict) else {}
        return {key: known[key] for key in ("$defs", "definitions") if key in known}

    @cached_property
    def _size_of_definitions(self) -> int:
        return len(orjson.dumps(self._definitions))


def _is_valid(validator: Validator, value: Any, visits: int) -> bool:
    if visits > MAX_VISITS:
        raise exhausted("$", "the schema branches too often to be checked")
    return bool(validator.compiled.is_valid(value))


@lru_cache(maxsize=MAX_PATTERNS)
def _finder(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a valid ECMA pattern is found in a text, in bounded time."""
    found: Callable[[str], bool] = Validator({"pattern": pattern}, MAX_COMPILED // MAX_PATTERNS).compiled.is_valid
    return found


def _members(flat: Flat) -> int:
    """Return how many properties, names and alternatives a schema lists: what merging it takes."""
    return sum(len(value) for value in flat.values() if isinstance(value, (dict, list)))


def _patterns(part: Flat) -> int:
    within = part.get("patternProperties")
    return ("pattern" in part) + (len(within) if isinstance(within, dict) else 0)


def kinds_of(flat: Flat) -> list[str]:
    """Return the types whose keywords a schema uses."""
    return [kind for kind, keywords in _KEYWORDS.items() if any(keyword in flat for keyword in keywords)]


def limit_of(flat: Flat, keyword: str, otherwise: int) -> int:
    """Return a length or a count, which may be written as `2.0`."""
    return int(flat.get(keyword, otherwise))


def required_names(flat: Flat) -> list[str]:
    """Return the required names, in the order of the properties."""
    keys = dict.fromkeys(flat.get("required", ()))
    left = list(keys)
    while left:
        due = [key for key in flat.get("dependentRequired", {}).get(left.pop(), ()) if key not in keys]
        keys.update(dict.fromkeys(due))
        left.extend(due)
    known = {key: None for key in flat.get("properties", {}) if key in keys}
    return [*{**known, **keys}]


def property_schema(flat: Flat, key: str) -> Schema:
    """Return the schema of everything that applies to the property called `key`."""
    named = [flat["properties"][key]] if key in flat.get("properties", {}) else []
    found = named + [each for pattern, each in flat.get("patternProperties", {}).items() if _finder(pattern)(key)]
    result: Schema = found[0] if found else flat.get("additionalProperties", True)
    for each in found[1:]:
        result = both(result, each)
    return result


_KEYWORDS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames",
               "minProperties", "maxProperties", "dependentRequired", "dependentSchemas"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}  # fmt: skip
"""Type -> keywords that are about values of that type."""


def _choices(own: Flat) -> list[Sequence[Schema]]:
    conditional = [_conditions(own)] if "if" in own else []
    either = [own[key] for key in ("anyOf", "oneOf") if key in own]
    return [[each] for each in own.get("allOf", ())] + conditional + either


def _conditions(own: Flat) -> list[Schema]:
    """Return both outcomes of `if`, first the one that holds where nothing optional is present."""
    outcomes: list[Schema] = [{"allOf": [own["if"], own.get("then", True)]}, own.get("else", True)]
    return outcomes[::-1] if isinstance(own["if"], dict) and "required" in own["if"] else outcomes


def _without_id(schema: Schema) -> Schema:
    """Return a schema without the root's `$id`, so that all references are relative to the document.

    Raises:
        Unsatisfiable: A subschema has an `$id`, and there are references, which may be relative to it.
    """
    root = {key: value for key, value in schema.items() if key != "$id"} if isinstance(schema, dict) else schema
    keys = {key for part in subschemas(root) for key in _ADDRESSING if isinstance(part.get(key), str)}
    if "$id" in keys and len(keys) > 1:
        raise unsatisfiable("$", "$id", "references within a subschema with an $id are not followed", "remove the $id")
    return root


def _serialized(schema: Mapping[str, Any] | bool) -> bytes:
    try:
        text = orjson.dumps(schema if isinstance(schema, bool) else dict(schema))
    except (TypeError, ValueError, RecursionError) as error:
        raise unsatisfiable("$", "$schema", f"the schema is not JSON data ({error})", "send plain JSON") from None
    if len(text) > MAX_BYTES:
        raise exhausted("$", f"the schema has more than {MAX_BYTES} bytes")
    return text


def _invalid(error: ValueError) -> Unsatisfiable:
    keyword = str(error.kind.name) if hasattr(error, "kind") else "$schema"
    where = _path(getattr(error, "instance_path", []))
    why = getattr(error, "message", str(error))
    remedy = INLINE if keyword == "$ref" else "make it valid JSON Schema draft 2020-12"
    return unsatisfiable(where, keyword, f"the schema is not valid ({why})", remedy)


def _path(steps: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
