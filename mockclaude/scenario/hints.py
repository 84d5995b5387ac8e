"""What may have been meant where a condition failed: an earlier turn, or a word that is almost the same.

In: a condition and the conversation it was held against. Out: its check, with a hint if there is one.
Knows nothing of rules. It is asked about what is told to a person, never while a rule is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from mockclaude.api.redaction import REDACTED, redact
from mockclaude.scenario.conditions import Check, Condition
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.mistakes import did_you_mean

_OF_THE_TURN = ("user", "tool_result")
_PROSE = ("user", "system")
_SEARCHED = 2_000
"""Characters at the end of a text in which something similar is looked for."""

_LONGEST = 60
_WRONG_LETTERS = {6: 2, 4: 1}
"""Length from which on a text may differ -> in how many letters."""


def hinted(condition: Condition, conversation: Conversation) -> Check:
    """Return the outcome of `condition` in words, with what may have been meant if it does not hold."""
    check = condition.check(conversation)
    hidden = bool(condition.header) and REDACTED in check.got
    return check if check.held or hidden else replace(check, hint=redact(_hint(condition, conversation)))


def _hint(condition: Condition, conversation: Conversation) -> str:
    return _earlier(condition, conversation) or _similar(condition, condition.look(conversation))


def _earlier(condition: Condition, conversation: Conversation) -> str:
    earlier = conversation.before if condition.key in _OF_THE_TURN else None
    while earlier is not None:
        if condition.holds(condition.look(earlier)):
            return f"it is in turn {earlier.turn}: `{condition.key}` looks at the current turn, {conversation.turn}"
        earlier = earlier.before
    return ""


def _similar(condition: Condition, found: Any) -> str:
    if not condition.texts:
        return ""
    said = [found] if isinstance(found, str) else [getattr(item, "name", item) for item in found or ()]
    resembling = _in_prose if condition.key in _PROSE else _among_names
    return next((hint for text in condition.texts if (hint := resembling(text, said))), "")


def _among_names(wanted: str, names: Iterable[str]) -> str:
    return did_you_mean(wanted, names).removeprefix("; ")


def _in_prose(wanted: str, texts: Iterable[str]) -> str:
    """Return a hint at what in `texts` differs from `wanted` in case only, or in a letter or two."""
    import regex

    wrong = next((wrong for length, wrong in _WRONG_LETTERS.items() if len(wanted) >= length), 0)
    if len(wanted) > _LONGEST:
        return ""
    pattern = rf"\b(?:{regex.escape(wanted)}){{e<={wrong}}}\b" if wrong else regex.escape(wanted)
    similar = regex.compile(pattern, regex.IGNORECASE | regex.BESTMATCH)
    found = next((match[0] for text in texts if (match := similar.search(text[-_SEARCHED:]))), "")
    if found.casefold() == wanted.casefold() != "":
        return f"'{found}' differs in upper and lower case: {{regex: '(?i)...'}} takes both"
    return f"did you mean '{found}'?" if found else ""
