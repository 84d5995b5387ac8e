"""Generate data that fits a JSON Schema: the input of a tool call, or structured output.

Objects have the required properties only. Each choice is drawn by the value's path: a new property changes no other.
Some keywords are ignored (see `schemas`), and `oneOf` is read as `anyOf`. If no value fits, an empty value replaces it,
and the reply has a note on the mismatch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from math import ceil
from typing import Any, NamedTuple

import orjson

from mockclaude.reply.draws import Draws
from mockclaude.reply.generate import patterns, plausible, ranges
from mockclaude.reply.generate.schemas import Active, Document, Flat, Schema, SchemaError, as_list
from mockclaude.reply.generate.validators import KEYWORDS, Checker

MAX_DEPTH = 32
MAX_ITEMS = 1_000
MAX_LENGTH = 20_000
MAX_STEPS = 8_000
"""Steps of work for an instance: a value, a check and an alternative are a step each."""

_MAX_ALTERNATIVES = 64
_MAX_READ = 1_000
"""Entries of an `enum` that are searched for in the user's text."""
_TRIES, _PATTERN_TRIES = 4, 24
_EMPTY = {"string": "", "integer": 0, "number": 0, "boolean": False}


def generate_instance(schema: Mapping[str, Any] | bool, draws: Draws, hints: str = "") -> Any:
    """Generate data for `schema`: the same for the same arguments.

    Args:
        schema: A JSON Schema. If it is invalid or no value fits, the data fits in part.
        draws: The draws of the content.
        hints: The user's text, the preferred source of values.
    """
    root = schema if isinstance(schema, bool) else dict(schema)
    generator = _Generator(Document(root, MAX_STEPS), draws, hints)
    try:
        return generator.generate(root, _ROOT)
    except SchemaError:
        generator.is_lenient = True
        return generator.generate(root, _ROOT)


class _Place(NamedTuple):
    """The place of a value.

    Attributes:
        active: The references around the value.
        again: The number of drawn values to skip.
    """

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


class _Generator:
    """A generator of one instance. If it is lenient or out of steps, an empty value replaces a value without a fit."""

    def __init__(self, document: Document, draws: Draws, hints: str) -> None:
        self.document, self.draws, self.hints = document, draws, hints
        self.checker = Checker(document, formats=True)
        self.is_lenient = False

    def generate(self, schema: Schema, place: _Place) -> Any:
        try:
            if self.document.left >= 0:
                return self.generate_first(schema, place)
        except SchemaError:
            if not self.is_lenient and self.document.left >= 0:
                raise
        except Exception:
            # The schema is nested too deep, or invalid, which the modes `gateway` and `off` accept.
            pass
        kind = schema.get("type", "" if place.depth else "object") if isinstance(schema, dict) else ""
        return {} if kind == "object" else [] if kind == "array" else _EMPTY.get(str(kind))

    def generate_first(self, schema: Schema, place: _Place) -> Any:
        """Generate a value for the first alternative with a value."""
        self.document.spend(1)
        if place.depth > MAX_DEPTH:
            raise SchemaError("values are nested too deep")
        for flat, active in self.alternatives(schema, place):
            with suppress(SchemaError):
                return self.fill(flat, place._replace(active=active))
        raise SchemaError("no alternative has a value")

    def alternatives(self, schema: Schema, place: _Place) -> list[tuple[Flat, Active]]:
        """List the alternatives of `schema`: those in the user's text first, null last."""
        options = list(islice(self.document.alternatives(schema, place.active), _MAX_ALTERNATIVES))
        if len(options) < 2:
            return options
        return sorted(
            options, key=lambda item: (not self.is_mentioned(item[0]), as_list(item[0].get("type")) == ["null"])
        )

    def is_mentioned(self, flat: Flat) -> bool:
        """Return whether the user's text has a constant of the alternative."""
        parts = [flat, *(part for part in flat.get("properties", {}).values() if isinstance(part, dict))]
        constants = [constant for part in parts for constant in (part.get("const", ""), *part.get("enum", ()))]
        self.document.spend(members=5 * min(len(constants), _MAX_READ))
        return bool(plausible.find_mentioned(constants[:_MAX_READ], self.hints))

    def draw(self, what: str, place: _Place, low: int, high: int) -> int:
        """Draw a number from `low` to `high` that differs for each `again` of the place."""
        first = self.draws.integer(f"{place.path}:{what}", 0, min(high - low, MAX_STEPS))
        return low + (first + place.again) % (high - low + 1)

    def fill(self, flat: Flat, place: _Place) -> Any:
        if "const" in flat or "enum" in flat:
            return self.choose(flat, "const" if "const" in flat else "enum", place)
        kind = self.infer_type(flat, place)
        for value in () if place.again else self.suggest(kind, flat, place):
            if self.checker.accepts(flat, value):
                return self.copy(value)
        return _MAKERS[kind](self, flat, place)

    def choose(self, flat: Flat, keyword: str, place: _Place) -> Any:
        """Choose a value of `keyword`, preferably from the user's text or the examples."""
        options = flat["enum"] if keyword == "enum" else [flat["const"]]
        first, rest = options[:_MAX_READ], {key: value for key, value in flat.items() if key != keyword}
        self.document.spend(members=5 * len(first))
        named = [*plausible.find_mentioned(first, self.hints), *(value for value in _examples(flat) if value in first)]
        value = self.draw_option(named[: 0 if place.again else 1] or options, place)
        if not self.checker.accepts(rest, value):
            value = self.draw_option([option for option in first if self.checker.accepts(rest, option)], place)
        return self.copy(value)

    def draw_option(self, options: list[Any], place: _Place) -> Any:
        if not options:
            raise SchemaError("no constant fits")
        return options[self.draw("enum", place, 0, len(options) - 1)]

    def copy(self, value: Any) -> Any:
        """Copy a value of the schema, so that changes do not reach the client's request."""
        text = orjson.dumps(value)
        self.document.spend(length=len(text))
        return orjson.loads(text) if isinstance(value, (dict, list)) else value

    def infer_type(self, flat: Flat, place: _Place) -> str:
        by_keyword = (kind for kind, keywords in KEYWORDS.items() if keywords.keys() & flat.keys())
        kinds = as_list(flat["type"]) if "type" in flat else [*by_keyword, "string" if place.depth else "object"]
        if not kinds:
            raise SchemaError("the schemas that apply here have no type in common")
        return str(kinds[0])

    def suggest(self, kind: str, flat: Flat, place: _Place) -> Iterator[Any]:
        """Yield values from the user's text, and the default and examples of the schema."""
        if kind == "string":
            values = plausible.find_values(place.name, self.hints)
            yield from values
            yield from (text[: _limit(flat, "maxLength", MAX_LENGTH)].rstrip() for text in values[-1:])
        if kind in ("integer", "number"):
            yield from plausible.find_numbers(place.name, self.hints)
        if place.depth:
            yield from _examples(flat)

    def generate_string(self, flat: Flat, place: _Place) -> str:
        shortest, longest = _limit(flat, "minLength", 0, MAX_LENGTH), _limit(flat, "maxLength", MAX_LENGTH)
        for text in (self.match_pattern if "pattern" in flat else self.suggest_texts)(flat, place, shortest, longest):
            self.document.spend(length=10 * len(text))
            if self.checker.accepts(flat, text):
                return text
        raise SchemaError("no text was found that fits")

    def suggest_texts(self, flat: Flat, place: _Place, shortest: int, longest: int) -> Iterator[str]:
        for attempt in range(_TRIES):
            source = plausible.ValueGenerator(self.draws, f"{place.path}:text/{attempt + place.again}")
            text = plausible.generate_formatted(flat.get("format", ""), source)
            yield text or plausible.fit_length(plausible.generate_named(place.name, source), shortest, longest)

    def match_pattern(self, flat: Flat, place: _Place, shortest: int, longest: int) -> Iterator[str]:
        """Yield texts that probably match.

        The length of a text sets the number of repetitions in the next text.
        """
        reach, greedy = 4, False
        for attempt in range(_PATTERN_TRIES):
            seed = self.draws.seed_for(f"{place.path}:pattern/{attempt + place.again}")
            text, steps = patterns.generate_text(flat["pattern"], seed, reach, greedy)
            self.document.spend(steps // 3, length=10 * len(flat["pattern"]))
            if text is None:
                break
            yield text
            missing = max(shortest - len(text), 0) - max(len(text) - longest, 0)
            reach, greedy = max(reach + ceil(missing / (attempt + 1)), 0), greedy or missing != 0
        yield plausible.fit_length(text or "", shortest, longest, filler="x")

    def generate_number(self, span: ranges.Range | None, place: _Place) -> int | float:
        if span is None:
            raise SchemaError("no number lies within the bounds")
        return span.number(self.draw("number", place, span.low, span.high))

    def generate_array(self, flat: Flat, place: _Place) -> list[Any]:
        """Generate the fewest items, or one of each kind that the schema describes."""
        needed = _limit(flat, "minItems", 0, MAX_ITEMS)
        described = len(flat.get("prefixItems", ())) or int(flat.get("items", False) is not False)
        items: list[Any] = []
        for index in range(max(needed, min(described, _limit(flat, "maxItems", MAX_ITEMS)))):
            try:
                items.append(self.generate_item(flat, place, index, items))
            except SchemaError:
                if index < needed:
                    raise
                break
        return items

    def generate_item(self, flat: Flat, place: _Place, index: int, earlier: list[Any]) -> Any:
        prefix = flat.get("prefixItems", [])
        schema = prefix[index] if index < len(prefix) else flat.get("items", True)
        if not flat.get("uniqueItems"):
            return self.generate(schema, place.item(index, 0))
        for again in range(index + _TRIES):
            value = self.generate(schema, place.item(index, again))
            self.document.spend(members=index)
            if value not in earlier:
                return value
        raise SchemaError(f"there are only {index} different items")

    def generate_object(self, flat: Flat, place: _Place) -> dict[str, Any]:
        """Generate the required properties, and others only for `minProperties`."""
        properties, required = flat.get("properties", {}), dict.fromkeys(map(str, flat.get("required", ())))
        self.document.spend(members=len(properties) + len(required))
        keys = {**{key: None for key in properties if key in required}, **required}
        fewest, others = _limit(flat, "minProperties", 0, MAX_ITEMS), flat.get("additionalProperties", True)
        if len(keys) < fewest:
            spare = [key for key, schema in properties.items() if key not in keys and schema is not False]
            keys.update(dict.fromkeys(spare[: fewest - len(keys)]))
        for again in range(fewest + _TRIES if others is not False else 0):
            if len(keys) < fewest:
                keys[self.generate({"type": "string"}, place.child("*").item(0, again))] = None
        return {key: self.generate(properties.get(key, others), place.child(key)) for key in keys}


_MAKERS: dict[str, Callable[[_Generator, Flat, _Place], Any]] = {
    "string": _Generator.generate_string,
    "integer": lambda generator, flat, place: generator.generate_number(ranges.find_integers(flat), place),
    "number": lambda generator, flat, place: generator.generate_number(ranges.find_numbers(flat), place),
    "boolean": lambda generator, _, place: bool(generator.draw("boolean", place, 0, 1)),
    "array": _Generator.generate_array,
    "object": _Generator.generate_object,
    "null": lambda *_: None,
}


def _limit(flat: Flat, keyword: str, otherwise: int, most: int | None = None) -> int:
    """Parse a length or a count, which may be a float such as `2.0`."""
    limit = int(flat.get(keyword, otherwise))
    if most is not None and limit > most:
        raise SchemaError(f"`{keyword}` is more than {most}")
    return limit


def _examples(flat: Flat) -> list[Any]:
    return [*([flat["default"]] if "default" in flat else ()), *flat.get("examples", ())[:_TRIES]]
