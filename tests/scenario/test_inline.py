"""Rules that are given as data are checked like those of a file, whatever Python objects they hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading import inline


def mistake(rule: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        inline.compile_rules(rule, "t.py:1")
    (found,) = caught.value.diagnostics
    return str(found)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("\ud83d", "str is not valid UTF-8: surrogates not allowed"),
        (2**64, "Integer exceeds 64-bit range"),
        ({1}, "Type is not JSON serializable: set"),
        (b"x", "Type is not JSON serializable: bytes"),
        (date(2026, 1, 1), "Type is not JSON serializable: datetime.date"),
        ({1: 2}, "Dict key must be str"),
    ],
)
def test_what_json_cannot_carry_is_a_mistake(value: Any, problem: str) -> None:
    for rule in ({"reply": {"json": value}}, {"reply": "x", "when": {"body": {"a": value}}}):
        assert mistake(rule) == f"t.py:1: invalid data ({problem}); expected JSON data"


def test_a_python_list_of_another_type_is_described() -> None:
    assert mistake({"reply": "x", "when": ("user", "a")}) == (
        "t.py:1 (when): invalid value, got a Python tuple; expected a mapping, e.g. `{user: Hello}`"
    )


def test_three_events_are_not_swapped() -> None:
    assert mistake({"reply": "x", "fault": {"swap": ["ping", "ping", "ping"]}}) == (
        "t.py:1 (fault.swap): wrong number of items, got 3; expected at most 2"
    )
