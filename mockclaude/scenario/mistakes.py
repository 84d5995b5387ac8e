"""Mistakes in what a user wrote, in one form: place, what is wrong, what was expected, what to do.

In: a place in a file and words. Out: one line of text per mistake.
Knows nothing of YAML or of the scenario format.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead to a part of data."""

MAX_DEPTH = 64
"""How long such a path may be, in what a user writes."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: a file as the user named it, line and column counted from 1 (0: the file as a whole)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Placed(Protocol):
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
class Mistake:
    """One thing to mend: `place: what is wrong; what was expected; did you mean ...`, in one printable line."""

    place: Place
    message: str

    def __str__(self) -> str:
        return "".join(char if char.isprintable() else " " for char in f"{self.place}: {self.message}")


class ScenarioError(Exception):
    """A scenario that cannot be used. `mistakes` has at least one, in the order of the files' lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean '...'?` for the known word most like `word`, or nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def one_of(words: Iterable[str]) -> str:
    """Return the words as a reader wants them: `a, b or c`; `nothing` if there are none."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last
