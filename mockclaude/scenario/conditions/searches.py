"""Searches of conditions in the texts of a request, and their work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import NamedTuple

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.needles import Needle, is_whole
from mockclaude.scenario.conditions.regex import Regex
from mockclaude.scenario.conditions.work import work_of
from mockclaude.scenario.format.when import TextMatcher

_SEARCH, _VALUE = 64, 800
"""The work of one search, and the characters that take as much work as one value of a list."""

_CHARACTERS, _CHARACTERS_OF_REGEX = 64, 8
"""Characters that are searched with a unit of work, for a text and by a regular expression."""


class Search(NamedTuple):
    """The search of a condition in one text of a request.

    Attributes:
        subject: The name of the text. Searches of one subject have equal texts.
        text: Returns the text; of a list all texts, joined by line breaks.
        values: Returns the list; None for a single text.
        needles: Texts of which the condition requires one; empty if it requires none.
        texts: The number of texts that are searched for.
        regexes: The number of regular expressions that are searched for.
        is_exact: Whether the condition matches every text that contains one of the needles.
        patterns: Regular expressions of which the condition requires one; empty if it requires none.
    """

    subject: str
    text: Callable[[MessagesRequest], str | None]
    values: Callable[[MessagesRequest], Sized] | None
    needles: frozenset[Needle]
    texts: int
    regexes: int
    is_exact: bool
    patterns: frozenset[Regex]

    def price(self, request: MessagesRequest) -> int:
        """Return the work of the search in `request`."""
        extent = len(self.text(request) or "")
        extent += _VALUE * len(self.values(request)) if self.values else 0
        of_texts = self.texts * (_SEARCH + extent // _CHARACTERS)
        return of_texts + self.regexes * (_SEARCH + extent // _CHARACTERS_OF_REGEX)


def spend(searches: Iterable[Search], request: MessagesRequest) -> None:
    """Count the work of `searches`.

    Raises:
        TooMuchWorkError: The work exceeds the rest for the request.
    """
    for each in searches:
        work_of(request).spend(each.price(request))


def search(
    subject: str,
    matches: Iterable[TextMatcher],
    text: Callable[[MessagesRequest], str | None],
    values: Callable[[MessagesRequest], Sized] | None = None,
    *,
    is_required: bool = True,
) -> Search:
    """Build the search for `matches` in a text of a request.

    If `is_required`, one of them must match.
    """
    matches = list(matches)
    patterns = [pattern for match in matches for pattern in match.regex or ()]
    needles = [needle for match in matches for needle in _needles(match)]
    is_filter = is_required and all(needle.text for needle in needles)
    return Search(
        subject=subject,
        text=text,
        values=values,
        needles=frozenset(needles if is_filter else ()),
        texts=len(needles) - len(patterns),
        regexes=len(patterns),
        is_exact=is_filter and values is None and all(map(_is_exact, matches)),
        patterns=frozenset(patterns if is_required and values is None and len(patterns) == len(needles) else ()),
    )


def _is_exact(match: TextMatcher) -> bool:
    return match.contains is not None and all(map(is_whole, match.contains))


def _needles(match: TextMatcher) -> Iterator[Needle]:
    yield from (Needle(max(pattern.split("*"), key=len)) for pattern in match.like or ())
    yield from map(Needle, (*(match.contains or ()), *(match.equals or ())))
    yield from (Needle(pattern.needle, pattern.folded) for pattern in match.regex or ())
