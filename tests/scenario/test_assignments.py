"""A header says in one line what a file says as a mapping."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.scenario.format.assignments import parse_assignments


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (" opus ", "opus"),
        ("a=1; b = two ;", {"a": 1, "b": "two"}),
        ("a=1, b=2", {"a": "1, b=2"}),
        ("a={}", {"a": {}}),
        ('{"a": 1}', {"a": 1}),
        ('["a", "b"]', ["a", "b"]),
        ("", ""),
    ],
)
def test_a_line_is_a_word_or_keys_and_values_or_json(text: str, data: Any) -> None:
    assert parse_assignments(text) == data


def test_what_stands_between_can_be_another_character() -> None:
    assert parse_assignments("a=1, b=2; c=3", ",;") == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("text", ["{", "[1"])
def test_what_begins_as_json_must_be_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid JSON \("):
        parse_assignments(text)
