"""Calls of the caller's tools and their results, by the turn in which each has to be.

In: the messages of a request, and its blocks `tool_use` and `tool_result`. Out: `Pairs`.
Knows nothing of what is refused. Messages of one role in a row are one turn, and those of the system are in none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api.body import Body

OF_MESSAGES = 4
"""The length of the path of a block that stands in a message, not in a tool result."""

Key: TypeAlias = tuple[int, str | None]
"""The turn in which a result is, or has to be, and the id of its call."""


class Pairs(NamedTuple):
    """Calls and results, and those of the results that come immediately after a turn that ends in calls."""

    calls: list[Key]
    results: list[Key]
    answers: set[Key]


def pairs(messages: list[Body], used: Iterable[tuple[Any, Body]], told: Iterable[tuple[Any, Body]]) -> Pairs:
    """Return what pairs with what. `used` and `told` are calls and results with their paths."""
    turns = _turns(messages)
    calls = [(turns[path[1]] + 1, block.get("id")) for path, block in used if len(path) == OF_MESSAGES]
    results = [(turns[path[1]], block.get("tool_use_id")) for path, block in told if len(path) == OF_MESSAGES]
    return Pairs(calls, results, _answers(messages, turns))


def _turns(messages: list[Body]) -> list[int]:
    turns, turn, last = [], -1, ""
    for message in messages:
        role = message["role"]
        if role != last and role != "system":
            turn, last = turn + 1, role
        turns.append(turn)
    return turns


def _answers(messages: list[Body], turns: list[int]) -> set[Key]:
    answers: set[Key] = set()
    over = -1
    for message, turn in zip(messages, turns, strict=True):
        role, content = message["role"], message["content"]
        if role == "assistant":
            over = turn + 1 if _ends_in_text(content) else -1
        elif role == "user" and turn != over:
            for block in _TALK if isinstance(content, str) else content:
                if block["type"] != "tool_result":
                    over = turn
                    break
                answers.add((turn, block.get("tool_use_id")))
    return answers


_TALK: list[Body] = [{"type": "text"}]
"""What a content that is a string stands for."""


def _ends_in_text(content: Any) -> bool:
    return isinstance(content, str) or bool(content and content[-1]["type"] == "text")
