"""Checks of thinking blocks that a client sends back: present, first, and unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.issued import THINKING, BlockPath, SignedBlock
from mockclaude.api.request import MessagesRequest

_TEXT = {"type": "text"}


def _last_type(message: Body) -> str:
    """Return the type of the last block of a message."""
    content = message["content"]
    if isinstance(content, str):
        return "text"
    return str(content[-1].get("type")) if content else ""


def _find_other_beginning(request: MessagesRequest, number: int) -> Details | None:
    """Return the first block of a message if it is not thinking. A compaction may come before it."""
    content = request.messages[number]["content"]
    for index, block in enumerate(content if isinstance(content, list) else [_TEXT]):
        kind = block.get("type")
        if kind != "compaction":
            return None if kind in THINKING else {"path": ("messages", number, "content", index), "found": kind}
    return None


def _find_absent(request: MessagesRequest) -> Details | None:
    number = _turn_start(request)
    return None if number is None else _find_other_beginning(request, number)


def _turn_start(request: MessagesRequest) -> int | None:
    """Return the number of the first message of the assistant's turn that this request continues."""
    if "role:assistant" not in request.traits:
        return None
    first = None
    for number in range(len(request.messages) - 1, -1, -1):
        message = request.messages[number]
        if message["role"] == "assistant":
            first = number
        elif message["role"] == "user" and _last_type(message) != "tool_result":
            break
    return first


def _not_first(request: MessagesRequest) -> Details | None:
    for number in () if request.blocks.keys().isdisjoint(THINKING) else _late_thinking(request):
        if not _continues_message(request, number) and (other := _find_other_beginning(request, number)):
            return other
    return None


def _late_thinking(request: MessagesRequest) -> list[int]:
    """Return the numbers of the messages with a thinking block after another block."""
    return sorted({int(path[1]) for kind in THINKING for path, _ in request.blocks.get(kind, ()) if path[3]})


def _continues_message(request: MessagesRequest, number: int) -> bool:
    """Return whether a message continues the assistant message before it."""
    return number > 0 and bool(request.messages[number - 1]["role"] == "assistant")


def _find_modified(request: MessagesRequest) -> Details | None:
    """Find the first block of the latest assistant message that does not follow its predecessor in the same answer."""
    from mockclaude.api.thinking_blocks import list_thinking

    signed = {block.path: block.origin for block in list_thinking(request) if isinstance(block.origin, SignedBlock)}
    first, distance = None, 0
    for path, block in _latest_blocks(request) if signed else ():
        origin, distance = signed.get(path), distance + 1
        if block.get("type") not in THINKING:
            first = None
        elif first is None:
            first, distance = origin, 0
        elif origin and (origin.prefix, origin.position) != (first.prefix, first.position + distance):
            return {"path": path}
    return None


def _latest_blocks(request: MessagesRequest) -> Iterator[tuple[BlockPath, Body]]:
    """Yield the blocks of the latest assistant message, which may be sent in several."""
    messages = request.messages
    roles = [message["role"] for message in messages]
    end = len(roles) - roles[::-1].index("assistant") if "assistant" in roles else 0
    begin = end
    while begin and roles[begin - 1] == "assistant":
        begin -= 1
    for number in range(begin, end):
        content = messages[number]["content"]
        for index, block in enumerate(content if isinstance(content, list) else [_TEXT]):
            yield ("messages", number, "content", index), block


def _find_invalid(request: MessagesRequest, kind: str) -> Details | None:
    from mockclaude.api.thinking_blocks import list_thinking

    blocks = (block for block in list_thinking(request) if block.origin == "invalid")
    return next(({"path": block.path} for block in blocks if block.block["type"] == kind), None)


CHECKS: tuple[Check, ...] = (
    Check(
        "an answer with calls and without the thinking",
        "{path}.type: Expected `thinking` or `redacted_thinking`, but found `{found}`. "
        "When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the "
        "lastmost set of `tool_use` and `tool_result` blocks). We recommend you include thinking blocks from previous "
        "turns. To avoid this requirement, disable `thinking`. Please consult our documentation at "
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
        "recorded",
        _find_absent,
        "thinking:enabled",
        citation="anthropics/anthropic-cookbook extended_thinking/extended_thinking_with_tool_use.ipynb",
    ),
    Check(
        "thinking that does not come first",
        "{path}: If an assistant message contains any thinking blocks, the first block must be "
        "`thinking` or `redacted_thinking`. Found `{found}`.",
        "reported",
        _not_first,
        "thinking:enabled",
        citation="OpenHands/software-agent-sdk#738, anthropics/claude-code#20705",
    ),
    Check(
        "thinking that was changed in the latest answer",
        "{path}: `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. "
        "These blocks must remain as they were in the original response.",
        "reported",
        _find_modified,
        "block:thinking",
        gateway=True,
        citation="anthropics/claude-code#63267, anthropics/claude-code#63314; tdavison784/context-runtime docs/probes",
    ),
    Check(
        "thinking that nobody signed",
        "{path}: Invalid `signature` in `thinking` block",
        "reported",
        partial(_find_invalid, kind="thinking"),
        "block:thinking",
        gateway=True,
        citation="anthropics/claude-code#10627",
    ),
    Check(
        "redacted thinking that nobody sent",
        "{path}: Invalid `data` in `redacted_thinking` block",
        "reported",
        partial(_find_invalid, kind="redacted_thinking"),
        "block:redacted_thinking",
        gateway=True,
        citation="anthropics/claude-code#56708",
    ),
)
"""Thinking: it begins the turn that is continued, and is unchanged.

Kinds of thinking other than `enabled` have no rules for earlier messages.
"""
