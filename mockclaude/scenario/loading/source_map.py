"""Positions of the values in a file, and the diagnostics found while it is read.

A position is an offset in the text, in characters. A list or mapping holds the offsets of its values in one array: a
place for each value would take several times the memory of the data.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mockclaude.scenario.diagnostics import MAX_DEPTH, MAX_DIAGNOSTICS, Diagnostic, Place, ScenarioError

MAX_VALUES = 500_000
"""The maximum number of keys and values in a file. Each takes memory, even a short one."""

_LINE_END = re.compile(r"\r\n?|\n")
_INFINITE = (float("inf"), float("-inf"))
_LEAST, _MOST = -(2**63), 2**64 - 1
TOO_LARGE = "number too large; expected a number that JSON can hold; put quotes around it"


@dataclass(slots=True)
class Branch:
    """The offsets of the values of a list or mapping.

    In a mapping, each key's offset precedes that of its value. `below` holds the branches of nested lists and mappings
    that are not empty, by their index.
    """

    offsets: array[int] = field(default_factory=lambda: array("I"))
    below: dict[int, Branch] | None = None

    def put(self, index: int, branch: Branch | None) -> None:
        """Set the branch of the value at `index`."""
        if branch is not None and branch.offsets:
            self.below = self.below or {}
            self.below[index] = branch


ParsedValue: TypeAlias = tuple[Any, Branch | None]
"""A value, and the positions within it."""


class Lines:
    """The lines of the text of `file`. They convert offsets to places."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._starts = array("I", (0, *(end.end() for end in _LINE_END.finditer(text))))

    def place(self, offset: int) -> Place:
        """Return the place of the character at `offset`."""
        line = bisect_right(self._starts, offset)
        return Place(self.file, line, offset - self._starts[line - 1] + 1)


class Reader:
    """The base of readers: it records diagnostics and counts values."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.diagnostics: list[Diagnostic] = []
        self._values = 0

    def note(self, offset: int, message: str) -> None:
        """Record a diagnostic.

        Raises:
            ScenarioError: There are more than `MAX_DIAGNOSTICS`.
        """
        self.diagnostics.append(Diagnostic(self.lines.place(offset), message))
        if len(self.diagnostics) > MAX_DIAGNOSTICS:
            raise ScenarioError(self.diagnostics)

    def stop(self, offset: int, message: str) -> ScenarioError:
        """Build the error that ends the reading, with all diagnostics."""
        return ScenarioError([*self.diagnostics, Diagnostic(self.lines.place(offset), message)])

    def count(self, offset: int, depth: int) -> None:
        """Count a value.

        Raises:
            ScenarioError: The value is nested too deep, or the file has too many.
        """
        self._values += 1
        if depth > MAX_DEPTH:
            raise self.stop(offset, f"data nested more than {MAX_DEPTH} levels deep; expected fewer levels")
        if self._values > MAX_VALUES:
            message = f"more than {MAX_VALUES:,} keys and values; expected fewer; split the file into several files"
            raise self.stop(offset, message)

    def repeated(self, offset: int, key: str, keys: Iterable[str], branch: Branch) -> None:
        """Record that `key` at `offset` is a duplicate of one of `keys`."""
        first = next(index for index, known in enumerate(keys) if known == key)
        line = self.lines.place(branch.offsets[2 * first]).line
        self.note(offset, f"duplicate key '{key[:80]}', first in line {line}; expected unique keys; remove one")

    def number(self, offset: int, number: float) -> float:
        """Return `number`. Record a diagnostic if JSON cannot hold it."""
        if number in _INFINITE or (isinstance(number, int) and not _LEAST <= number <= _MOST):
            self.note(offset, TOO_LARGE)
        return number
