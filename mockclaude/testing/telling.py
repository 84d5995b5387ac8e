"""What a failing test was asked and answered, in words.

In: entries of the journal. Out: text. Knows nothing of pytest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockclaude.server.console import log_line
from mockclaude.server.journal import Entry

_SHOWN = 200


def told(entries: Iterable[Entry]) -> str:
    """Return a paragraph for each request: what answered it and where that is written, or each condition of the rule
    that came nearest.
    """
    return "\n".join(line for number, entry in enumerate(entries, 1) for line in _lines(number, entry))


def _lines(number: int, entry: Entry) -> Iterator[str]:
    yield f"{number}. {log_line(entry, colour=False)}"
    if entry.conversation is not None:
        yield f"   user: {entry.conversation.user[:_SHOWN]!r}"
    if entry.closest is not None:
        yield f"   the closest rule is {entry.closest.rule.label}"
        yield from (f"     {'ok ' if check.held else 'no '} {check}" for check in entry.closest.checks)
