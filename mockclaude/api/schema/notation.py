"""The notation in which the schema of a request is written.

An example is `image = {type: 'image', source: base64_image | url, cache_control?: cache_control | null}`.
A field whose name ends in `?` may be missing; `...name` includes the fields of another definition. `[text]` is a list,
`[text]>=1` a list that is not empty, `{str: text}` an object with any keys. `int>=0` has a minimum, `str<=9` a maximum
length, `str~'a+'` a pattern. A `|` before a single object makes its `type` part of paths. A `@gate` after the name of a
field, or after an alternative, includes it only if the gate is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias


class Name(NamedTuple):
    """A definition or a basic type (`str`, `int`, `null`, ...) with its restrictions."""

    name: str
    least: int | None = None
    most: int | None = None
    pattern: str | None = None


class Literal(NamedTuple):
    """A fixed text."""

    text: str


class List(NamedTuple):
    """A list of `least` to `most` items."""

    item: Type
    least: int | None = None
    most: int | None = None


class Map(NamedTuple):
    """An object with any keys and values of one type."""

    value: Type


class Field(NamedTuple):
    """A field of an object. Without `gates` it is always included."""

    type: Type
    required: bool
    gates: tuple[str, ...] = ()


class Object(NamedTuple):
    """An object with no other fields.

    Attributes:
        fields: The fields. One name may occur several times with different gates.
        spread: The definitions whose fields the object includes.
        tagged: Whether its `type` is part of paths even if it is not an alternative.
    """

    fields: tuple[tuple[str, Field], ...]
    spread: tuple[str, ...] = ()
    tagged: bool = False


class OneOf(NamedTuple):
    """Alternatives, each with the gates that include it."""

    options: tuple[tuple[Type, tuple[str, ...]], ...]


Type: TypeAlias = Name | Literal | List | Map | Object | OneOf


def field_names(kinds: Iterable[Type]) -> Iterator[str]:
    """Yield the names of all fields in `kinds`."""
    left = [*kinds]
    while left:
        kind = left.pop()
        if isinstance(kind, Object):
            yield from (name for name, _ in kind.fields)
            left += [field.type for _, field in kind.fields]
        elif isinstance(kind, List):
            left.append(kind.item)
        elif isinstance(kind, Map):
            left.append(kind.value)
        elif isinstance(kind, OneOf):
            left += [option for option, _ in kind.options]


_TOKENS = re.compile(r"\s+|#[^\n]*|(\.\.\.|[>~<]=?|[{}\[\]:,|=@?]|'[^']*'|[\w-]+)")

_RESTRICTIONS = frozenset(("~", ">=", "<="))


def parse_definitions(text: str) -> dict[str, Type]:
    """Parse the definitions in `text`, by name."""
    reader = _Reader(text)
    return dict(reader.definitions())


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens: list[str] = [*filter(None, _TOKENS.findall(text)), ""]
        self._at = 0

    def definitions(self) -> Iterator[tuple[str, Type]]:
        while self._tokens[self._at]:
            name = self._next()
            self._next()
            yield name, self._type()

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _skips(self, token: str) -> bool:
        matches = self._tokens[self._at] == token
        self._at += matches
        return matches

    def _type(self) -> Type:
        options = [(self._term(), self._gates())]
        while self._skips("|"):
            options.append((self._term(), self._gates()))
        (only, gates), *more = options
        return OneOf(tuple(options)) if more or gates else only

    def _gates(self) -> tuple[str, ...]:
        gates: tuple[str, ...] = ()
        while self._tokens[self._at] == "@":
            self._next()
            gates += (self._next(),)
        return gates

    def _term(self) -> Type:
        token = self._next()
        if token == "|":
            self._next()
            return self._object(tagged=True)
        if token == "{":
            return self._map() if self._skips("str") else self._object()
        if token == "[":
            item = self._type()
            self._next()
            return List(item, self._bound(">="), self._bound("<="))
        if token.startswith("'"):
            return Literal(token[1:-1])
        if self._tokens[self._at] not in _RESTRICTIONS:
            return Name(token)
        pattern = self._next()[1:-1] if self._skips("~") else None
        return Name(token, self._bound(">="), self._bound("<="), pattern)

    def _bound(self, sign: str) -> int | None:
        return int(self._next()) if self._skips(sign) else None

    def _map(self) -> Map:
        self._next()
        value = self._type()
        self._next()
        return Map(value)

    def _object(self, *, tagged: bool = False) -> Object:
        fields: list[tuple[str, Field]] = []
        spread: list[str] = []
        while not self._skips("}"):
            if self._skips("..."):
                spread.append(self._next())
            else:
                name = self._next()
                required, gates = not self._skips("?"), self._gates()
                self._next()
                fields.append((name, Field(self._type(), required, gates)))
            self._skips(",")
        return Object(tuple(fields), tuple(spread), tagged)
