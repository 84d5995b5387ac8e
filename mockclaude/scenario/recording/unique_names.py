"""Names of which no two are equal."""

from __future__ import annotations

from collections.abc import Iterable


class UniqueNames:
    """Creates names that differ from all earlier ones.

    Args:
        taken: Names in use.
        numbered: The form of a name that is in use, with the name and its number from 2.
        ignores_case: Whether names differ in more than the case of letters, as names of files must.
    """

    def __init__(self, taken: Iterable[str] = (), numbered: str = "{}-{}", *, ignores_case: bool = True) -> None:
        self._numbered = numbered
        self._fold = str.casefold if ignores_case else str
        self._taken = {self._fold(name) for name in taken}
        self._numbers: dict[str, int] = {}

    def create(self, name: str) -> str:
        """Return the name, or the name with the first number that makes it unique."""
        key = self._fold(name)
        number, unique = self._numbers.get(key, 1), name
        while self._fold(unique) in self._taken:
            number += 1
            unique = self._numbered.format(name, number)
        self._numbers[key] = number
        self._taken.add(self._fold(unique))
        return unique
