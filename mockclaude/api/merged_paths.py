"""Paths in errors: the API counts them after it has merged consecutive messages of one role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockclaude.api.body import Body

_MERGED_ROLES = ("user", "assistant")


def merge_path(messages: Sequence[Body], path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the path of a message, or of a part of it, after the merge.

    Any other path is returned unchanged.
    """
    if len(path) < 2 or path[0] != "messages":
        return path
    begin, merged = path[1], path[1]
    for number in range(path[1], 0, -1):
        if not _is_continued(messages[number - 1], messages[number]):
            continue
        merged -= 1
        if begin == number:
            begin -= 1
    rest = path[2:]
    if len(rest) > 1:
        before = sum(_count_blocks(message["content"]) for message in messages[begin : path[1]])
        rest = (rest[0], before + rest[1], *rest[2:])
    return ("messages", merged, *rest)


def _is_continued(message: Body, following: Body) -> bool:
    return message["role"] == following["role"] and message["role"] in _MERGED_ROLES


def _count_blocks(content: str | Sequence[Body]) -> int:
    return 1 if isinstance(content, str) else len(content)
