"""Diagnostics: errors and warnings about scenario files, as one line each: place, problem, expectation and fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any, NamedTuple, Protocol, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead to a part of the data."""

MAX_DEPTH = 64
"""The maximum length of a path, and so the levels of nesting in a file."""

MAX_DIAGNOSTICS = 100
"""The maximum number of diagnostics for one file. More would cost memory, and nobody reads them."""

_SHOWN = 40
_MAX_KEYS = 20
_LONGEST_WORD = 100
"""Longer words, in characters, get no suggestion."""


class Place(NamedTuple):
    """A place in a file. Lines and columns count from 1; line 0 is the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class SourceMap(Protocol):
    """Data that knows the place of each of its parts.

    `file` is the name that the user gave.
    """

    @property
    def file(self) -> str:
        """The file's name, as the user gave it."""
        ...

    @property
    def data(self) -> Any:
        """The data itself."""
        ...

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return the place of the value (or, with `key`, the key) at `path`.

        Parts that are absent are skipped.
        """
        ...

    def nearest(self, path: Path) -> Path:
        """Return `path` without the parts that are absent from the data."""
        ...


class Diagnostic(NamedTuple):
    """An error or a warning about a file, printed as one line."""

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
        yield Diagnostic(further.place, "more diagnostics follow; fix the ones above and check again")


def find_near(word: str, known: Iterable[str], most: int = 1) -> list[str]:
    """Return the most similar known words, the nearest first; none for a long word."""
    if len(word) > _LONGEST_WORD:
        return []
    from difflib import get_close_matches

    return get_close_matches(word, list(known), n=most, cutoff=0.6)


def suggest(words: Iterable[str]) -> str:
    """Return `; did you mean '...'?` with these words, or '' without words."""
    quoted = [f"'{word}'" for word in words]
    return f"; did you mean {join_words(quoted)}?" if quoted else ""


def did_you_mean(word: str, known: Iterable[str], most: int = 1) -> str:
    """Return `; did you mean '...'?` with the most similar known words, or ''."""
    return suggest(find_near(word, known, most))


def shorten(text: str, limit: int = _SHOWN) -> str:
    """Truncate `text` to `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def format_value(value: Any) -> str:
    """Return `value` as Python writes it, truncated. A string keeps its quotes."""
    return repr(shorten(value)) if isinstance(value, str) else shorten(repr(value))


def join_keys(keys: Sequence[str]) -> str:
    """Join the keys of a mapping. Those of a fault are too many."""
    return join_words(keys) if len(keys) <= _MAX_KEYS else "a key of a fault, as scenarios/FAULTS.md lists them"


def join_words(words: Iterable[str]) -> str:
    """Return the words as `a, b or c`; `nothing` for no words."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last
