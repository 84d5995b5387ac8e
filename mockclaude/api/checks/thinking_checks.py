"""What the API refuses of the thinking that comes back: it must be there, first, and as it was.

In: a request whose shape is right. Out: the rows of the table.
Knows nothing of which models think, and of how a block is known again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import Asked, Located, dotted

_THOUGHTS = ("thinking", "redacted_thinking")


def _is_enabled(asked: Asked) -> bool:
    """Return whether the request asks for thinking with a budget; other ways to think ask nothing of the answers."""
    return bool(asked.body["thinking"].get("type") == "enabled")


def _kind(message: Body, index: int) -> str:
    """Return the type of the first block of a message, or with -1 of the last."""
    content = message["content"]
    if isinstance(content, str):
        return "text"
    return str(content[index].get("type")) if content else ""


def _absent(asked: Asked) -> Details | None:
    number = _begins(asked) if _is_enabled(asked) else None
    found = "" if number is None else _kind(asked.messages[number], 0)
    return {"number": number, "found": found} if found and found not in _THOUGHTS else None


def _begins(asked: Asked) -> int | None:
    """Return the number of the message that begins the answer which this request goes on with."""
    first = None
    for number in range(len(asked.messages) - 1, -1, -1):
        message = asked.messages[number]
        if message["role"] == "assistant":
            first = number
        elif message["role"] == "user" and _kind(message, -1) != "tool_result":
            break
    return first


def _not_first(asked: Asked) -> Details | None:
    for number in _with_later_thoughts(asked) if _is_enabled(asked) else ():
        found = _kind(asked.messages[number], 0)
        if found not in _THOUGHTS and not _is_more(asked, number):
            return {"number": number, "found": found}
    return None


def _with_later_thoughts(asked: Asked) -> list[int]:
    """Return the numbers of the messages in which thinking comes after another block."""
    return sorted({int(path[1]) for kind in _THOUGHTS for path, _ in asked.blocks.get(kind, ()) if path[3]})


def _is_more(asked: Asked, number: int) -> bool:
    """Return whether a message is more of the answer in the one before."""
    return number > 0 and bool(asked.messages[number - 1]["role"] == "assistant")


def _latest(asked: Asked) -> int:
    numbers = (number for number in range(len(asked.messages) - 1, -1, -1))
    return next((number for number in numbers if asked.messages[number]["role"] == "assistant"), -1)


def _own(asked: Asked, kind: str) -> Iterator[Located]:
    return (located for located in asked.blocks[kind] if len(located[0]) == 4)


def _altered(asked: Asked, origins: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for path, block in _own(asked, "thinking"):
        if asked.issued.thinking(str(block.get("thinking", "")), str(block.get("signature", ""))) in origins:
            yield path


def _edited(asked: Asked) -> Details | None:
    latest = _latest(asked)
    return next(({"path": dotted(path)} for path in _altered(asked, ("edited",)) if path[1] == latest), None)


def _foreign(asked: Asked) -> Details | None:
    return next(({"path": dotted(path)} for path in _altered(asked, ("edited", "unknown"))), None)


def _foreign_data(asked: Asked) -> Details | None:
    for path, block in _own(asked, "redacted_thinking"):
        if not asked.issued.redacted(str(block.get("data", ""))):
            return {"path": dotted(path)}
    return None


CHECKS: tuple[Check, ...] = (
    Check(
        "an answer with calls and without the thinking",
        "messages.{number}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. "
        "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
        "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous "
        "turns. To avoid this requirement, disable `thinking`. Please consult our documentation at "
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
        "reported",
        _absent,
        "thinking",
    ),
    Check(
        "thinking that does not come first",
        "messages.{number}.content.0: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `{found}`.",
        "reported",
        _not_first,
        "thinking",
    ),
    Check(
        "thinking that was changed in the latest answer",
        "{path}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
        "These blocks must remain as they were in the original response.",
        "documented",
        _edited,
        "block:thinking",
        gateway=True,
    ),
    Check(
        "thinking that nobody signed",
        "{path}: Invalid `signature` in `thinking` block",
        "reported",
        _foreign,
        "block:thinking",
        gateway=True,
    ),
    Check(
        "redacted thinking that nobody sent",
        "{path}: Invalid `data` in `redacted_thinking` block",
        "reported",
        _foreign_data,
        "block:redacted_thinking",
        gateway=True,
    ),
)
"""Rules of thinking that comes back: it begins the answer that goes on, and it is as the API sent it."""
