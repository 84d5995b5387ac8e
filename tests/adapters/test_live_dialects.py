"""Replies of functions through Bedrock: their frames are those of the same reply in a file."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

import pytest

from mockclaude.api.request import MessagesRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import PendingReply, ReplyTemplate, Scenario
from tests.adapters.test_bedrock import INVOKE, MODEL, SIGNED, STREAM, body_of, read_chunks
from tests.adapters.test_converse import CONVERSE, CONVERSE_STREAM, HELLO
from tests.api.aws_frames import read_frames
from tests.engine.deciding import Sent, send
from tests.serving import http_request

STEPS = ("{text: One.}", "{tool_use: look_up}", "{text: Two.}")
WRITTEN = load_text(f"rules: [{{reply: [{', '.join(STEPS)}]}}]")
FAULTY = load_text(f"rules: [{{reply: [{', '.join(STEPS)}], fault: [{{duplicate: text_delta}}, {{slice: 9}}]}}]")
PARTS = load_text(f"rules: [{{sequence: [{', '.join(STEPS)}]}}]").rules[0].replies
TOOLS = [{"name": "look_up", "input_schema": {"type": "object"}}]
LOOK_UP = {"tools": [{"toolSpec": {"name": "look_up", "inputSchema": {"json": {"type": "object"}}}}]}


async def in_parts(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    for part in PARTS:
        yield part


async def at_once(_: MessagesRequest) -> ReplyTemplate:
    return WRITTEN.rules[0].replies[0]


async def failing(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    yield PARTS[0]
    yield load_text("rules: [{reply: {error: 529}}]").rules[0].replies[0]


BODIES = {
    INVOKE: body_of(tools=TOOLS),
    STREAM: body_of(tools=TOOLS),
    **{key: {"messages": [HELLO], "toolConfig": LOOK_UP} for key in (CONVERSE, CONVERSE_STREAM)},
}


def send_as(state: ScenarioState, operation: str) -> Sent:
    data = json.dumps(BODIES[operation]).encode()
    return send(state, http_request("POST", f"/model/{MODEL}/{operation}", {}, SIGNED, data))


@pytest.mark.parametrize("operation", BODIES)
@pytest.mark.parametrize("scenario", [WRITTEN, FAULTY])
@pytest.mark.parametrize("function", [in_parts, at_once])
def test_reply_of_a_function_is_that_of_a_file(
    function: Callable[[MessagesRequest], PendingReply], scenario: Scenario, operation: str
) -> None:
    written = replace(scenario.rules[0], replies=(), function=function)
    live, fixed = (
        send_as(ScenarioState(scenario._replace(rules=rules)), operation).response
        for rules in ((written,), scenario.rules)
    )

    assert live.body == fixed.body
    assert live.headers == fixed.headers


def test_error_of_a_part_is_an_exception_frame() -> None:
    rule = replace(WRITTEN.rules[0], replies=(), function=failing)
    body = send_as(ScenarioState(WRITTEN._replace(rules=(rule,))), STREAM).response.body

    assert read_chunks(body)[-1]["delta"]["text"] == "One."
    assert read_frames(body)[-1].headers[":exception-type"] == "serviceUnavailableException"
