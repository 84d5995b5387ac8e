"""The text of a scenario file, as plain data that remembers where each value stands.

In: the bytes of a YAML 1.2 or JSON file. Out: a `Source`, whose `data` is JSON data and whose `place(path)` says where.
Knows nothing of what a scenario may say. The only module that imports YAML: PyYAML's C parser, because its events come
with positions and take a tenth of the time of its rivals; what it resolves by YAML 1.1 (`no`, `on`, `12:30`, `0777`)
and lets pass (duplicate keys, aliases, tags) is decided here instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from mockclaude.scenario.mistakes import MAX_DEPTH, Mistake, Path, Place, ScenarioError

MAX_BYTES = 5_000_000

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SURROGATE_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML refuses outside an escape, or takes for a line break where JSON does not."""
_INFINITE = (float("inf"), float("-inf"))
_LEAST, _MOST = -(2**63), 2**64 - 1
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}|0o[0-7]{1,300}|0x[0-9a-fA-F]{1,300}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Source:
    """A file's data, and the place of each value and each key in it."""

    file: str
    data: Any
    values: dict[Path, Place] = field(repr=False)
    keys: dict[Path, Place] = field(repr=False)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value (or, with `key`, the key) at `path` stands.

        Parts of `path` that the file does not have are passed over: a shorthand has fewer levels than what it means.
        """
        here = self.nearest(path)
        own = key and here[-1:] == path[-1:] and here in self.keys
        return self.keys[here] if own else self.values[here]

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that the file does not have."""
        here: Path = ()
        for part in path:
            if (*here, part) in self.values:
                here = (*here, part)
        return here


def read(file: str, content: bytes) -> Source:
    """Return the data of `content`, calling it `file`. Raises `ScenarioError` with the mistakes of form."""
    return _Reader(file).read(_decoded(file, content))


def _decoded(file: str, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1_000_000} MB"
        message = f"this file has more than {limit}; expected less: split it, files named together are one scenario"
        raise ScenarioError([Mistake(Place(file), message)])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_after(file, content[: error.start].decode("latin-1"))
        raise ScenarioError([Mistake(place, "this is not UTF-8; expected a YAML or JSON text")]) from None
    if unprintable := _UNPRINTABLE.search(text):
        place = _place_after(file, text[: unprintable.start()])
        code = f"U+{ord(unprintable[0]):04X}"
        message = f"there is a character {code} here; expected text: remove it, or write its escape in double quotes"
        raise ScenarioError([Mistake(place, message)])
    return _SURROGATE_PAIR.sub(_joined, text) if file.endswith(".json") else text


def _place_after(file: str, text: str) -> Place:
    return Place(file, text.count("\n") + 1, len(text) - text.rfind("\n"))


def _joined(pair: re.Match[str]) -> str:
    high, low = (int(half, 16) for half in pair.groups())
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


class _Reader:
    """Builds plain data from parser events, one value at a time, and notes the places and mistakes on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.mistakes: list[Mistake] = []

    def read(self, text: str) -> Source:
        data = None
        try:
            events = self._content(text)
            first = next(events, None)
            data = None if first is None else self._value(first, events, ())
            self._end(next(events, None))
        except yaml.MarkedYAMLError as error:
            self.mistakes.append(self._syntax_mistake(error))
        if self.mistakes:
            raise ScenarioError(self.mistakes)
        self.values.setdefault((), Place(self.file, 1, 1))
        return Source(self.file, data, self.values, self.keys)

    def _content(self, text: str) -> Iterator[yaml.Event]:
        frame = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
        return (event for event in yaml.parse(text, Loader=_Loader) if not isinstance(event, frame))

    def _end(self, extra: yaml.Event | None) -> None:
        if extra is not None:
            self._note(extra, "a second document begins here; expected one document in a file")

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> Any:
        self._check(event, path)
        self.values[path] = self._place(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None

    def _check(self, event: yaml.Event, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._note(event, f"aliases (*{event.anchor}) are not supported; expected the value itself: repeat it")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._note(event, f"tags ({tag}) are not supported; expected a plain value: remove the tag")
        if len(path) > MAX_DEPTH:
            self._note(event, f"this is nested more than {MAX_DEPTH} levels deep; expected fewer")
            raise ScenarioError(self.mistakes)

    def _mapping(self, events: Iterator[yaml.Event], path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, path)
            here = (*path, key)
            if key in result:
                first = self.keys[here].line
                self._note(event, f"the key '{key}' is already there in line {first}; expected each key once")
            self.keys[here] = self._place(event)
            result[key] = self._value(next(events), events, here)
        return result

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> str:
        if isinstance(event, yaml.ScalarEvent):
            self._check(event, path)
            return str(event.value)
        if isinstance(event, yaml.CollectionStartEvent):
            self._note(event, "a key must be a word; expected `key: value`, or quotes around a text with braces")
        self._value(event, events, (*path, ""))
        return str(self._place(event))

    def _sequence(self, events: Iterator[yaml.Event], path: Path) -> list[Any]:
        result: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            result.append(self._value(event, events, (*path, len(result))))
        return result

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text):
            return self._number(event, int(text, 0) if text[:2] in ("0o", "0x") else int(text))
        if _FLOAT.fullmatch(text):
            return self._number(event, float(text))
        return text

    def _number(self, event: yaml.Event, number: float) -> float:
        if number in _INFINITE or (isinstance(number, int) and not _LEAST <= number <= _MOST):
            self._note(event, "this number is too large; expected one that JSON can carry, or quotes around it")
        return number

    def _place(self, event: yaml.Event) -> Place:
        mark: Any = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _note(self, event: yaml.Event, message: str) -> None:
        self.mistakes.append(Mistake(self._place(event), message))

    def _syntax_mistake(self, error: yaml.MarkedYAMLError) -> Mistake:
        mark: Any = error.problem_mark
        hint = _SYNTAX_HINTS.get(str(error.problem), _SYNTAX_HINT)
        begin = error.context_mark.line if error.context_mark else mark.line
        begun = f" {error.context} that began in line {begin + 1}" if begin != mark.line else ""
        message = f"this is not YAML: {error.problem}{begun}; {hint}"
        return Mistake(Place(self.file, mark.line + 1, mark.column + 1), message)


_SYNTAX_HINT = "check the indentation, the colons and the quotes around this place"
_SYNTAX_HINTS = {
    "mapping values are not allowed in this context": "quote a text that contains ': '",
    "found character that cannot start any token": "indent with spaces, not tabs, and quote a text that starts with "
    "@, `, % or a tab",
    "did not find expected ',' or '}'": "close the mapping with }, or quote a text that has { or }, as '${{ user }}'",
    "did not find expected ',' or ']'": "close the list with ], or quote a text that has [, ] or {, as '${{ user }}'",
    "did not find expected alphabetic or numeric character": "quote a text that begins with * or &",
    "did not find expected key": "check the indentation, and write '' for an apostrophe within single quotes",
    "found unexpected end of stream": "close the quotes",
    "found unknown escape character": "write \\\\ for a backslash, or use single quotes",
    "found invalid Unicode character escape code": "write the character itself",
    "exceeded maximum nesting depth": "this is nested too deep; expected fewer levels",
}
