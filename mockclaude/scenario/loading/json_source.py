"""JSON (RFC 8259), read as plain data and the positions of its values.

The standard library reads strings, numbers and constants. Lists and mappings are read here, since the library reports
neither positions nor duplicate keys.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.source_map import TOO_LARGE, Branch, Lines, ParsedValue, Reader

_SPACE = re.compile(r"[ \t\n\r]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"-?[0-9.eE+-]*")
_LONGEST_NUMBER = 400
_HINT = "check the commas, the colons and the quotes around this place"
_HINTS = {
    "/": "remove the comment: JSON has none, YAML has",
    "#": "remove the comment: JSON has none, YAML has",
    "'": "put double quotes around texts and keys",
    "]": "remove the comma before it, or add a value",
    "}": "remove the comma before it, or add a value",
    "N": "write a number, or null",
    "I": "write a number, or null",
    "": "close the lists, mappings and texts that are open",
}
"""Character at which the text is invalid -> the fix."""


def _no_constant(_: str) -> NoReturn:
    raise ValueError


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


class JsonReader(Reader):
    """A reader of JSON that records positions and diagnostics."""

    def __init__(self, text: str, lines: Lines) -> None:
        super().__init__(lines)
        self._text = text
        self._at = 0

    def read(self) -> tuple[Any, int, Branch | None]:
        """Return the data, its offset, and the positions within it.

        Raises:
            ScenarioError: The text is not JSON, or too deep or large.
        """
        self._skip()
        offset = self._at
        if not self._text[offset:]:
            return None, 0, None
        data, branch = self._value(0)
        self._skip()
        if self._at < len(self._text):
            raise self._syntax_error("there is more after the end of the value")
        return data, offset, branch

    def _skip(self) -> str:
        """Go to the next character that is not a space, and return it; '' at the end."""
        space = _SPACE.match(self._text, self._at)
        assert space
        self._at = space.end()
        return self._text[self._at : self._at + 1]

    def _value(self, depth: int) -> ParsedValue:
        self.count(self._at, depth)
        first = self._text[self._at : self._at + 1]
        if first == "{":
            return self._mapping(depth + 1)
        return self._sequence(depth + 1) if first == "[" else (self._scalar(first), None)

    def _mapping(self, depth: int) -> ParsedValue:
        result: dict[str, Any] = {}
        branch = Branch()
        while not self._ends("}", len(branch.offsets) > 0):
            begin = self._at
            if self._text[begin : begin + 1] != '"':
                raise self._syntax_error("a key is missing")
            self.count(begin, depth - 1)
            key = str(self._scalar('"'))
            if self._skip() != ":":
                raise self._syntax_error("a colon is missing")
            self._at += 1
            self._skip()
            value = self._at
            if key in result:
                self.repeated(begin, key, result, branch)
            data, below = self._value(depth)
            if key not in result:
                branch.put(len(result), below)
                branch.offsets.extend((begin, value))
            result[key] = data
        return result, branch

    def _sequence(self, depth: int) -> ParsedValue:
        result: list[Any] = []
        branch = Branch()
        while not self._ends("]", len(result) > 0):
            branch.offsets.append(self._at)
            data, below = self._value(depth)
            branch.put(len(result), below)
            result.append(data)
        return result, branch

    def _ends(self, end: str, begun: bool) -> bool:
        """Return whether the list or mapping ends. If not, go to its next item, past a comma if it has `begun`."""
        if not begun:
            self._at += 1
        found = self._skip()
        if found == end:
            self._at += 1
            return True
        if begun:
            if found != ",":
                raise self._syntax_error(f"a comma or {end} is missing")
            self._at += 1
            self._skip()
        return False

    def _scalar(self, first: str) -> Any:
        begin = self._at
        number = _NUMBER.match(self._text, begin) if first != '"' else None
        if number and len(number[0]) > _LONGEST_NUMBER:
            self._at = number.end()
            return self.note(begin, TOO_LARGE)
        try:
            value, self._at = _DECODER.raw_decode(self._text, begin)
        except json.JSONDecodeError as error:
            self._at = error.pos
            raise self._syntax_error(_PROBLEMS.get(error.msg, error.msg.lower().removesuffix(" at"))) from None
        except ValueError:
            raise self._syntax_error("NaN and Infinity are not JSON numbers") from None
        if isinstance(value, str) and (half := _SURROGATE.search(value)):
            message = f"half of a surrogate pair (\\u{ord(half[0]):04x}) in a string; expected both halves"
            self.note(begin, message)
        return self.number(begin, value) if isinstance(value, (int, float)) else value

    def _syntax_error(self, problem: str) -> ScenarioError:
        return self.stop(self._at, f"invalid JSON ({problem}); {_hint(problem, self._text[self._at : self._at + 1])}")


_PROBLEMS = {"Expecting value": "a value is missing"}


def _hint(problem: str, character: str) -> str:
    """Return the fix for a problem with the character at which the text is invalid."""
    if problem == "invalid control character":
        close = ", or put a quote before it" if character in "\r\n" else ""
        return f"write `{json.dumps(character)[1:-1]}` in its place{close}"
    if "escape" in problem:
        return "write `\\\\` for a backslash"
    return _HINTS.get(character, _HINT)
