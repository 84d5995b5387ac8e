"""The message of a stream is the one that the API sends without streaming."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest

from mockclaude.api.assemble import AssembledMessage, assemble
from mockclaude.api.events import MESSAGE_STOP, Event, event
from mockclaude.api.frames import split_frames
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.engine.deciding import call, send

CITATION = {
    "type": "char_location",
    "cited_text": "Hi",
    "document_index": 0,
    "start_char_index": 0,
    "end_char_index": 2,
}
STEPS = {
    "text": "It is sunny in Oslo.",
    "chunks": {"text": {"chunks": ["It is ", "sunny", "."]}},
    "citations": {"text": {"text": "Hi", "citations": [CITATION]}},
    "thinking": {"thinking": "Let me see."},
    "redacted thinking": {"redacted_thinking": "EmwK"},
    "tool": {"tool_use": {"name": "read", "input": {"page": 7, "names": ["a", {"b": None}]}}},
    "tool without input": {"tool_use": "read"},
    "server tool": {"server_tool": {"name": "web_search", "input": {"query": "Oslo"}, "result": []}},
    "compaction": {"block": {"type": "compaction", "content": "All of it.", "encrypted_content": "EmwK"}},
    "refusal": {"stop_reason": "refusal"},
}
START = event("message_start", {"message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 9}}})
TEXT = event("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}})


def answer(step: Any, *, stream: bool) -> bytes:
    text = json.dumps({"as_written": True, "validation": "off", "rules": [{"reply": [step, {"text": "!"}]}]})
    return send(ScenarioState(load_text(text)), call(stream=stream)).response.body


def delta(**change: Any) -> Event:
    return event("content_block_delta", {"index": 0, "delta": change})


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_the_message_of_a_stream_is_the_one_without_streaming(step: Any) -> None:
    whole = json.loads(answer(step, stream=False))
    assembled = assemble(split_frames(answer(step, stream=True)))

    assert assembled is not None
    for message in (whole, assembled.message):
        for part in (message, *message["content"]):
            part.pop("id", None)  # drawn from the whole request
            part.pop("tool_use_id", None)
            part.pop("signature", None)
    assert assembled == (whole, True)


def test_a_cut_stream_has_the_blocks_that_have_begun() -> None:
    assert assemble([START, TEXT, delta(type="text_delta", text="Hi")]) == AssembledMessage(
        {"id": "msg_1", "content": [{"type": "text", "text": "Hi"}], "usage": {"input_tokens": 9}}, is_complete=False
    )


def test_an_error_ends_the_message() -> None:
    assembled = assemble([START, event("error", {"error": {}}), TEXT, MESSAGE_STOP])

    assert assembled is not None
    assert (assembled.message["content"], assembled.is_complete) == ([], False)


def test_a_second_start_begins_the_message_anew() -> None:
    assembled = assemble([START, TEXT, MESSAGE_STOP, START])

    assert assembled is not None
    assert (assembled.message["content"], assembled.is_complete) == ([], False)


def test_the_input_of_a_cut_tool_call_keeps_its_text() -> None:
    tool = event(
        "content_block_start", {"index": 0, "content_block": {"type": "tool_use", "name": "read", "input": {}}}
    )
    assembled = assemble([START, tool, delta(type="input_json_delta", partial_json='{"page": 7, "na')])

    assert assembled is not None
    [block] = assembled.message["content"]
    assert (block["input"], block.partial_json) == ({"page": 7}, '{"page": 7, "na')


@pytest.mark.parametrize(
    "events",
    [
        [],
        [event("ping", {"type": "ping"})],
        [event("message_start", {})],
        [event("message_start", {"message": 7})],
        [event("message_start", None)],
        [START, TEXT, delta(type="text_delta")],
        [START, delta(type="text_delta", text="Hi")],
        [START, TEXT, event("content_block_delta", {"index": 0, "delta": []})],
        [START, event("message_delta", {"delta": {}, "usage": 3})],
    ],
)
def test_other_events_are_no_message(events: list[Event]) -> None:
    assert assemble(events) is None


@pytest.mark.parametrize(("kind", "field"), [("text_delta", "text"), ("input_json_delta", "partial_json")])
def test_the_time_grows_linearly_with_the_deltas(kind: str, field: str) -> None:
    deltas = [delta(type=kind, **{field: "7" * 1_000})] * 10_000
    begun = process_time()

    assert assemble([START, TEXT, *deltas]) is not None
    assert process_time() - begun < 1
