"""Reading a JSON Schema (draft 2020-12) from a client: what it refers to, what its parts add up to, what it accepts.

In: a schema that nobody has checked. Out: schemas without `$ref`, `allOf`, `anyOf`, `oneOf` and `if`, and verdicts on
values, each at a bounded cost.
Knows nothing of how values come about. Fetches nothing: a `$ref` to another document is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NamedTuple, NoReturn, TypeAlias
from urllib.parse import unquote

import orjson

from mockclaude.reply.schema.merging import Flat, Schema, both, merged

Active: TypeAlias = tuple[str, ...]

MAX_BYTES = 200_000
MAX_PATTERNS = 200
MAX_VISITS = 10_000
"""How many pairs of subschema and value a check may touch."""
MAX_EXPLAINED = 4_000
"""The same, for a check that says what is wrong: that one collects the errors of every branch."""

MAX_COMPILED = 2_000_000
"""Bytes that all compiled patterns of a schema take together."""
MAX_BACKTRACKS = 10_000
"""How often a pattern may begin again at a text: those with look-around or references to groups do."""

BYTES_OF_A_STEP, VISITS_OF_A_STEP, STEPS_OF_A_PATTERN = 200, 5, 30
"""What takes as long as a step of a `Budget`: so many bytes of schema, so many pairs; and the steps of a pattern."""

REMEDY = "change the schema, or write this value in the scenario"
_INLINE = "put what it refers to under $defs"
_COMBINING = {"$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else"}
_COMMENTS = {"$schema", "$id", "$anchor", "$dynamicAnchor", "$comment", "$defs", "definitions", "$vocabulary"}
_IN_PLACE = ("not", "if", "then", "else")


class Unsatisfiable(ValueError):  # noqa: N818 (says what the schema is)
    """No instance was found; the message names the place, the keyword and a way out."""


class Exhausted(Unsatisfiable):
    """Finding out would take too long, so that further attempts are no use."""


def unsatisfiable(path: str, keyword: str, why: str, remedy: str = REMEDY) -> Unsatisfiable:
    """Return the error for the value at `path`."""
    return Unsatisfiable(f"{path}: no value found that meets '{keyword}': {_shortened(why)}; {remedy}")


def exhausted(path: str, why: str) -> Exhausted:
    """Return the error for a schema that takes too much work."""
    return Exhausted(str(unsatisfiable(path, "$schema", why)))


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


class Document:
    """A client's schema. Raises `Unsatisfiable` if it is not valid, or too large to be looked at."""

    def __init__(self, schema: Mapping[str, Any] | bool) -> None:
        self.root: Schema = orjson.loads(_serialized(schema))
        patterns = sum(map(_patterns, _parts(self.root)))
        if patterns > MAX_PATTERNS:
            raise exhausted("$", f"the schema has more than {MAX_PATTERNS} patterns")
        self._share = MAX_COMPILED // max(patterns, 1)
        try:
            self._validator = _validator(self.root, self._share)
        except ValueError as error:
            raise _invalid(error) from None
        self._part: tuple[Schema, Any] = self.root, self._validator

    def resolve(self, ref: str) -> Schema:
        """Return the schema that `ref` points to within this document."""
        if ref in ("", "#"):
            return self.root
        if ref.startswith("#/"):
            return self._at_pointer(ref)
        return self._named.get(ref.removeprefix("#")) or _no_target(ref)

    def accepts(self, value: Any) -> bool:
        """Tell whether `value` is an instance. `format` is not asserted, as draft 2020-12 has it."""
        return _is_valid(self._validator, value, self._visits(self.root, value, MAX_VISITS))

    def accepts_part(self, schema: Flat, value: Any, spend: Callable[[int], None]) -> bool:
        """Tell whether `value` is an instance of `schema`, a part of this document; `format` is asserted.

        `spend` is called with the steps that this takes.
        """
        if self._part[0] is not schema:
            self._part = schema, self._part_validator(schema, spend)
        visits = self._visits(schema, value, MAX_VISITS)
        spend(visits // VISITS_OF_A_STEP + STEPS_OF_A_PATTERN * _patterns(schema))
        return _is_valid(self._part[1], value, visits)

    def problem(self, value: Any) -> str | None:
        """Return why `value` is not an instance; None if it is one, and if finding out would take too long."""
        if self._visits(self.root, value, MAX_EXPLAINED) > MAX_EXPLAINED:
            return None
        error = next(iter(self._validator.iter_errors(value)), None)
        if error is None:
            return None
        where = "".join(f"/{part}" for part in error.instance_path)
        return f"{error.message} at {where}" if where else str(error.message)

    def mismatch(self, value: Any) -> Unsatisfiable:
        """Return what is wrong with `value`, which is not an instance."""
        if self._visits(self.root, value, MAX_EXPLAINED) > MAX_EXPLAINED:
            return unsatisfiable("$", "$schema", "the schema branches too often to tell where it was not met")
        error = next(iter(self._validator.iter_errors(value)))
        return unsatisfiable(_path(error.instance_path), error.kind.name, error.message)

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
        parts = [[self.resolve(ref)] for ref in references] + _choices(own)
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

    def _at_pointer(self, ref: str) -> Schema:
        found: Any = self.root
        for step in ref[2:].split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(key)] if isinstance(found, list) else found[key]
            except (LookupError, TypeError, ValueError):
                _no_target(ref)
        return found if isinstance(found, (dict, bool)) else _no_target(ref)

    @cached_property
    def _named(self) -> dict[str, Schema]:
        names = ("$id", "$anchor", "$dynamicAnchor")
        return {part[key]: part for part in _parts(self.root) for key in names if isinstance(part.get(key), str)}

    def _part_validator(self, schema: Flat, spend: Callable[[int], None]) -> Any:
        text = orjson.dumps(schema)
        refers = isinstance(self.root, dict) and b'ef":' in text
        spend((len(text) + (self._size_of_definitions if refers else 0)) // BYTES_OF_A_STEP)
        try:
            whole = {**schema, **self._definitions} if refers else schema
            return _validator(whole, self._share, validate_formats=True)
        except ValueError:
            return _validator(False)

    @cached_property
    def _definitions(self) -> Flat:
        known = self.root if isinstance(self.root, dict) else {}
        return {key: known[key] for key in ("$defs", "definitions") if key in known}

    @cached_property
    def _size_of_definitions(self) -> int:
        return len(orjson.dumps(self._definitions))

    def _visits(self, schema: Schema, value: Any, limit: int) -> int:
        """Return how many pairs of subschema and value a check touches, or a number above `limit`."""
        left: list[tuple[Any, Any]] = [(schema, value)]
        for visits in range(1, limit + 1):
            part, data = left.pop()
            left.extend(islice(self._applied(part, data), limit) if isinstance(part, dict) else ())
            if not left:
                return visits
        return limit + 1

    def _applied(self, part: Flat, value: Any) -> Iterator[tuple[Any, Any]]:
        yield from ((self.resolve(part[key]), value) for key in ("$ref", "$dynamicRef") if key in part)
        yield from ((part[key], value) for key in _IN_PLACE if key in part)
        yield from ((each, value) for key in ("allOf", "anyOf", "oneOf") for each in part.get(key, ()))
        if isinstance(value, dict):
            yield from _applied_to_object(part, value)
        if isinstance(value, list):
            yield from _applied_to_array(part, value)


def _is_valid(validator: Any, value: Any, visits: int) -> bool:
    if visits > MAX_VISITS:
        raise exhausted("$", "the schema branches too often to be checked")
    return bool(validator.is_valid(value))


@lru_cache(maxsize=MAX_PATTERNS)
def _finder(pattern: str) -> Callable[[str], bool]:
    """Return a function that tells whether a valid ECMA pattern is found in a text, in bounded time."""
    found: Callable[[str], bool] = _validator({"pattern": pattern}, MAX_COMPILED // MAX_PATTERNS).is_valid
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


def _applied_to_object(part: Flat, value: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    for key in ("properties", "dependentSchemas"):
        for name, schema in part.get(key, {}).items():
            if name in value:
                yield schema, value[name] if key == "properties" else value
    rest = [*part.get("patternProperties", {}).values()]
    rest += [part[key] for key in ("additionalProperties", "unevaluatedProperties", "propertyNames") if key in part]
    yield from ((schema, each) for schema in rest for each in value.values())


def _applied_to_array(part: Flat, value: list[Any]) -> Iterator[tuple[Any, Any]]:
    yield from zip(part.get("prefixItems", ()), value, strict=False)
    rest = [part[key] for key in ("items", "contains", "unevaluatedItems") if key in part]
    yield from ((schema, each) for schema in rest for each in value)


def _parts(root: Any) -> Iterator[Flat]:
    left = [root]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield part
        left.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())


def _serialized(schema: Mapping[str, Any] | bool) -> bytes:
    try:
        text = orjson.dumps(schema if isinstance(schema, bool) else dict(schema))
    except (TypeError, ValueError, RecursionError) as error:
        raise unsatisfiable("$", "$schema", f"the schema is not JSON data ({error})", "send plain JSON") from None
    if len(text) > MAX_BYTES:
        raise exhausted("$", f"the schema has more than {MAX_BYTES} bytes")
    return text


def _validator(schema: Schema, compiled: int = MAX_COMPILED, **options: Any) -> Any:
    from jsonschema_rs import Draft202012Validator, FancyRegexOptions

    patterns = FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=compiled, dfa_size_limit=compiled)
    return Draft202012Validator(schema, retriever=_refuse, pattern_options=patterns, **options)


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")


def _no_target(ref: str) -> NoReturn:
    raise unsatisfiable("$", "$ref", f"{ref} is not in the schema", _INLINE)


def _invalid(error: ValueError) -> Unsatisfiable:
    keyword = str(error.kind.name) if hasattr(error, "kind") else "$schema"
    where = _path(getattr(error, "instance_path", []))
    why = getattr(error, "message", str(error))
    remedy = _INLINE if keyword == "$ref" else "make it valid JSON Schema draft 2020-12"
    return unsatisfiable(where, keyword, f"the schema is not valid ({why})", remedy)


def _path(steps: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


def _shortened(text: str) -> str:
    return text if len(text) <= 300 else f"{text[:299]}…"
