"""Recorded replies as readable steps: the steps compose to the recorded values, or the difference is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply.readable_reply import compare_values, find_differences, to_readable_reply
from mockclaude.reply.response import End
from mockclaude.scenario.format.respond import Respond
from mockclaude.scenario.format.steps import StepModel
from mockclaude.scenario.loading.inline import compile_rules
from mockclaude.scenario.loading.loader import load, load_text
from mockclaude.scenario.recorded_reply import RecordedReply, compile_recorded
from mockclaude.scenario.recording.step_forms import list_losses
from mockclaude.scenario.rules import Rule
from tests.engine.deciding import call

SHIPPED = sorted(Path("scenarios").glob("*.yaml"))
USAGE = {"input_tokens": 601, "output_tokens": 38}
MESSAGE: dict[str, Any] = {
    "id": "msg_01Tide",
    "type": "message",
    "role": "assistant",
    "model": "claude-tide-1",
    "content": [{"type": "text", "text": "At ${{ user }} and $${{ 14:10."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "usage": USAGE,
}
MESSAGE_BYTES = json.dumps(MESSAGE).replace(", ", ",").replace(": ", ":").encode()
TOOL = {"type": "tool_use", "id": "toolu_01", "name": "get_tide", "input": {}}


def recorded(*events: Any, ending: str = "", **keys: Any) -> RecordedReply:
    """Return a recorded stream, or with `body` another body."""
    stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)[:-1]}  }}\n\n" for event in events)
    kind = {"content-type": "text/event-stream"} if events else {}
    written = Respond.model_validate({"headers": {**kind, "request-id": "req_01"}, "body": stream, **keys})
    last = {"pause": ending} if ending == "forever" else {"disconnect": ending}
    after = [StepModel.model_validate(last)] if ending else []
    return compile_recorded([StepModel(respond=written), *after], keeps_form=False)


def start(**fields: Any) -> dict[str, Any]:
    usage = {**USAGE, "output_tokens": 7}
    return {
        "type": "message_start",
        "message": {**MESSAGE, "content": [], "stop_reason": None, "usage": usage, **fields},
    }


def block(index: int, block: Any, *deltas: Any, stop: bool = True) -> Iterator[dict[str, Any]]:
    yield {"type": "content_block_start", "index": index, "content_block": block}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    if stop:
        yield {"type": "content_block_stop", "index": index}


def text(text: str) -> dict[str, Any]:
    return {"type": "text_delta", "text": text}


def json_delta(text: str) -> dict[str, Any]:
    return {"type": "input_json_delta", "partial_json": text}


def end(reason: str = "end_turn", **more: Any) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None, "stop_details": None}
    return [{"type": "message_delta", "delta": delta, "usage": USAGE, **more}, {"type": "message_stop"}]


HELLO = list(block(0, {"type": "text", "text": ""}, text("Hel"), text("lo")))
PING = {"type": "ping"}
ERROR: dict[str, Any] = {
    "type": "error",
    "error": {"type": "overloaded_error", "message": "Overloaded", "details": None},
    "request_id": "req_01",
}

REPLIES: dict[str, tuple[RecordedReply, Any]] = {
    "text": (recorded(start(), PING, *HELLO, PING, *end()), {"text": "Hello"}),
    "JSON": (recorded(body=MESSAGE), {"text": "At $${{ user }} and $$${{ 14:10."}),
    "without stop_details": (
        recorded(body={key: value for key, value in MESSAGE.items() if key != "stop_details"}),
        None,
    ),
    "tool call": (
        recorded(
            start(),
            *block(0, {**TOOL, "caller": {"type": "direct"}}, json_delta('{"a": '), json_delta("1}")),
            *end("tool_use"),
        ),
        {"tool_use": {"name": "get_tide", "input": {"a": 1}, "id": "toolu_01"}},
    ),
    "tool call in its set": (
        recorded(body={**MESSAGE, "content": [{**TOOL, "caller": {"type": "x"}, "toolset_name": "tides"}]}),
        {
            "tool_use": {
                "name": "get_tide",
                "input": {},
                "id": "toolu_01",
                "caller": {"type": "x"},
                "toolset_name": "tides",
            }
        },
    ),
    "broken tool call": (
        recorded(
            start(), *block(0, {**TOOL, "caller": {"type": "direct"}}, json_delta('{"a": "x')), *end("max_tokens")
        ),
        {"tool_use": {"name": "get_tide", "json": '{"a": "x', "id": "toolu_01"}},
    ),
    "refusal": (
        recorded(
            body={
                **MESSAGE,
                "content": [],
                "stop_reason": "refusal",
                "stop_details": {"type": "refusal", "category": "bio", "explanation": None},
            }
        ),
        {"stop_reason": {"type": "refusal", "category": "bio"}},
    ),
    "stop sequence": (
        recorded(body={**MESSAGE, "stop_reason": "stop_sequence", "stop_sequence": "14"}),
        {"text": "At $${{ user }} and $$${{ 14:10."},
    ),
    "new stop reason": (
        recorded(body={**MESSAGE, "stop_reason": "tide"}),
        {"text": "At $${{ user }} and $$${{ 14:10."},
    ),
    "own details": (
        recorded(body={**MESSAGE, "stop_details": {"type": "tide"}}),
        {"text": "At $${{ user }} and $$${{ 14:10."},
    ),
    "container": (
        recorded(body={**MESSAGE, "container": {"id": "container_01"}, "context_management": None}),
        {"text": "At $${{ user }} and $$${{ 14:10."},
    ),
    "error": (
        recorded(
            body={**ERROR, "error": {**ERROR["error"], "details": {"a": 1}}}, status=529, headers={"retry-after": "9"}
        ),
        {
            "error": {
                "type": "overloaded_error",
                "message": "Overloaded",
                "details": {"a": 1},
                "headers": {"retry-after": "9"},
            }
        },
    ),
    "error of a proxy": (
        recorded(body={"type": "error", "error": {"type": "tide", "message": "Low"}}, status=599, headers={}),
        {"error": {"type": "tide", "message": "Low", "status": 599}},
    ),
    "error in a stream": (recorded(start(), *HELLO[:-1], ERROR), {"text": "Hello"}),
    "cut": (recorded(start(), *HELLO[:-1], ending="close"), {"text": "Hello"}),
    "reset": (recorded(start(), *HELLO[:-1], ending="reset"), {"text": "Hello"}),
    "clean end": (recorded(start(), *HELLO[:-1]), {"text": "Hello"}),
    "silence": (recorded(start(), *HELLO[:-1], ending="forever"), {"text": "Hello"}),
}


@pytest.mark.parametrize("name", REPLIES)
def test_steps_have_the_recorded_values(name: str) -> None:
    reply, first = REPLIES[name]
    readable = to_readable_reply(reply)

    assert (readable.differences, readable.steps[0]) == ((), first or readable.steps[0])


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_replies_of_shipped_scenarios_have_steps(file: Path, stream: bool) -> None:
    replies = [(rule, reply) for rule in load([file]).rules for reply in rule.replies]
    kept = [_record(file, replace(rule, replies=(reply,)), stream=stream) for rule, reply in replies]
    readable = [to_readable_reply(reply) for reply in kept if reply.body]

    assert all(reply.steps for reply in readable)
    assert {
        difference for reply in readable for difference in reply.differences if "input_tokens" not in difference
    } == set()


def _record(file: Path, rule: Rule, *, stream: bool) -> RecordedReply:
    """Return the reply of a rule, as a recorder receives it."""
    alone = replace(rule, conditions=(), weights=None, by_turn=False, faults=(), times=None)
    state = ScenarioState(load([file])._replace(rules=(alone,), limits=(), chaos=()))
    response = answer(call(stream=stream, max_tokens=4_000), state).response
    ending = "" if response.complete else "forever" if response.end is End.HANG else response.end.name.lower()
    kind = {"content-type": "text/event-stream"} if response.is_stream else {}
    return RecordedReply(response.status, kind, response.data, None, True, ending)


LOST = [
    (
        REPLIES["text"][0],
        ["the cuts of 2 deltas", "the padding of 9 events", "the place of 2 pings", "the headers request-id"],
    ),
    (REPLIES["JSON"][0], ["the headers request-id"]),
    (REPLIES["error"][0], []),
    (
        recorded(*block(0, TOOL, json_delta('{"a": 1}'))),
        ["the cuts of 1 delta", "the padding of 3 events", "the headers request-id"],
    ),
    (
        REPLIES["tool call"][0],
        [
            "the cuts of 2 deltas",
            "the padding of 7 events",
            "the spaces in the JSON of 1 tool input",
            "the headers request-id",
        ],
    ),
    (recorded(body=MESSAGE, headers={}, pace={"ttft": "1s", "gaps": ["1s", "2s"]}), ["the times of 2 events"]),
]


@pytest.mark.parametrize(("reply", "lost"), LOST)
def test_what_is_lost_is_listed(reply: RecordedReply, lost: list[str]) -> None:
    assert [loss.text for loss in list_losses(reply)] == lost


DIFFERENT = [
    (
        recorded(start(), *block(0, {"type": "text", "text": ""}, text("Hi")), ending="close"),
        "content_block_stop becomes nothing",
    ),
    (recorded(start(), *end(), ERROR), "status: 200 becomes 529"),
    (recorded(body={**MESSAGE, "usage": None}), "usage: null becomes"),
    (recorded(body={key: MESSAGE[key] for key in ("id", "content", "model", "usage")}), "type: nothing becomes"),
    (
        recorded(start(usage={**USAGE, "input_tokens": 9}), *HELLO, *end()),
        "message_start.message.usage.input_tokens: 9 becomes 601",
    ),
    (
        recorded(body={"type": "error", "error": {"type": "tide", "message": ""}}, status=599),
        'error.message: "" becomes',
    ),
    (
        recorded(body={"type": "error", "error": {"type": "tide", "message": "x"}}, status=399),
        "invalid value, got number 399; ",
    ),
    (recorded(start(), ERROR, {"type": "message_start"}), "status: 200 becomes 529"),
    (recorded(body="<h1>Bad gateway</h1>", status=502), "not a message or an error of the API"),
    (recorded(body={"error": "x"}, status=502), "not a message or an error of the API"),
    (recorded(body="${{ user }}", templates=True), "a body with placeholders"),
]


@pytest.mark.parametrize(("reply", "difference"), DIFFERENT)
def test_a_changed_value_is_named(reply: RecordedReply, difference: str) -> None:
    assert any(found.startswith(difference) for found in to_readable_reply(reply).differences)


def test_a_change_of_the_status_is_named() -> None:
    assert find_differences(REPLIES["text"][0], [{"error": 529}]) == ["status: 200 becomes 529"]


@pytest.mark.parametrize("depth", [60, 500, 990])
@pytest.mark.parametrize("is_stream", [True, False])
def test_values_nested_too_deep_have_no_steps(depth: int, is_stream: bool) -> None:
    deep = b"[" * depth + b"]" * depth
    kind, body = ("text/event-stream", recorded(start(), *HELLO, *end()).body) if is_stream else ("", MESSAGE_BYTES)
    deeper = body.replace(b'"role":', b'"x":' + deep + b', "role":', 1)
    readable = to_readable_reply(RecordedReply(200, {"content-type": kind}, deeper, None, True))

    assert (readable.steps, len(readable.differences), deep in deeper) == ([], 1, True)


def test_another_form_is_a_difference() -> None:
    response = answer(call(stream=False), ScenarioState(load_text("rules: [{reply: Hello}]"))).response

    assert compare_values(REPLIES["text"][0], response) == ["a stream becomes JSON"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=3)
    | st.sampled_from(["text", "${{"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
STREAM = [start(), PING, *HELLO, *block(1, TOOL, json_delta("{}")), *end(), ERROR]


def list_places(data: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each container in data, with each of its keys."""
    items = list(data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ())
    for key, value in items:
        yield data, key
        yield from list_places(value)


@given(st.data())
def test_any_body_has_steps_or_a_reason(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([MESSAGE, ERROR, {**MESSAGE, "content": [TOOL]}]) | JSON | st.just(STREAM))
    document = json.loads(json.dumps(base))
    for _ in range(data.draw(st.integers(0, 2))):
        if places := list(list_places(document)):
            container, key = data.draw(st.sampled_from(places))
            container[key] = json.loads(json.dumps(data.draw(JSON)))
    is_stream = isinstance(document, list)
    parts = (
        [f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n" for event in document if isinstance(event, dict)]
        if is_stream
        else [json.dumps(document)]
    )
    kind = {"content-type": "text/event-stream"} if is_stream else {}
    status, ending = data.draw(st.sampled_from([200, 200, 400, 529, 999])), data.draw(st.sampled_from(["", "close"]))
    readable = to_readable_reply(RecordedReply(status, kind, "".join(parts).encode(), None, True, ending))

    assert readable.steps or readable.differences
    if readable.steps:
        compile_rules({"as_written": True, "reply": readable.steps}, "steps")
