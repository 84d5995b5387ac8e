"""The tools that are available after a message have a greatest number and a greatest size."""

from __future__ import annotations

from typing import Any

import pytest

from mockclaude.api.checks.available_checks import CHECKS, MAX_BYTES, MAX_TOOLS
from tests.api.asking import QUESTION, asked, failures

SCHEMA = {"type": "object", "properties": {}}
DETAILS = {"error_code": "available_tools_limit_exceeded"}


def define(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "input_schema": SCHEMA, **more}


def add(*names: str, **more: Any) -> dict[str, Any]:
    tools = ({"type": "tool_definition", "definition": define(name, **more)} for name in names)
    return {"role": "system", "content": [{"type": "tool_addition", "tool": tool} for tool in tools]}


def change(kind: str, *names: str) -> dict[str, Any]:
    tools = ({"type": "tool_reference", "name": name} for name in names)
    return {"role": "system", "content": [{"type": kind, "tool": tool} for tool in tools]}


def excess(*messages: Any, tools: Any = None) -> list[str]:
    found = list(failures(CHECKS, asked(*messages, tools=tools)))

    assert all(failure.details == DETAILS for failure in found)
    return [failure.message.partition(" are available")[0] for failure in found[:1]]


NAMES = [f"tool_{number}" for number in range(MAX_TOOLS)]
DEFERRED = [define(name, defer_loading=True) for name in NAMES]
LARGE = "a" * (MAX_BYTES // 2 - 200)
TOO_LARGE = "a" * (MAX_BYTES // 2)


@pytest.mark.parametrize(
    ("messages", "tools", "expected"),
    [
        ([QUESTION], DEFERRED, []),
        ([QUESTION], [*DEFERRED, define("last")], []),
        (
            [QUESTION],
            [*DEFERRED, define("last", defer_loading=True)],
            [f"messages.0: more than {MAX_TOOLS} deferred tools"],
        ),
        ([QUESTION, add("last", defer_loading=True)], DEFERRED, [f"messages.1: more than {MAX_TOOLS} deferred tools"]),
        ([QUESTION, change("tool_removal", NAMES[0]), add("last", defer_loading=True)], DEFERRED, []),
        ([QUESTION, change("tool_addition", NAMES[0]), QUESTION], DEFERRED, []),
        ([QUESTION, add(*NAMES)], None, []),
        (
            [QUESTION, add(*NAMES), QUESTION, add("last")],
            None,
            [f"messages.3: more than {MAX_TOOLS} tools that are defined after the first user message"],
        ),
        ([QUESTION, add("a", "b", description=LARGE)], None, []),
        ([QUESTION, add("a", "a", "a", description=LARGE)], None, []),
        (
            [QUESTION, add("a", "b", description=TOO_LARGE)],
            None,
            [f"messages.1: more than {MAX_BYTES} bytes of tool definitions"],
        ),
        (
            [QUESTION, add("a", description=TOO_LARGE), change("tool_removal", "a"), add("b", description=TOO_LARGE)],
            None,
            [],
        ),
    ],
)
def test_tools_are_counted_after_each_message(messages: Any, tools: Any, expected: list[str]) -> None:
    assert excess(*messages, tools=tools) == expected
