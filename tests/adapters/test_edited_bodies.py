"""A fault can edit every value of a response: no adapter expects a value to be there, or to have its type."""

from __future__ import annotations

from itertools import product
from typing import Any

import orjson
import pytest

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.encode import encode
from tests.adapters.dialects import DIALECTS

pytestmark = pytest.mark.slow

VALUES: list[Any] = [None, 0, -1.5, True, "text", [], [None], {}, {"type": 1}]
IN_BLOCK = ("type", "text", "id", "name", "input", "thinking", "signature")
IN_USAGE = ("input_tokens", "output_tokens", "cache_read_input_tokens", "output_tokens_details", "cache_creation")
IN_BODY = [
    *("type", "id", "model", "role", "stop_reason", "stop_sequence", "content", "content.0", "usage"),
    *(f"content.{number}.{key}" for number in range(3) for key in IN_BLOCK),
    *(f"usage.{key}" for key in IN_USAGE),
]
IN_EVENTS = {
    "message_start": ["type", "message", "message.id", "message.model", "message.usage"]
    + [f"message.usage.{key}" for key in IN_USAGE],
    "content_block_start": ["type", "index", "content_block", *(f"content_block.{key}" for key in IN_BLOCK)],
    "content_block_delta": ["type", "index", "delta", *(f"delta.{key}" for key in (*IN_BLOCK, "partial_json"))],
    "content_block_stop": ["type", "index"],
    "message_delta": ["type", "delta", "delta.stop_reason", "delta.stop_sequence", "usage"]
    + [f"usage.{key}" for key in IN_USAGE],
    "message_stop": ["type"],
    "error": ["type", "error", "error.type", "error.message"],
}
REPLY = [{"thinking": "Which?"}, "Text", {"tool_use": {"name": "f", "input": {"a": 1}}}]


def edits(selector: str, paths: list[str]) -> list[dict[str, Any]]:
    """Return faults that set each path to each value, or delete it."""
    changes = [{"set": {path: value}} for path, value in product(paths, VALUES)]
    return [{"edit": selector, **change} for change in [*changes, *({"delete": path} for path in paths)]]


ERROR = {"error": {"type": "overloaded_error", "details": {"a": 1}}}
FAULTS: dict[bool, list[list[dict[str, Any]]]] = {
    False: [[fault] for fault in edits("body", IN_BODY)]
    + [[ERROR, fault] for fault in edits("body", IN_EVENTS["error"])],
    True: [[fault] for name, paths in IN_EVENTS.items() if name != "error" for fault in edits(f"every {name}", paths)]
    + [[{**ERROR, "after": "text_delta"}, fault] for fault in edits("error", IN_EVENTS["error"])],
}
"""Whether the response is a stream -> the faults of a response."""


def load(faults: list[dict[str, Any]]) -> ScenarioState:
    return ScenarioState(load_text(orjson.dumps({"rules": [{"reply": REPLY, "fault": faults}]}).decode()))


@pytest.fixture(scope="module")
def states() -> dict[bool, list[tuple[list[dict[str, Any]], ScenarioState]]]:
    """The faults, each with the state of a scenario that has them."""
    return {stream: [(faults, load(faults)) for faults in every] for stream, every in FAULTS.items()}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", DIALECTS)
def test_any_edit_of_a_body_is_translated(
    name: str, stream: bool, states: dict[bool, list[tuple[list[dict[str, Any]], ScenarioState]]]
) -> None:
    http, failed = DIALECTS[name].build_request(stream=stream, x_mockclaude_validation="off"), []
    for faults, state in states[stream]:
        try:
            encode(answer(http, state).response, http11=True)
        except Exception as error:
            failed.append((type(error).__name__, str(error), faults[-1]))

    assert failed == []
