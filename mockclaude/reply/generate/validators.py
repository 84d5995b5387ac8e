"""JSON Schemas compiled by jsonschema-rs, with the work of a check counted before the check runs.

The library takes as long as a schema makes it take: references and combinations multiply, and `unevaluatedProperties`
and `unevaluatedItems` repeat the checks of every subschema beside them. A count is an upper bound only while both read
a `$ref` alike: one base URI in the document, no anchor that names two schemas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NoReturn, TypeAlias
from urllib.parse import unquote

import orjson

from mockclaude.reply.generate.failures import INLINE, Unsatisfiable, unsatisfiable
from mockclaude.reply.generate.merging import Flat, Schema

Visit: TypeAlias = tuple[Any, Any, bool]
"""A subschema, a value, and whether the library collects what the subschema evaluates of the value."""

MAX_COMPILED = 2_000_000
"""Bytes that all compiled patterns of a schema take together."""
MAX_BACKTRACKS = 10_000
"""How often a pattern may begin again at a text: those with look-around or references to groups do."""

BYTES_OF_A_VISIT, TEXT_OF_A_VISIT, VISITS_OF_A_SEARCH = 100, 2_000, 100
"""What takes as long as a visit: bytes of names, of `enum` and of `const` that are compared, and of texts in which a
pattern is searched for; characters of a text that are counted. Visits that the longest search with backtracking takes.
"""

_BACKTRACKING = re.compile(r"\(\?[=!<]|\\[1-9k]")
_IN_PLACE = ("not", "if", "then", "else")
_DEPENDENT = ("dependentSchemas", "dependencies")
_NAMES = ("properties", *_DEPENDENT)
_DATA = ("const", "enum", "required", "dependentRequired")
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")


class Validator:
    """A compiled schema. Raises `ValueError` if the schema is invalid.

    Args:
        root: The schema. It has no embedded `$id`.
        compiled: Bytes that each compiled pattern may take.
        formats: Whether `format` is asserted. Draft 2020-12 does not assert it.
    """

    def __init__(self, root: Schema, compiled: int = MAX_COMPILED, *, formats: bool = False) -> None:
        from jsonschema_rs import Draft202012Validator, FancyRegexOptions

        patterns = FancyRegexOptions(backtrack_limit=MAX_BACKTRACKS, size_limit=compiled, dfa_size_limit=compiled)
        self.root = root
        self.compiled: Any = Draft202012Validator(
            root, retriever=_refuse, pattern_options=patterns, validate_formats=formats
        )
        self._weights: dict[int, int] = {}
        self._targets: dict[str, Schema] = {}

    def count_visits(self, value: Any, limit: int) -> int:
        """Return how many pairs of subschema and value a check of `value` touches, or a number above `limit`.

        Raises:
            Unsatisfiable: A `$ref` on the way cannot be resolved.
        """
        left: list[Visit] = [(self.root, value, False)]
        visits = 0
        while left and visits + len(left) <= limit:
            part, data, collects = left.pop()
            visits += 1
            if isinstance(part, dict):
                visits += self._weight(part) + _searched(part, data)
                left.extend(islice(self._touched(part, data, collects), limit))
        return visits + len(left)

    def resolve(self, ref: str) -> Schema:
        """Return the schema that `ref` points to within this document, as the library does.

        Raises:
            Unsatisfiable: There is no such schema, or more than one.
        """
        if ref not in self._targets:
            self._targets[ref] = self._target(ref)
        return self._targets[ref]

    def _target(self, ref: str) -> Schema:
        if ref in ("", "#"):
            return self.root
        if ref.startswith("#/"):
            return self._at_pointer(ref)
        targets = self._anchors.get(ref.removeprefix("#"), [])
        if len(targets) != 1:
            raise _no_target(ref)
        return targets[0]

    def _at_pointer(self, ref: str) -> Schema:
        found: Any = self.root
        for step in unquote(ref[2:]).split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(key)] if isinstance(found, list) else found[key]
            except (LookupError, TypeError, ValueError):
                raise _no_target(ref) from None
        if not isinstance(found, (dict, bool)):
            raise _no_target(ref)
        return found

    @cached_property
    def _anchors(self) -> dict[str, list[Schema]]:
        """Up to two different schemas that each anchor names."""
        anchors: dict[str, list[Schema]] = {}
        for part in subschemas(self.root):
            for name in (part.get("$anchor"), part.get("$dynamicAnchor")):
                known = anchors.setdefault(name, []) if isinstance(name, str) else []
                if len(known) < 2 and part not in known:
                    known.append(part)
        return anchors

    def _weight(self, part: Flat) -> int:
        """Return how many visits it takes the library to look through the names and data of a part."""
        key = id(part)
        if key not in self._weights:
            listed = [list(part[key]) for key in _NAMES if key in part] + [part[key] for key in _DATA if key in part]
            self._weights[key] = len(orjson.dumps(listed)) // BYTES_OF_A_VISIT
        return self._weights[key]

    def _touched(self, part: Flat, value: Any, collects: bool) -> Iterator[Visit]:
        """Yield the visits that follow from one.

        To collect what a part evaluates, the library checks each subschema beside it, and collects from it too.
        """
        for each in self._in_place(part, value):
            yield each, value, False
            if collects:
                yield each, value, True
        yield from _in_members(part, value)
        if not collects and any(key in part for key in _UNEVALUATED):
            yield part, value, True

    def _in_place(self, part: Flat, value: Any) -> Iterator[Schema]:
        """Yield the subschemas of a part that apply to the same value."""
        yield from (self.resolve(part[key]) for key in ("$ref", "$dynamicRef") if key in part)
        yield from (part[key] for key in _IN_PLACE if key in part)
        for key in ("allOf", "anyOf", "oneOf"):
            yield from part.get(key, ())
        if isinstance(value, dict):
            for key in _DEPENDENT:
                yield from (schema for name, schema in part.get(key, {}).items() if name in value)


def subschemas(root: Any) -> Iterator[Flat]:
    """Yield every JSON object in a schema, the schema itself first."""
    left = [root]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield part
        left.extend(part.values() if isinstance(part, dict) else part if isinstance(part, list) else ())


def _in_members(part: Flat, value: Any) -> Iterator[Visit]:
    """Yield the visits of what `value` holds."""
    keys: tuple[str, ...]
    members: Sequence[Any]
    if isinstance(value, dict):
        yield from ((each, value[key], False) for key, each in part.get("properties", {}).items() if key in value)
        schemas = [*part.get("patternProperties", {}).values()]
        keys, members = ("additionalProperties", "unevaluatedProperties"), [*value.values()]
        yield from ((part["propertyNames"], key, False) for key in (value if "propertyNames" in part else ()))
    elif isinstance(value, list):
        yield from ((each, item, False) for each, item in zip(part.get("prefixItems", ()), value, strict=False))
        schemas, keys, members = [], ("items", "contains", "unevaluatedItems"), value
    else:
        return
    schemas += [part[key] for key in keys if key in part]
    yield from ((each, member, False) for each in schemas for member in members)


def _no_target(ref: str) -> Unsatisfiable:
    return unsatisfiable("$", "$ref", f"{ref} is not in the schema", INLINE)


def _searched(part: Flat, value: Any) -> int:
    """Return how many visits it takes to measure a text, and to search texts for the patterns of a part."""
    if isinstance(value, str):
        patterns, texts, visits = [part["pattern"]] if "pattern" in part else [], [value], len(value) // TEXT_OF_A_VISIT
    elif isinstance(value, dict) and "patternProperties" in part:
        patterns, texts, visits = list(part["patternProperties"]), list(value), 0
    else:
        return 0
    length = sum(map(len, texts)) // BYTES_OF_A_VISIT
    return visits + sum(length + VISITS_OF_A_SEARCH * len(texts) * _backtracks(pattern) for pattern in patterns)


@lru_cache(maxsize=256)
def _backtracks(pattern: str) -> bool:
    return _BACKTRACKING.search(pattern) is not None


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")
