"""What may have been meant where a condition failed: an earlier turn, or a word that is almost the same.

In: a condition and the request it was held against. Out: its check, with a hint if there is one.
Knows nothing of rules. It is asked about what is told to a person, never while a rule is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from itertools import islice
from typing import Any

from mockclaude.api.redaction import REDACTED, redact
from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import Condition, ConditionResult
from mockclaude.scenario.diagnostics import did_you_mean

_OF_THE_TURN = ("user", "tool_result")
_PROSE = ("user", "system")
_SEARCHED = 2_000
"""Characters at the end of a text in which something similar is looked for."""

_NAMES, _WORDS = 50, 10
"""How many names of a request are compared, with how many words of a condition."""

_LONGEST = 80
_SHORTEST = 4
"""Characters from which on a text may differ in more than case."""

_WRONG_LETTERS = 2
_SIMILAR = 0.8
"""The least similarity of a text that may have been meant, as `difflib` measures it."""


def check_with_hint(condition: Condition, request: MessagesRequest) -> ConditionResult:
    """Return the outcome of `condition` in words, with what may have been meant if it does not hold."""
    check = condition.check(request)
    hidden = check.key.startswith("headers.") and REDACTED in check.got
    return check if check.held or hidden else replace(check, hint=redact(_hint(condition, request)))


def _hint(condition: Condition, request: MessagesRequest) -> str:
    found = condition.look(request)
    return (
        _earlier(condition, request)
        or (condition.difference(found) if condition.difference else "")
        or _similar(condition, found)
    )


def _earlier(condition: Condition, request: MessagesRequest) -> str:
    earlier = request.before_turn if condition.key in _OF_THE_TURN else None
    while earlier is not None:
        if condition.holds(condition.look(earlier)):
            return f"it is in turn {earlier.turn}: `{condition.key}` looks at the current turn, {request.turn}"
        earlier = earlier.before_turn
    return ""


def _similar(condition: Condition, found: Any) -> str:
    if not condition.texts:
        return ""
    said = [found] if isinstance(found, str) else [getattr(item, "name", item) for item in islice(found or (), _NAMES)]
    resembling = _in_prose if condition.key in _PROSE else _among_names
    return next((hint for text in condition.texts[:_WORDS] if (hint := resembling(text, said))), "")


def _among_names(wanted: str, names: list[str]) -> str:
    return "" if wanted in names or len(wanted) > _LONGEST else did_you_mean(wanted, names).removeprefix("; ")


def _in_prose(wanted: str, texts: Iterable[str]) -> str:
    """Return a hint at what in `texts` differs from `wanted` in case only, or in a letter or two."""
    if not 0 < len(wanted) <= _LONGEST:
        return ""
    texts = [text[-_SEARCHED:] for text in texts]
    same = re.compile(re.escape(wanted), re.IGNORECASE)
    if cased := next((match[0] for text in texts if (match := same.search(text))), ""):
        return f"'{cased}' differs in upper and lower case: {{regex: '(?i)...'}} takes both"
    similar = get_close_matches(wanted, {part for text in texts for part in _parts(text, wanted)}, n=1, cutoff=_SIMILAR)
    return f"did you mean '{similar[0]}'?" if similar else ""


def _parts(text: str, wanted: str) -> Iterator[str]:
    """Yield the parts of `text` that have as many words as `wanted`, and about as many characters."""
    words = [match.span() for match in re.finditer(r"\w+", text)]
    count = len(re.findall(r"\w+", wanted))
    if count and len(wanted) >= _SHORTEST:
        for (begin, _), (_, end) in zip(words, words[count - 1 :], strict=False):
            if abs(end - begin - len(wanted)) <= _WRONG_LETTERS:
                yield text[begin:end]
