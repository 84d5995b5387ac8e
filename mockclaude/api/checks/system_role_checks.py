"""Checks of messages with the role `system`: their places and their content."""

from __future__ import annotations

from collections.abc import Iterator

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details
from mockclaude.api.request import MessagesRequest

_ANYWHERE = "; the directive-only form (content: [] with output_config) is accepted at any position"
_KINDS = ("text", "tool_addition", "tool_removal")


def _only_directs(message: Body) -> bool:
    return message["content"] == [] and bool(message.get("output_config"))


def _system_messages(request: MessagesRequest) -> Iterator[tuple[int, Body, Body | None]]:
    """Yield each system message whose place matters: its number, itself, and the message of another role before it."""
    before = None
    for number, message in enumerate(request.messages):
        if message["role"] != "system":
            before = message
        elif not _only_directs(message):
            yield number, message, before


def _first(request: MessagesRequest) -> Details | None:
    if "thread" in request.traits:
        return None
    return next(({"number": number} for number, _, before in _system_messages(request) if before is None), None)


def _find_after_assistant(request: MessagesRequest) -> Details | None:
    return next(({"number": number} for number, _, before in _system_messages(request) if _interrupts(before)), None)


def _interrupts(before: Body | None) -> bool:
    """Return whether an assistant message ends in text, or waits for the results of the client's tools."""
    if before is None or before["role"] != "assistant":
        return False
    content = before["content"]
    kinds = [""] if isinstance(content, str) else ["", *(block.get("type", "") for block in content)]
    return not kinds[-1].endswith("_tool_result") or "tool_use" in kinds


def _find_before_user(request: MessagesRequest) -> Details | None:
    waiting = None
    for number, message in enumerate(request.messages):
        if message["role"] == "user" and waiting is not None:
            return {"number": waiting}
        if message["role"] != "system":
            waiting = None
        elif waiting is None and not _only_directs(message):
            waiting = number
    return None


def _empty(request: MessagesRequest) -> Details | None:
    return next(
        ({"number": number} for number, message, _ in _system_messages(request) if message["content"] == []), None
    )


def _other_kinds(request: MessagesRequest) -> Details | None:
    return next(
        ({"number": number} for number, message, _ in _system_messages(request) if not _is_legal(message)), None
    )


def _is_legal(message: Body) -> bool:
    content = message["content"]
    return isinstance(content, str) or all(block.get("type") in _KINDS for block in content)


CHECKS: tuple[Check, ...] = (
    Check(
        "a system message without content",
        "messages.{number}: system content must contain at least one block",
        "assumed",
        _empty,
        "role:system",
    ),
    Check(
        "a system message of other blocks than text",
        "messages.{number}: role 'system' supports text, tool_addition, and tool_removal blocks only",
        "reported",
        _other_kinds,
        "role:system",
        citation="router-for-me/CLIProxyAPI internal/runtime/executor/claude_executor_cloaking.go, 3 Aug 2026",
    ),
    Check(
        "a system message that comes first",
        "messages.{number}: use the top-level 'system' parameter for the initial system prompt" + _ANYWHERE,
        "reported",
        _first,
        "role:system",
        citation="diegosouzapw/OmniRoute#10457",
    ),
    Check(
        "a system message after an answer",
        "messages.{number}: role 'system' must follow a 'user' message or an 'assistant' message ending in a server "
        "tool result" + _ANYWHERE,
        "reported",
        _find_after_assistant,
        "role:system",
        citation="tdavison784/context-runtime docs/probes",
    ),
    Check(
        "a system message before a question",
        "messages.{number}: role 'system' must precede an 'assistant' message or end the array" + _ANYWHERE,
        "reported",
        _find_before_user,
        "role:system",
        citation="anthropics/claude-code#73821",
    ),
)
"""System messages: their content, then their places."""
