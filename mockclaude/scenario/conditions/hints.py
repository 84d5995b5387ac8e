"""Suggest why a condition failed: an earlier turn matches, or a text differs in a few letters.

Hints take time, so they are built for messages only, never while rules are matched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from mockclaude.api.redaction import REDACTED, redact
from mockclaude.api.request import MessagesRequest, ToolResult, without_reminders
from mockclaude.scenario.conditions.conditions import Condition, ConditionResult
from mockclaude.scenario.diagnostics import did_you_mean

_OF_THE_TURN = ("user", "tool_result")
_PROSE = ("user", "system", "anywhere")
_SEARCHED = 2_000
"""Characters at the end of a text that are searched for a similar text."""

_NAMES, _WORDS = 50, 10
"""The maximum number of names in a request, and of words in a condition, that are compared."""

_LONGEST = 80
_SHORTEST = 4
"""Shorter texts, in characters, get a hint only if they differ in case alone."""

_WRONG_LETTERS = 2
_SIMILAR = 0.8
"""The minimum similarity of a suggested text, as `difflib` measures it."""


def check_with_hint(condition: Condition, request: MessagesRequest) -> ConditionResult:
    """Return the result of `condition` for `request`, with a hint if it failed."""
    check = condition.check(request)
    hidden = check.key.startswith("headers.") and REDACTED in check.got
    return check if check.held or hidden else check._replace(hint=redact(_hint(condition, request)))


def _hint(condition: Condition, request: MessagesRequest) -> str:
    found = condition.look(request)
    return (
        _earlier(condition, request)
        or (condition.difference(found) if condition.difference else "")
        or _similar(condition, found)
        or (_in_content(condition, found) if condition.key == "tool_result" else "")
    )


def _earlier(condition: Condition, request: MessagesRequest) -> str:
    if condition.key not in _OF_THE_TURN:
        return ""
    for earlier in request.earlier_turns():
        if condition.holds(without_reminders(earlier.user) if condition.key == "user" else earlier.results):
            where = f"turn {earlier.number} matches, but `{condition.key}` tests the current turn, {request.turn}"
            return f"{where}; use `anywhere` for all turns" if condition.key == "user" else where
    return ""


def _similar(condition: Condition, found: Any) -> str:
    if not condition.texts:
        return ""
    texts = [found] if isinstance(found, str) else [getattr(item, "name", item) for item in islice(found or (), _NAMES)]
    find_similar = _among_names if condition.key not in _PROSE else _in_case if condition.difference else _in_prose
    return next((hint for text in condition.texts[:_WORDS] if (hint := find_similar(text, texts))), "")


def _in_content(condition: Condition, results: Sequence[ToolResult]) -> str:
    """Return a hint at a text of a result in the place of a name."""
    names = {result.name for result in results}
    wanted = [text for text in condition.texts[:_WORDS] if text not in names and 0 < len(text) <= _LONGEST]
    text = next((text for text in wanted for result in islice(results, _NAMES) if text in result.content), "")
    return f"a text is the name of the tool; use `tool_result: {{content: '{text}'}}`" if text else ""


def _among_names(wanted: str, names: list[str]) -> str:
    return "" if wanted in names or len(wanted) > _LONGEST else did_you_mean(wanted, names).removeprefix("; ")


def _in_case(wanted: str, texts: Iterable[str]) -> str:
    """Return a hint at a part of `texts` that differs from `wanted` in case only.

    A whole text gets no other hint: the message shows both texts, and a part of the text would not match either.
    """
    if not 0 < len(wanted) <= _LONGEST:
        return ""
    same = re.compile(re.escape(wanted), re.IGNORECASE)
    cased = next((match[0] for text in texts if (match := same.search(text[-_SEARCHED:]))), "")
    return f"'{cased}' differs in case; use {{regex: '(?i){re.escape(wanted)}'}}" if cased else ""


def _in_prose(wanted: str, texts: Iterable[str]) -> str:
    """Return a hint at a part of `texts` that differs from `wanted` in case only, or in one or two letters."""
    if not 0 < len(wanted) <= _LONGEST:
        return ""
    texts = [text[-_SEARCHED:] for text in texts]
    if cased := _in_case(wanted, texts):
        return cased
    from difflib import get_close_matches

    similar = get_close_matches(wanted, {part for text in texts for part in _parts(text, wanted)}, n=1, cutoff=_SIMILAR)
    return f"did you mean '{similar[0]}'?" if similar else ""


def _parts(text: str, wanted: str) -> Iterator[str]:
    """Yield the parts of `text` with as many words as `wanted` and about as many characters."""
    words = [match.span() for match in re.finditer(r"\w+", text)]
    count = len(re.findall(r"\w+", wanted))
    if count and len(wanted) >= _SHORTEST:
        for (begin, _), (_, end) in zip(words, words[count - 1 :], strict=False):
            if abs(end - begin - len(wanted)) <= _WRONG_LETTERS:
                yield text[begin:end]
