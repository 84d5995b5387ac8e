"""Data that fits a JSON Schema: the input of a tool call, or structured output, when a scenario does not say which.

In: a client's schema, draws, and what the user wrote. Out: JSON data with nothing in it but what the schema requires.
Knows nothing of tools or requests. Every choice is drawn by the value's path, so a new property changes no other.
Own code, since jsf draws from the global generator, fills in optional properties,
looks at no hints, and takes half a second to import; rstr and Faker make the strings, jsonschema-rs has the last word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import ceil
from typing import Any, NamedTuple

import orjson

from mockclaude.reply.draws import Draws
from mockclaude.reply.generate import patterns, plausible, ranges
from mockclaude.reply.generate.failures import Exhausted, Unsatisfiable, unsatisfiable
from mockclaude.reply.generate.merging import Flat, Schema, as_list, both
from mockclaude.reply.generate.schemas import (
    BYTES_OF_A_STEP,
    Active,
    Budget,
    Document,
    Walk,
    document,
    kinds_of,
    limit_of,
    property_schema,
    required_names,
)

__all__ = ["Unsatisfiable", "instance"]

MAX_ATTEMPTS = 8
MAX_DEPTH = 32
MAX_ITEMS = 1_000
MAX_LENGTH = 20_000
MAX_STEPS = 8_000
"""How many values, tries and alternatives an instance may take, over all attempts."""

_MAX_ALTERNATIVES = 64
_MAX_READ = 1_000
"""How many entries of an `enum` are looked for in the user's words."""
_READ_IN_A_STEP, _PATTERNS_OF_A_STEP, _LETTERS_OF_A_STEP = 4, 5, 3
_TRIES = 4
_PATTERN_TRIES = 24
_UNCHECKED = {"type", "title", "description", "minLength", "maxLength", "default", "examples"}


def instance(schema: Mapping[str, Any] | bool, draws: Draws, hints: str = "") -> Any:
    """Return data that validates against `schema`: the same for the same arguments.

    `hints` is what the user wrote; values are taken from it where they fit. Raises `Unsatisfiable` if the schema is
    invalid, has no instance, or would take too much to fill.
    """
    try:
        return _first_accepted(document(schema), draws, hints)
    except Unsatisfiable:
        raise
    except Exception as error:
        raise unsatisfiable("$", "$schema", f"the schema cannot be read ({type(error).__name__}: {error})") from error


def _first_accepted(document: Document, draws: Draws, hints: str) -> Any:
    problems = []
    budget = Budget(MAX_STEPS)
    for attempt in range(MAX_ATTEMPTS):
        try:
            value = _Filler(document, draws, hints, attempt, budget).value(document.root, _ROOT)
            if document.accepts(value):
                return value
            problems.append(document.mismatch(value))
        except Unsatisfiable as error:
            problems.append(error)
            if isinstance(error, Exhausted):
                break
    raise problems[0]


class _Place(NamedTuple):
    """Where a value goes: `active` are the references around it, `again` counts the values not wanted there."""

    path: str
    name: str
    depth: int
    active: Active
    again: int

    def child(self, key: str) -> _Place:
        return self._replace(path=f"{self.path}.{key}", name=key, depth=self.depth + 1)

    def item(self, index: int, again: int) -> _Place:
        return self._replace(path=f"{self.path}[{index}]", depth=self.depth + 1, again=self.again + index + again)


_ROOT = _Place("$", "", 0, ("#",), 0)


class _Filler:
    """One attempt. In the second, references may contain themselves; from the third on, hints and defaults are out."""

    def __init__(self, document: Document, draws: Draws, hints: str, attempt: int, budget: Budget) -> None:
        self.document, self.draws, self.hints, self.attempt, self.budget = document, draws, hints, attempt, budget

    def value(self, schema: Schema, place: _Place) -> Any:
        """Return a value for the first alternative of `schema` that has one."""
        self.budget.spend(1, place.path)
        if place.depth > MAX_DEPTH:
            raise unsatisfiable(place.path, "$ref", f"values would be nested more than {MAX_DEPTH} deep")
        problems = []
        for flat, active in self.alternatives(schema, place):
            try:
                return self.filled(flat, place._replace(active=active))
            except Unsatisfiable as error:
                problems.append(error)
        raise problems[0] if problems else _no_alternative(schema, place.path)

    def alternatives(self, schema: Schema, place: _Place) -> list[tuple[Flat, Active]]:
        """Return what `schema` can mean, most natural first: said by the user, not null, in the schema's order."""
        walk = Walk(self.attempt, lambda steps: self.budget.spend(steps, place.path))
        found = list(islice(self.document.alternatives(schema, place.active, walk), _MAX_ALTERNATIVES))
        if len(found) < 2:
            return found
        if self.attempt:
            start = self.drawn("alternative", place, 0, len(found) - 1)
            return found[start:] + found[:start]
        return sorted(found, key=lambda each: (not self.is_said(each[0]), each[0].get("type") == "null"))

    def is_said(self, flat: Flat) -> bool:
        """Tell whether the user wrote a constant that sets this alternative apart, such as a `kind`."""
        parts = [flat, *(each for each in flat.get("properties", {}).values() if isinstance(each, dict))]
        constants = [each for part in parts for each in (part.get("const", ""), *part.get("enum", ()))]
        self.budget.spend(min(len(constants), _MAX_READ) // _READ_IN_A_STEP, "$")
        return bool(plausible.mentioned(constants[:_MAX_READ], self.hints))

    def is_told(self, place: _Place) -> bool:
        """Tell whether a value may be taken from the user's text or from the schema's defaults."""
        return not place.again and self.attempt < 2

    def label(self, place: _Place, what: str) -> str:
        """Return what names a draw."""
        return f"{place.path}#{self.attempt}:{what}" if self.attempt else f"{place.path}:{what}"

    def drawn(self, what: str, place: _Place, low: int, high: int) -> int:
        """Return a number from `low` to `high`, another one each time the array has the value already."""
        first = self.draws.integer(self.label(place, what), 0, min(high - low, MAX_STEPS))
        return low + (first + place.again) % (high - low + 1)

    def filled(self, flat: Flat, place: _Place) -> Any:
        """Return a value for a schema without combinations."""
        if "const" in flat:
            return self.taken(flat["const"], place)
        if "enum" in flat:
            return self.chosen(flat, place)
        kind = self.kind(flat, place)
        suggested = self.suggested(kind, flat, place) if self.is_told(place) else ()
        for value in suggested:
            if self.fits(flat, value):
                return self.taken(value, place)
        return _MAKERS[kind](self, flat, place)

    def taken(self, value: Any, place: _Place) -> Any:
        """Return a value that is written in the schema: however large, it may be wanted in many places.

        Lists and mappings are copied, since the document is kept for other requests.
        """
        text = orjson.dumps(value)
        self.budget.spend(len(text) // BYTES_OF_A_STEP, place.path)
        return orjson.loads(text) if isinstance(value, (dict, list)) else value

    def fits(self, flat: Flat, value: Any) -> bool:
        """Tell whether `value` is an instance of `flat`."""
        self.budget.spend(1, "$")
        if isinstance(value, str) and flat.get("type") == "string" and flat.keys() <= _UNCHECKED:
            return limit_of(flat, "minLength", 0) <= len(value) <= limit_of(flat, "maxLength", MAX_LENGTH)
        return self.document.accepts_part(flat, value, lambda steps: self.budget.spend(steps, "$"))

    def chosen(self, flat: Flat, place: _Place) -> Any:
        """Return an entry of `enum`."""
        options = flat["enum"]
        if self.attempt:
            rest = {key: value for key, value in flat.items() if key != "enum"}
            options = [each for each in options if self.fits(rest, each)] or options
        if not options:
            raise unsatisfiable(place.path, "enum", "it allows no value")
        if self.is_told(place):
            known = options[:_MAX_READ]
            self.budget.spend(len(known) // _READ_IN_A_STEP, place.path)
            told = [*plausible.mentioned(known, self.hints), *(each for each in _examples(flat) if each in known)]
            options = told[:1] or options
        return self.taken(options[self.drawn("enum", place, 0, len(options) - 1)], place)

    def kind(self, flat: Flat, place: _Place) -> str:
        """Return the JSON type of the value to make."""
        kinds = as_list(flat["type"]) if "type" in flat else self.guessed_kinds(flat, place)
        if not kinds:
            raise unsatisfiable(place.path, "type", "the schemas that apply here have no type in common")
        if self.attempt:
            return str(kinds[self.drawn("type", place, 0, len(kinds) - 1)])
        return next((str(kind) for kind in kinds if kind != "null"), "null")

    def guessed_kinds(self, flat: Flat, place: _Place) -> list[str]:
        """Return the types that a schema without `type` seems to be about."""
        usual = kinds_of(flat) or ([] if place.depth else ["object"])
        return [*usual, *_MAKERS] if self.attempt or not usual else usual

    def suggested(self, kind: str, flat: Flat, place: _Place) -> Iterator[Any]:
        """Yield what the user or the schema's author had in mind."""
        if kind == "string":
            said = plausible.said(place.name, self.hints)
            yield from said
            yield from (text[: limit_of(flat, "maxLength", MAX_LENGTH)].rstrip() for text in said[-1:])
        if kind in ("integer", "number"):
            yield from plausible.numbers(place.name, self.hints)
        if place.depth:
            yield from _examples(flat)

    def string(self, flat: Flat, place: _Place) -> str:
        """Return text by pattern, by format, or by the property's name."""
        shortest, longest = limit_of(flat, "minLength", 0), limit_of(flat, "maxLength", MAX_LENGTH)
        if shortest > MAX_LENGTH:
            raise unsatisfiable(place.path, "minLength", f"{shortest} is more than the {MAX_LENGTH} made here")
        text = ""
        for text in (self.patterned if "pattern" in flat else self.worded)(flat, place, shortest, longest):
            self.budget.spend(len(text) // 20, place.path)
            if self.fits(flat, text):
                return text
        return text

    def worded(self, flat: Flat, place: _Place, shortest: int, longest: int) -> Iterator[str]:
        for attempt in range(_TRIES):
            source = plausible.Source(self.draws, self.label(place, f"text/{attempt + place.again}"))
            text = plausible.formatted(flat.get("format", ""), source)
            yield text or plausible.sized(plausible.named(place.name, source), shortest, longest)

    def patterned(self, flat: Flat, place: _Place, shortest: int, longest: int) -> Iterator[str]:
        """Yield texts that probably match, each with repetitions set after the length of the one before."""
        reach, greedy = 4, False

        def spend(steps: int) -> None:
            self.budget.spend(steps // _LETTERS_OF_A_STEP, place.path)

        for attempt in range(_PATTERN_TRIES):
            seed = self.draws.seed_for(self.label(place, f"pattern/{attempt + place.again}"))
            self.budget.spend(len(flat["pattern"]) // 20, place.path)
            text = patterns.matching(flat["pattern"], seed, reach, greedy, spend)
            if text is None:
                break
            yield text
            missing = max(shortest - len(text), 0) - max(len(text) - longest, 0)
            reach, greedy = max(reach + ceil(missing / (attempt + 1)), 0), greedy or missing != 0
        yield plausible.sized(text or "", shortest, longest, filler="x")

    def number(self, flat: Flat, place: _Place) -> int | float:
        """Return a number."""
        return self.counted(ranges.numbers(flat), flat, place)

    def integer(self, flat: Flat, place: _Place) -> int | float:
        """Return a whole number."""
        return self.counted(ranges.integers(flat), flat, place)

    def counted(self, span: ranges.Range | None, flat: Flat, place: _Place) -> int | float:
        """Return one of the numbers in `span`."""
        if span is None:
            raise unsatisfiable(place.path, "minimum", "there is no such number between the bounds")
        first = span.number(self.drawn("number", place, span.low, span.high))
        others = (span.low, span.high, self.drawn("other number", place, span.low, span.high))
        tried = (first, *(span.number(count) for count in others))
        return next((number for number in tried if self.fits(flat, number)), first)

    def boolean(self, _: Flat, place: _Place) -> bool:
        """Return a truth value."""
        return bool(self.drawn("boolean", place, 0, 1))

    def null(self, _: Flat, __: _Place) -> None:
        """Return null."""

    def array(self, flat: Flat, place: _Place) -> list[Any]:
        """Return as few items as are allowed, but one where the schema says what items are."""
        contained = limit_of(flat, "minContains", 1) if "contains" in flat else 0
        needed = max(limit_of(flat, "minItems", 0), contained)
        if needed > MAX_ITEMS:
            raise unsatisfiable(place.path, "minItems", f"{needed} is more than the {MAX_ITEMS} made here")
        wanted = max(needed, min(_natural_length(flat, contained), limit_of(flat, "maxItems", MAX_ITEMS)))
        items: list[Any] = []
        taken: set[bytes] = set()
        for index in range(wanted):
            try:
                items.append(self.item(flat, place, index, taken, index >= wanted - contained))
            except Unsatisfiable:
                if index < needed:
                    raise
                break
        return items

    def item(self, flat: Flat, place: _Place, index: int, taken: set[bytes], contained: bool) -> Any:
        """Return the next item; if items must be unique, one that is not in `taken`, to which it is added."""
        prefix = flat.get("prefixItems", [])
        schema = prefix[index] if index < len(prefix) else flat.get("items", True)
        schema = both(schema, flat["contains"]) if contained else schema
        if not flat.get("uniqueItems"):
            return self.value(schema, place.item(index, 0))
        made = (self.value(schema, place.item(index, again)) for again in range(index + _TRIES))
        found = next((each for each in made if _canonical(each) not in taken), _NOTHING)
        if found is _NOTHING:
            raise unsatisfiable(place.path, "uniqueItems", f"there are only {index} different items")
        taken.add(_canonical(found))
        return found

    def object(self, flat: Flat, place: _Place) -> dict[str, Any]:
        """Return an object with what is required, and more only for `minProperties`."""
        keys = dict.fromkeys(required_names(flat))
        dependent = flat.get("dependentSchemas", {})
        due = [dependent[key] for key in keys if key in dependent]
        if due:
            rest = {**flat, "dependentSchemas": {key: dependent[key] for key in dependent if key not in keys}}
            return dict(self.value({"allOf": [rest, *due]}, place))
        fewest = limit_of(flat, "minProperties", 0)
        if fewest > MAX_ITEMS:
            raise unsatisfiable(place.path, "minProperties", f"{fewest} is more than the {MAX_ITEMS} made here")
        spare = (key for key in self.spare_keys(flat, place) if key not in keys)
        while len(keys) < fewest and (key := next(spare, None)) is not None:
            keys[key] = None
        self.budget.spend(len(keys) * len(flat.get("patternProperties", ())) // _PATTERNS_OF_A_STEP, place.path)
        return {key: self.value(property_schema(flat, key), place.child(key)) for key in keys}

    def spare_keys(self, flat: Flat, place: _Place) -> Iterator[str]:
        """Yield names that an object may have without having to."""
        yield from (key for key, schema in flat.get("properties", {}).items() if schema is not False)
        names = both({"type": "string"}, flat.get("propertyNames", True))
        sources = [both(names, {"pattern": pattern}) for pattern in flat.get("patternProperties", ())]
        if flat.get("additionalProperties", True) is not False:
            sources.append(names)
        for again in range(limit_of(flat, "minProperties", 0) + _TRIES):
            yield from (self.value(source, place.child("*").item(0, again)) for source in sources)


_NOTHING = object()

_MAKERS: dict[str, Callable[[_Filler, Flat, _Place], Any]] = {
    "string": _Filler.string,
    "integer": _Filler.integer,
    "number": _Filler.number,
    "boolean": _Filler.boolean,
    "array": _Filler.array,
    "object": _Filler.object,
    "null": _Filler.null,
}


def _no_alternative(schema: Schema, path: str) -> Unsatisfiable:
    if schema is False:
        return unsatisfiable(path, "false", "the schema 'false' allows no value")
    return unsatisfiable(path, "$ref", "references contain themselves without an end, or lead to 'false'")


def _examples(flat: Flat) -> list[Any]:
    return [*([flat["default"]] if "default" in flat else ()), *flat.get("examples", ())[:_TRIES]]


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _natural_length(flat: Flat, contained: int) -> int:
    prefix = len(flat.get("prefixItems", ()))
    return prefix + contained if prefix else int(flat.get("items", False) is not False)
