"""Where a reply does not fit its request, a note says so."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.reply.mismatches import find_mismatches
from tests.api.asking import WEATHER, body

NAME = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
FORMAT = {"format": {"type": "json_schema", "schema": NAME}}
BROKEN = {"name": "odd", "input_schema": {"type": "object", "$ref": "#/missing"}}


def use(name: str = "get_weather", **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments or {"city": "Paris"}}


def text(written: str = "Hi") -> dict[str, Any]:
    return {"type": "text", "text": written}


ENABLED = {"type": "enabled", "budget_tokens": 1024}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "signed"}
RETURNED = [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1"}]}]


@pytest.mark.parametrize(
    ("fields", "content", "notes"),
    [
        ({}, [text()], []),
        ({"tools": [WEATHER]}, [use()], []),
        ({"tools": [WEATHER], "tool_choice": {"type": "any"}}, [use()], []),
        (
            {"tools": [BROKEN]},
            [use("odd")],
            ["the input of the tool 'odd' was not checked against its input_schema: `$ref` #/missing is not followed"],
        ),
        ({"tools": [{"name": "any", "input_schema": None}]}, [use("any")], []),
        ({"tools": [{"type": "computer_toolset_20260801"}]}, [use("left_click")], []),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, [use("bash")], []),
        ({}, [use()], ["the tool 'get_weather' was not offered"]),
        (
            {"tools": [WEATHER], "thinking": ENABLED},
            [use()],
            ["thinking is enabled, but the reply calls a tool without thinking"],
        ),
        ({"tools": [WEATHER], "thinking": ENABLED}, [THOUGHT, use()], []),
        ({"tools": [WEATHER], "thinking": ENABLED, "messages": RETURNED}, [use()], []),
        (
            {"tools": [WEATHER]},
            [use(city=5)],
            ["the input of the tool 'get_weather' does not fit its input_schema: 5 is not of type \"string\" at /city"],
        ),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "none"}},
            [use()],
            ["tool_choice is none, but the reply uses a tool"],
        ),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "get_weather"}},
            [text()],
            ["tool_choice is tool, but the reply uses no tool"],
        ),
        (
            {"tools": [WEATHER], "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
            [use(), use()],
            ["disable_parallel_tool_use is set, but the reply uses 2 tools"],
        ),
        ({"output_config": FORMAT}, [{"type": "thinking"}, text('{"name": "Ada"}')], []),
        ({"output_config": FORMAT}, [text()], ["the reply does not fit output_config.format: the text is not JSON"]),
        (
            {"output_config": FORMAT},
            [text("{}")],
            ['the reply does not fit output_config.format: "name" is a required property'],
        ),
        ({"output_config": FORMAT, "tools": [WEATHER]}, [text(), use()], []),
        (
            {"thinking": {"type": "disabled"}},
            [{"type": "thinking"}, text()],
            ["thinking is disabled, but the reply thinks"],
        ),
        ({"thinking": {"type": "adaptive"}}, [{"type": "thinking"}, text()], []),
    ],
)
def test_mismatch_has_a_note(fields: dict[str, Any], content: list[Any], notes: list[str]) -> None:
    assert list(find_mismatches(body(**fields), content)) == notes
