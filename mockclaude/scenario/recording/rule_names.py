"""Names of recorded rules."""

from __future__ import annotations

from collections.abc import Iterable

_LENGTH = 40

ANY_REQUEST = "any request"
"""The name of the rule for exchanges without the bodies of their requests."""


def name_rule(turn: int, question: str, tools: Iterable[str]) -> str:
    """Return the number of a turn with the first 40 characters of its question, or else the tools of its results."""
    shown = "".join(character if character.isprintable() else " " for character in question or ", ".join(tools))
    return f"{turn} {' '.join(shown.split())[:_LENGTH]}".strip()


def number_names(names: Iterable[str]) -> list[str]:
    """Return names of which those that come again have a number, such as `2 get_tide (2)`."""
    taken: set[str] = set()
    numbered: list[str] = []
    counts: dict[str, int] = {}
    for name in names:
        unique = name
        while unique in taken:
            counts[name] = counts.get(name, 1) + 1
            unique = f"{name} ({counts[name]})"
        taken.add(unique)
        numbered.append(unique)
    return numbered
