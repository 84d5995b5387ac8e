"""Names of recorded rules."""

from __future__ import annotations

from collections.abc import Iterable

from mockclaude.scenario.recording.unique_names import UniqueNames

_LENGTH = 40

ANY_REQUEST = "any request"
"""The name of the rule for exchanges without the bodies of their requests."""


def name_rule(turn: int, question: str, tools: Iterable[str]) -> str:
    """Build the name of a rule.

    It has the number of the turn, and the first 40 characters of the question or of the tools.
    """
    shown = "".join(character if character.isprintable() else " " for character in question or ", ".join(tools))
    return f"{turn} {' '.join(shown.split())[:_LENGTH]}".strip()


def number_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Number the names that come again, as in `2 get_tide (2)`.

    Args:
        names: The names of rules.
        taken: Names of other rules of the file.
    """
    unique = UniqueNames(taken, "{} ({})", ignores_case=False)
    return [unique.create(name) for name in names]
