"""Tool calls and their results, by turn.

Consecutive messages of one role are one turn. System messages belong to no turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.body import Body

OF_MESSAGES = 4
"""The length of the path of a block in a message. Blocks in tool results have longer paths."""

Key: TypeAlias = tuple[int, str | None]
"""The turn of a result, or the required turn, and the id of its call."""


class ToolCallPairs(NamedTuple):
    """Tool calls, tool results, and the results that begin the turn after calls."""

    calls: list[Key]
    results: list[Key]
    answers: set[Key]


def pair_tool_calls(
    messages: list[Body], calls: Iterable[tuple[Any, Body]], results: Iterable[tuple[Any, Body]]
) -> ToolCallPairs:
    """Assign `calls` and `results`, each with its path, to the turns of `messages`."""
    turns, answers = _find_turns(messages)
    return ToolCallPairs(
        [(turns[path[1]] + 1, block.get("id")) for path, block in calls if len(path) == OF_MESSAGES],
        [(turns[path[1]], block.get("tool_use_id")) for path, block in results if len(path) == OF_MESSAGES],
        answers,
    )


def _find_turns(messages: list[Body]) -> tuple[list[int], set[Key]]:
    """Return the turn of each message, and the results that begin the turn after calls."""
    turns: list[int] = []
    answers: set[Key] = set()
    turn, last, over = -1, "", -1
    for message in messages:
        role, content = message["role"], message["content"]
        if role != last and role != "system":
            turn, last = turn + 1, role
        turns.append(turn)
        if role == "assistant":
            over = turn + 1 if isinstance(content, str) or (content and content[-1]["type"] == "text") else -1
        elif role == "user" and turn != over:
            for block in _TEXT if isinstance(content, str) else content:
                if block["type"] != "tool_result":
                    over = turn
                    break
                answers.add((turn, block.get("tool_use_id")))
    return turns, answers


_TEXT: list[Body] = [{"type": "text"}]
"""The blocks of a content that is a string."""
