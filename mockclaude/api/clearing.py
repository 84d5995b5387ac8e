"""Clear thinking and tool results from a prompt, in copies of its messages.

Source: Anthropic's documentation of context editing. Supposed: an excluded tool does not count for `keep`, the inputs
become `{}`, and the text in place of a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from mockclaude.api.body import Body
from mockclaude.api.request import MessagesRequest

PLACEHOLDER = "[This tool result was cleared.]"
"""The content of a cleared tool result."""

_TRIGGER_TOKENS = 100_000
_KEPT_USES = 3

Default = TypeVar("Default", int, None)

_THINKING = ("thinking", "redacted_thinking")
_USES = ("tool_use", "server_tool_use", "mcp_tool_use")


class Cleared(NamedTuple):
    """Messages without the cleared content.

    Attributes:
        messages: The messages.
        amount: The number of turns or tool uses that lost content.
        at_least: The input tokens that the edit must free, or it is not applied.
    """

    messages: list[Body]
    amount: int
    at_least: int = 0


class _ToolUse(NamedTuple):
    """A tool use with a result, and the position of both: a message and a block."""

    name: str
    call: tuple[int, int]
    result: tuple[int, int]


def list_blocks(message: Body) -> Sequence[Body]:
    """Return the blocks of a message; none for a string."""
    content: str | list[Body] = message["content"]
    return () if isinstance(content, str) else content


def read_value(setting: Any, default: Default) -> int | Default:
    """Return the `value` of a setting; `default` without a number."""
    value = setting.get("value") if isinstance(setting, dict) else None
    return value if isinstance(value, int) else default


def clear_thinking(request: MessagesRequest, edit: Body) -> Cleared | None:
    """Clear the thinking of all turns but the last ones; None if they are all kept."""
    kept = _count_kept_turns(request, edit)
    if kept is None:
        return None
    turns = _number_thinking_turns(_messages_of(request))
    last = sorted(set(turns.values()))
    old = set(last[: max(0, len(last) - kept)])
    if not old:
        return None
    messages = list(_messages_of(request))
    for number, turn in turns.items():
        if turn in old:
            message = messages[number]
            content = [block for block in list_blocks(message) if block["type"] not in _THINKING]
            messages[number] = {**message, "content": content}
    return Cleared(messages, len(old))


def _messages_of(request: MessagesRequest) -> list[Body]:
    return request.messages if request.prompt is None else request.prompt.messages


def _count_kept_turns(request: MessagesRequest, edit: Body) -> int | None:
    """Return how many turns keep their thinking; None for all."""
    keep = edit.get("keep")
    if keep is None:
        return None if request.constants.keeps_thinking else 1
    return read_value(keep, None)


def _number_thinking_turns(messages: Sequence[Body]) -> dict[int, int]:
    """Return the turn of each message with thinking. The user begins a turn, unless with tool results only."""
    turns: dict[int, int] = {}
    turn = 0
    for number, message in enumerate(messages):
        kinds = [block["type"] for block in list_blocks(message)]
        if message["role"] == "user":
            turn += not kinds or set(kinds) != {"tool_result"}
        elif message["role"] == "assistant" and not set(_THINKING).isdisjoint(kinds):
            turns[number] = turn
    return turns


def clear_tool_uses(request: MessagesRequest, edit: Body) -> Cleared | None:
    """Clear the oldest tool results; None if none is cleared."""
    trigger, messages = edit.get("trigger"), _messages_of(request)
    value = read_value(trigger, _TRIGGER_TOKENS)
    is_by_uses = isinstance(trigger, dict) and trigger.get("type") == "tool_uses"
    if not is_by_uses and request.input_tokens <= value:
        return None
    uses, count = _find_tool_uses(messages)
    if is_by_uses and count <= value:
        return None
    excluded = _list_names(edit.get("exclude_tools"))
    candidates = [use for use in uses if use.name not in excluded]
    cleared = candidates[: max(0, len(candidates) - read_value(edit.get("keep"), _KEPT_USES))]
    if not cleared:
        return None
    changes: dict[tuple[int, int], Mapping[str, Any]] = {use.result: _CLEARED_RESULT for use in cleared}
    inputs = edit.get("clear_tool_inputs")
    names = _list_names(inputs)
    changes.update({use.call: {"input": {}} for use in cleared if inputs is True or use.name in names})
    at_least = read_value(edit.get("clear_at_least"), 1)
    return Cleared(_change_blocks(messages, changes), len(cleared), max(1, at_least))


_CLEARED_RESULT = {"type": "tool_result", "content": PLACEHOLDER}


def _list_names(value: Any) -> frozenset[str]:
    return frozenset(name for name in value if isinstance(name, str)) if isinstance(value, list) else frozenset()


def _find_tool_uses(messages: Sequence[Body]) -> tuple[list[_ToolUse], int]:
    """Return the tool uses with a result, in the order of the calls, and the number of all tool uses."""
    calls: list[tuple[str, tuple[int, int]]] = []
    results: dict[int, tuple[int, int]] = {}
    latest: dict[str, int] = {}
    for number, message in enumerate(messages):
        for index, block in enumerate(list_blocks(message)):
            if block["type"] in _USES:
                latest[block.get("id", "")] = len(calls)
                calls.append((block.get("name", ""), (number, index)))
            elif block["type"].endswith("tool_result"):
                call = latest.get(block.get("tool_use_id", ""))
                if call is not None:
                    results.setdefault(call, (number, index))
    uses = [_ToolUse(*call, results[index]) for index, call in enumerate(calls) if index in results]
    return uses, len(calls)


def _change_blocks(messages: Sequence[Body], changes: Mapping[tuple[int, int], Mapping[str, Any]]) -> list[Body]:
    """Return the messages with changed fields of some blocks."""
    changed, numbers = list(messages), {number for number, _ in changes}
    for number in numbers:
        blocks = enumerate(list_blocks(messages[number]))
        content = [{**block, **changes.get((number, index), {})} for index, block in blocks]
        changed[number] = {**messages[number], "content": content}
    return changed


CLEARING: Mapping[str, tuple[Callable[[MessagesRequest, Body], Cleared | None], str]] = {
    "clear_thinking_20251015": (clear_thinking, "cleared_thinking_turns"),
    "clear_tool_uses_20250919": (clear_tool_uses, "cleared_tool_uses"),
}
"""Edit -> its function, and the key of the number that it reports."""
