"""Paths in errors: the API counts them after it has merged consecutive messages of one role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from mockclaude.api.body import Body

Path: TypeAlias = tuple[Any, ...]

_MERGED_ROLES = ("user", "assistant")


def merge_path(messages: Sequence[Body], path: Path) -> Path:
    """Return the path of a message, or of a part of it, after the merge.

    Any other path is returned unchanged.
    """
    return merge_paths(messages, [path])[0]


def merge_paths(messages: Sequence[Body], paths: Sequence[Path]) -> list[Path]:
    """Return paths after the merge. The messages are walked once."""
    last = max((path[1] for path in paths if _is_of_message(path)), default=-1)
    places = list(_find_places(messages[: last + 1]))
    return [_move(path, *places[path[1]]) if _is_of_message(path) else path for path in paths]


def _is_of_message(path: Path) -> bool:
    return len(path) > 1 and path[0] == "messages"


def _move(path: Path, merged: int, before: int) -> Path:
    rest = path[2:]
    if len(rest) > 1:
        rest = (rest[0], before + rest[1], *rest[2:])
    return ("messages", merged, *rest)


def _find_places(messages: Sequence[Body]) -> Iterator[tuple[int, int]]:
    """Yield for each message the number of its merged message, and the blocks of that before its own."""
    merged, before, last = -1, 0, None
    for message in messages:
        if last is not None and last["role"] == message["role"] and message["role"] in _MERGED_ROLES:
            before += _count_blocks(last["content"])
        else:
            merged, before = merged + 1, 0
        yield merged, before
        last = message


def _count_blocks(content: str | Sequence[Body]) -> int:
    return 1 if isinstance(content, str) else len(content)
