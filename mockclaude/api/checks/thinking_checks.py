"""Checks of thinking blocks that a client sends back: present, first, and unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.content_blocks import Located, format_path
from mockclaude.api.request import MessagesRequest

_THOUGHTS = ("thinking", "redacted_thinking")


def _block_type(message: Body, index: int) -> str:
    """Return the type of the first block of a message, or with -1 of the last block."""
    content = message["content"]
    if isinstance(content, str):
        return "text"
    return str(content[index].get("type")) if content else ""


def _find_absent(request: MessagesRequest) -> Details | None:
    number = _turn_start(request)
    kind = "" if number is None else _block_type(request.messages[number], 0)
    return {"number": number, "found": kind} if kind and kind not in _THOUGHTS else None


def _turn_start(request: MessagesRequest) -> int | None:
    """Return the number of the first message of the assistant's turn that this request continues."""
    if "role:assistant" not in request.traits:
        return None
    first = None
    for number in range(len(request.messages) - 1, -1, -1):
        message = request.messages[number]
        if message["role"] == "assistant":
            first = number
        elif message["role"] == "user" and _block_type(message, -1) != "tool_result":
            break
    return first


def _not_first(request: MessagesRequest) -> Details | None:
    for number in () if request.blocks.keys().isdisjoint(_THOUGHTS) else _late_thinking(request):
        kind = _block_type(request.messages[number], 0)
        if kind not in _THOUGHTS and not _continues_message(request, number):
            return {"number": number, "found": kind}
    return None


def _late_thinking(request: MessagesRequest) -> list[int]:
    """Return the numbers of the messages with a thinking block after another block."""
    return sorted({int(path[1]) for kind in _THOUGHTS for path, _ in request.blocks.get(kind, ()) if path[3]})


def _continues_message(request: MessagesRequest, number: int) -> bool:
    """Return whether a message continues the assistant message before it."""
    return number > 0 and bool(request.messages[number - 1]["role"] == "assistant")


def _latest_number(request: MessagesRequest) -> int:
    numbers = (number for number in range(len(request.messages) - 1, -1, -1))
    return next((number for number in numbers if request.messages[number]["role"] == "assistant"), -1)


def _thinking_blocks(request: MessagesRequest, kind: str) -> Iterator[Located]:
    return (located for located in request.blocks[kind] if len(located[0]) == 4)


def _altered_paths(request: MessagesRequest, origins: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for path, block in _thinking_blocks(request, "thinking"):
        if request.issued.thinking(str(block.get("thinking", "")), str(block.get("signature", ""))) in origins:
            yield path


def _find_edited(request: MessagesRequest) -> Details | None:
    latest = _latest_number(request)
    return next(
        ({"path": format_path(path)} for path in _altered_paths(request, ("edited",)) if path[1] == latest), None
    )


def _foreign(request: MessagesRequest) -> Details | None:
    return next(({"path": format_path(path)} for path in _altered_paths(request, ("edited", "unknown"))), None)


def _foreign_data(request: MessagesRequest) -> Details | None:
    for path, block in _thinking_blocks(request, "redacted_thinking"):
        if not request.issued.redacted(str(block.get("data", ""))):
            return {"path": format_path(path)}
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
        _find_absent,
        "thinking:enabled",
    ),
    Check(
        "thinking that does not come first",
        "messages.{number}.content.0: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `{found}`.",
        "reported",
        _not_first,
        "thinking:enabled",
    ),
    Check(
        "thinking that was changed in the latest answer",
        "{path}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
        "These blocks must remain as they were in the original response.",
        "documented",
        _find_edited,
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
"""Thinking: it begins the turn that is continued, and is unchanged.

Kinds of thinking other than `enabled` have no rules for earlier messages.
"""
