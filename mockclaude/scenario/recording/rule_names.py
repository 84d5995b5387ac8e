"""Names of recorded rules."""

from __future__ import annotations

from collections.abc import Iterable

_LENGTH = 40

ANY_REQUEST = "any request"
"""The name of the rule for exchanges without the bodies of their requests."""


def name_rule(turn: int, question: str, tools: Iterable[str]) -> str:
    """Build the name of a rule.

    It has the number of the turn, and the first 40 characters of the question or of the tools.
    """
    shown = "".join(character if character.isprintable() else " " for character in question or ", ".join(tools))
    return f"{turn} {' '.join(shown.split())[:_LENGTH]}".strip()


def number_names(names: Iterable[str]) -> list[str]:
    """Number the names that come again, as in `2 get_tide (2)`."""
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
