"""An index of the regular expressions that needles do not tell apart: one pass over a short text finds all matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.conditions.regex_set import RegexSet
from mockclaude.scenario.conditions.searches import Search

_MEMORY = (8 << 20, 32 << 20)
"""Bytes for a set and the states of a search. Without enough memory, each pattern is searched separately."""

_FEW = 20
"""The number of searches with equal needles, up to which each pattern is searched separately."""

_LONGEST = 4_096
"""Characters of the longest text that is searched in one pass. A set may need many states for a longer one."""


class PatternIndex:
    """The patterns of many searches in one text.

    Attributes:
        patterns: The patterns of the index. A pattern with other characters than ASCII is not among them.
    """

    def __init__(self, patterns: Iterable[Regex]) -> None:
        codes = {pattern: code for pattern in patterns if (code := pattern.ascii_pattern) is not None}
        self.patterns = frozenset(codes)
        self._in_order = list(codes)
        self._set = RegexSet(codes.values(), _MEMORY)

    def find(self, text: str) -> frozenset[Regex] | None:
        """Return the patterns that match in `text`; None if the text is long or not ASCII."""
        found = self._set.find(text) if len(text) <= _LONGEST and text.isascii() else None
        return None if found is None else frozenset([self._in_order[index] for index in found])


def index_patterns(searches: Iterable[Search]) -> dict[str, PatternIndex]:
    """Build the indexes of patterns by the searched text.

    They contain the patterns of searches with equal needles if there are many.
    """
    alike: defaultdict[tuple[str, frozenset[object]], list[Search]] = defaultdict(list)
    for search in searches:
        alike[search.subject, search.needles].append(search)
    patterns: defaultdict[str, list[Regex]] = defaultdict(list)
    for (subject, _), group in alike.items():
        if len(group) > _FEW:
            patterns[subject] += [pattern for search in group for pattern in search.patterns]
    return {subject: PatternIndex(each) for subject, each in patterns.items()}
