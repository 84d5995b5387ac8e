"""Mistakes in what a user wrote, in one form: place, what is wrong, what was expected, what to do.

In: a place in a file and words. Out: one line of text per mistake.
Knows nothing of YAML or of the scenario format.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any, Protocol, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a part of data."""

MAX_DEPTH = 64
"""How long such a path may be, in what a user writes."""

MAX_DIAGNOSTICS = 100
"""How many mistakes of one file are looked for: nobody reads more, and each takes memory."""

_SHOWN = 40
_LONGEST_WORD = 100
"""Characters of a word for which a similar one is looked for."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file as the user named it, line and column counted from 1 (0: the file as a whole)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class SourceMap(Protocol):
    """Data, called `file`, that knows where each part of it stands."""

    @property
    def file(self) -> str:
        """How the user calls it."""
        ...

    @property
    def data(self) -> Any:
        """The data itself."""
        ...

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where the value (or, with `key`, the key) at `path` stands, passing over what the data has not."""
        ...

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that the data does not have."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One thing to mend: `place: what is wrong; what was expected; did you mean ...`, in one printable line."""

    place: Place
    message: str

    def __str__(self) -> str:
        return "".join(char if char.isprintable() else " " for char in f"{self.place}: {self.message}")


class ScenarioError(Exception):
    """Scenario files that are unreadable or invalid.

    Attributes:
        diagnostics: At least one, in the order of the files' lines; at most `MAX_DIAGNOSTICS` of each file, and one
            more that reports that there are more.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        by_file = groupby(sorted(set(diagnostics)), lambda diagnostic: diagnostic.place.file)
        self.diagnostics = [diagnostic for _, of_file in by_file for diagnostic in _first(of_file)]
        super().__init__("\n".join(map(str, self.diagnostics)))

    @property
    def mistakes(self) -> list[Diagnostic]:
        """The earlier name of `diagnostics`."""
        return self.diagnostics


def _first(diagnostics: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield the first diagnostics of one file."""
    yield from islice(diagnostics, MAX_DIAGNOSTICS)
    if further := next(diagnostics, None):
        yield Diagnostic(further.place, "there are more mistakes from here on; mend those above, and check again")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean '...'?` for the known word most like `word`, or nothing."""
    if len(word) > _LONGEST_WORD:
        return ""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def shorten(text: str, limit: int = _SHOWN) -> str:
    """Truncate a text of a user's to the `limit` that messages show of it."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def format_value(value: Any) -> str:
    """Describe a value of a user's as Python writes it, truncated; a text keeps its quotes."""
    return repr(shorten(value)) if isinstance(value, str) else shorten(repr(value))


def join_words(words: Iterable[str]) -> str:
    """Return the words as a reader wants them: `a, b or c`; `nothing` if there are none."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last
