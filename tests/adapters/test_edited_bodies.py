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

VALUES: list[Any] = [None, 1.5, 2**64 - 1, "text", [None], {"type": 1}]
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
}
IN_ERROR = ["type", "error", "error.type", "error.message"]
REPLY = [{"thinking": "Which?"}, "Text", {"tool_use": {"name": "f", "input": {"a": 1}}}]


def edits(selector: str, paths: list[str]) -> list[dict[str, Any]]:
    """Return faults that set each path to each value, or delete it."""
    changes: list[dict[str, Any]] = [{"set": {path: value}} for path, value in product(paths, VALUES)]
    deletions = [{"delete": path} for path in paths]
    return [{"edit": selector, **change} for change in (*changes, *deletions)]


EDITS = {
    False: edits("body", IN_BODY),
    True: [fault for name, paths in IN_EVENTS.items() for fault in edits(f"every {name}", paths)],
}
ERRORS = {False: edits("body", IN_ERROR), True: edits("error", IN_ERROR)}
"""Whether the response is a stream -> the edits of a message, and of an error."""


def fail(name: str, faults: list[Any], requests: int, *, stream: bool) -> list[str]:
    """Send requests to a rule with these faults. Return the exceptions in the server."""
    http, failed = DIALECTS[name].build_request(stream=stream, x_mockclaude_validation="off"), []
    rules = [{"reply": REPLY, "fault": faults}]
    state = ScenarioState(load_text(orjson.dumps({"rules": rules}).decode()))
    for _ in range(requests):
        try:
            encode(answer(http, state).response, http11=True)
        except Exception as error:
            failed.append(f"{faults}: {error!r}")
    return failed


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", DIALECTS)
def test_any_edit_of_a_message_is_translated(name: str, stream: bool) -> None:
    faults = EDITS[stream]
    assert fail(name, [{"script": faults}], len(faults), stream=stream) == []


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", DIALECTS)
def test_any_edit_of_an_error_is_translated(name: str, stream: bool) -> None:
    error = {"error": "overloaded_error", **({"after": "text_delta"} if stream else {})}
    assert [failed for fault in ERRORS[stream] for failed in fail(name, [error, fault], 1, stream=stream)] == []
