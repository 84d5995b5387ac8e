"""Whatever the type of a value in a request: it is answered or refused in every mode, and never an internal error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from multidict import CIMultiDict

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import CLIENT, http_request

RULES = "rules: [{when: {tools: [get]}, reply: 'Hi ${{ user }}!'}, {reply: [{thinking: Hm.}, {tool_use: get}]}]"
CACHED: dict[str, Any] = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
TEXT: dict[str, Any] = {"type": "text", "text": "a", **CACHED}
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "a"}, "title": "a"}
USED = [
    {"type": "thinking", "thinking": "a", "signature": "b"},
    {"type": "compaction", "content": "a", "signature": "b"},
    {"type": "tool_use", "id": "t", "name": "get", "input": {}},
]
RESULT = {"type": "tool_result", "tool_use_id": "t", "content": [TEXT, IMAGE], "is_error": False}
SETTINGS: dict[str, Any] = {
    "system": [TEXT],
    "tools": [{"name": "get", "input_schema": {"type": "object", "properties": {"a": {"type": "string"}}}, **CACHED}],
    "tool_choice": {"type": "tool", "name": "get"},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "metadata": {"user_id": "a"},
    "stop_sequences": ["a"],
    "temperature": 1,
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "diagnostics": {"previous_message_id": "msg_1"},
    "context_management": {
        "edits": [
            {"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 1}},
            {
                "type": "clear_tool_uses_20250919",
                "keep": {"type": "tool_uses", "value": 1},
                "clear_tool_inputs": ["get"],
            },
            {"type": "compact_20260112", "trigger": {"type": "input_tokens", "value": 1}},
        ]
    },
    "compaction": {"type": "summarize", "instructions": "a"},
    "container": {"id": "a", "skills": [{"type": "anthropic", "skill_id": "pdf"}]},
    "mcp_servers": [{"type": "url", "url": "https://example.com", "name": "a"}],
    "stream": True,
}
ASKED = [{"role": "user", "content": [TEXT, IMAGE, DOCUMENT]}, {"role": "assistant", "content": USED}]
BODY = {"model": "claude-sonnet-4-5", "max_tokens": 4096, "messages": [*ASKED, {"role": "user", "content": [RESULT]}]}
ODD = [{}, [], 1, -1.5, "x", "", None, True, [{}], {"type": {}}, {"type": "text", "text": []}]


def replaced(value: Any, odd: Any) -> Iterator[Any]:
    """Yield copies of `value`, each with `odd` in place of one value in it."""
    yield odd
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in replaced(item, odd))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in replaced(item, odd))


def odd_bodies(odd: Any) -> Iterator[dict[str, Any]]:
    yield from ({**BODY, "messages": messages} for messages in replaced(BODY["messages"], odd))
    for name, setting in SETTINGS.items():
        yield from ({**BODY, name: changed} for changed in replaced(setting, odd))


@pytest.mark.parametrize("mode", ["anthropic", "gateway"])
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_a_request_with_an_odd_value_is_answered_or_refused(odd: Any, mode: str) -> None:
    state = ScenarioState(load_text(f"validation: {mode}\n{RULES}"))

    for body in odd_bodies(odd):
        request = http_request("POST", "/v1/messages", {}, CIMultiDict(CLIENT), orjson.dumps(body))
        assert answer(request, state).response.status in (200, 400, 404, 410), body


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_without_validation_only_a_request_without_a_message_is_refused(odd: Any) -> None:
    state = ScenarioState(load_text(f"validation: off\n{RULES}"))

    for body in odd_bodies(odd):
        request = http_request("POST", "/v1/messages", {}, CIMultiDict(CLIENT), orjson.dumps(body))
        assert answer(request, state).response.status == 200 or not is_list_of_messages(body["messages"]), body


def is_list_of_messages(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) and {"role", "content"} <= {*item} for item in value)
