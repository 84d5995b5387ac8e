"""YAML 1.2, read as plain data and the positions of its values.

The only module that imports YAML: PyYAML's C parser, because its events have positions and take a tenth of the time of
its rivals. It follows YAML 1.1 (`no`, `on`, `12:30`, `0777`) and accepts duplicate keys, aliases and tags; this module
resolves scalars by YAML 1.2 and rejects the rest.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from mockclaude.api.lazy_pattern import compile_lazily
from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError
from mockclaude.scenario.loading.source_map import TOO_LARGE, Branch, Lines, ParsedValue, Reader

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = compile_lazily(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = compile_lazily(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 400
"""The maximum length of a number, in characters. Python is slow to parse longer ones."""


class YamlReader(Reader):
    """A reader of YAML's parser events that records positions and diagnostics."""

    def __init__(self, text: str, lines: Lines) -> None:
        super().__init__(lines)
        self._text = text
        self._events = self._content()

    def read(self) -> tuple[Any, int, Branch | None]:
        """Return the data, its offset, and the positions within it.

        Raises:
            ScenarioError: The text is not YAML, or too deep or large.
        """
        data, offset, branch = None, 0, None
        try:
            first = next(self._events, None)
            if first is not None:
                offset = _offset(first)
                data, branch = self._value(first, 0)
            self._end(next(self._events, None))
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(error) from None
        return data, offset, branch

    def _content(self) -> Iterator[yaml.Event]:
        frame = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)
        return (event for event in yaml.parse(self._text, Loader=_Loader) if not isinstance(event, frame))

    def _end(self, extra: yaml.Event | None) -> None:
        if extra is not None:
            raise self.stop(_offset(extra), "second document; expected one document in a file")

    def _value(self, event: yaml.Event, depth: int) -> ParsedValue:
        self._check(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event), None
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth + 1)
        return self._sequence(depth + 1) if isinstance(event, yaml.SequenceStartEvent) else (None, None)

    def _check(self, event: yaml.Event, depth: int) -> None:
        self.count(_offset(event), depth)
        if isinstance(event, yaml.AliasEvent):
            message = f"alias '*{event.anchor}' is not supported; expected a literal value; copy the value"
            self.note(_offset(event), message)
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.note(_offset(event), f"tag '{tag}' is not supported; expected a plain value; remove the tag")

    def _mapping(self, depth: int) -> ParsedValue:
        result: dict[str, Any] = {}
        branch = Branch()
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, depth)
            if key in result:
                self.repeated(_offset(event), key, result, branch)
            value = next(self._events)
            data, below = self._value(value, depth)
            if key not in result:
                branch.put(len(result), below)
                branch.offsets.extend((_offset(event), _offset(value)))
            result[key] = data
        return result, branch

    def _key(self, event: yaml.Event, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent):
            self._check(event, depth - 1)
            return str(event.value)
        if isinstance(event, yaml.CollectionStartEvent):
            message = "the key is a list or a mapping; expected `key: value`; put quotes around a text with braces"
            self.note(_offset(event), message)
        self._value(event, depth)
        return str(self.lines.place(_offset(event)))

    def _sequence(self, depth: int) -> ParsedValue:
        result: list[Any] = []
        branch = Branch()
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            data, below = self._value(event, depth)
            branch.put(len(result), below)
            branch.offsets.append(_offset(event))
            result.append(data)
        return result, branch

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if text[:1] not in "-+.0123456789":
            return text
        return self._number(event, text)

    def _number(self, event: yaml.Event, text: str) -> Any:
        is_integer = _INTEGER.fullmatch(text)
        if not is_integer and not _FLOAT.fullmatch(text):
            return text
        if len(text) > _LONGEST_NUMBER:
            return self.note(_offset(event), TOO_LARGE)
        if is_integer:
            return self.number(_offset(event), int(text, 0) if text[:2] in ("0o", "0x") else int(text))
        return self.number(_offset(event), float(text))

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> Exception:
        mark: Any = error.problem_mark
        hint = _SYNTAX_HINTS.get(str(error.problem), _SYNTAX_HINT)
        begin = error.context_mark.line if error.context_mark else mark.line
        begun = f" {error.context} that began in line {begin + 1}" if begin != mark.line else ""
        place = Place(self.lines.file, mark.line + 1, mark.column + 1)  # the line after the last one has no offset
        message = f"invalid YAML ({error.problem}{begun}); {hint}"
        return ScenarioError([*self.diagnostics, Diagnostic(place, message)])


class _Anchored(NamedTuple):
    """A value with an anchor: its number of values, its characters and its levels."""

    value: Any
    values: int
    size: int
    levels: int


_BINARY = ("tag:yaml.org,2002:binary", "!binary")
_PLAIN_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "!", *_BINARY)
MAX_EXPANDED = 64_000_000
"""The maximum number of characters of a cassette, with those of its aliases."""


class CassetteYamlReader(YamlReader):
    """A reader of YAML that other programs have written, with aliases and binary data.

    A tag that would construct an object is an error, and so are aliases that expand to very large data.
    """

    def __init__(self, text: str, lines: Lines) -> None:
        super().__init__(text, lines)
        self._anchors: dict[str, _Anchored | None] = {}
        self._size = self._deepest = 0

    def read(self) -> tuple[Any, int, Branch | None]:
        """Return the data, its offset, and the positions within it.

        Raises:
            ScenarioError: The text is not YAML, too deep or large, or has a tag or an alias that is not supported.
        """
        try:
            return super().read()
        except yaml.reader.ReaderError as error:
            offset = len(self._text.encode()[: error.position].decode(errors="ignore"))
            raise self.stop(offset, f"invalid YAML ({error.reason}); expected a complete cassette") from None

    def note(self, offset: int, message: str) -> None:
        """Raise the error of a diagnostic: nobody edits a cassette, so one is enough.

        Raises:
            ScenarioError: Always.
        """
        raise self.stop(offset, message)

    def _value(self, event: yaml.Event, depth: int) -> ParsedValue:
        if isinstance(event, yaml.AliasEvent):
            return self._resolve(event, depth), None
        anchor: str | None = getattr(event, "anchor", None)
        if anchor is None:
            return super()._value(event, depth)
        self._anchors[anchor] = None
        values, size, deepest, self._deepest = self._values, self._size, self._deepest, depth
        parsed = super()._value(event, depth)
        self._anchors[anchor] = _Anchored(parsed[0], self._values - values, self._size - size, self._deepest - depth)
        self._deepest = max(self._deepest, deepest)
        return parsed

    def _resolve(self, event: yaml.AliasEvent, depth: int) -> Any:
        anchor = str(event.anchor)
        anchored = self._anchors.get(anchor)
        if anchored is None:
            raise self.stop(_offset(event), f"alias '*{anchor[:80]}' without a value; expected an earlier anchor")
        self._values += anchored.values - 1
        self._add(event, anchored.size)
        self._deepen(depth + anchored.levels)
        self.count(_offset(event), self._deepest)
        return anchored.value

    def _add(self, event: yaml.Event, size: int) -> None:
        self._size += size
        if self._size > MAX_EXPANDED:
            limit = f"{MAX_EXPANDED // 1_000_000} MB"
            raise self.stop(_offset(event), f"aliases expand to more than {limit}; expected a smaller cassette")

    def _deepen(self, depth: int) -> None:
        self._deepest = max(self._deepest, depth)

    def _check(self, event: yaml.Event, depth: int) -> None:
        self._deepen(depth)
        self.count(_offset(event), depth)
        tag: str | None = getattr(event, "tag", None)
        if tag is not None and tag not in _PLAIN_TAGS:
            shown = tag.replace("tag:yaml.org,2002:", "!!")[:80]
            message = f"tag '{shown}' is not supported; expected text, lists, mappings or !!binary; record it again"
            raise self.stop(_offset(event), message)

    def _scalar(self, event: yaml.ScalarEvent) -> Any:
        self._add(event, len(event.value))
        if event.tag not in _BINARY:
            return super()._scalar(event)
        try:
            return b64decode("".join(event.value.split()), validate=True)
        except ValueError:
            raise self.stop(_offset(event), "invalid !!binary; expected base64") from None


def _offset(event: yaml.Event) -> int:
    mark: Any = event.start_mark
    return int(mark.index)


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
    "exceeded maximum nesting depth": "expected fewer levels of nesting",
}
