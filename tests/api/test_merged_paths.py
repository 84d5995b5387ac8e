"""The API merges consecutive messages of one role, and counts the paths of its errors afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.merged_paths import merge_path
from tests.scenario.talk import assistant, text, user

SYSTEM = {"role": "system", "content": "later"}
TALK = [
    user(text("a"), text("b")),
    {"role": "user", "content": "c"},
    user(text("d")),
    assistant("e"),
    assistant("f"),
    SYSTEM,
    SYSTEM,
    user(text("g")),
]


@pytest.mark.parametrize(
    ("path", "merged"),
    [
        (("messages", 0, "content", 1), ("messages", 0, "content", 1)),
        (("messages", 1), ("messages", 0)),
        (("messages", 2, "content", 0), ("messages", 0, "content", 3)),
        (
            ("messages", 2, "content", 0, "tool_result", "content", 4),
            ("messages", 0, "content", 3, "tool_result", "content", 4),
        ),
        (("messages", 3, "content"), ("messages", 1, "content")),
        (("messages", 4, "content", 0, "text"), ("messages", 1, "content", 1, "text")),
        (("messages", 6), ("messages", 3)),
        (("messages", 7, "content", 0), ("messages", 4, "content", 0)),
        (("tools", 1), ("tools", 1)),
        (("messages",), ("messages",)),
        ((), ()),
    ],
)
def test_a_path_is_counted_after_the_merge(path: tuple[Any, ...], merged: tuple[Any, ...]) -> None:
    assert merge_path(TALK, path) == merged


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant", "system"]), st.integers(1, 3)), min_size=1))
def test_each_block_of_a_request_has_a_path_of_its_own_in_the_same_order(talk: list[tuple[str, int]]) -> None:
    messages = [{"role": role, "content": [text("x")] * count} for role, count in talk]
    paths = [("messages", number, "content", index) for number, (_, count) in enumerate(talk) for index in range(count)]

    merged = [merge_path(messages, path) for path in paths]

    assert sorted(set(merged)) == merged
