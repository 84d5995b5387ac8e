"""Requests to chat completions, and the chunks of their streams."""

from __future__ import annotations

from typing import Any

import orjson

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.serving import Received, http_request, received, script_of

CLIENT = {"authorization": "Bearer mock", "content-type": "application/json"}
USAGE = {"include_usage": True}

TOOLS = [
    {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}},
    {"type": "function", "function": {"name": "now"}},
]
FUNCTIONS = [tool["function"] for tool in TOOLS]


def chat(text: str = "Hello", **fields: Any) -> dict[str, Any]:
    """Return the body of a chat; None as a field leaves it out."""
    body = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": text}], **fields}
    return {name: value for name, value in body.items() if value is not None}


def send(scenario: str | ScenarioState, body: Any, path: str = "/v1/chat/completions", **headers: str) -> Received:
    """Return the response to a body."""
    state = ScenarioState(load_text(scenario)) if isinstance(scenario, str) else scenario
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    http = http_request("POST", path, {}, {**CLIENT, **headers}, data)
    return received(b"".join(send.data for send in script_of(answer(http, state)).sends))


def read_chunks(body: bytes) -> list[Any]:
    """Return the data of the events of a stream, which have no other lines."""
    events = body.decode().split("\n\n")
    assert events.pop() == ""
    assert all(event.startswith("data: ") and "\n" not in event for event in events)
    return [text if text == "[DONE]" else orjson.loads(text) for text in (event[6:] for event in events)]
