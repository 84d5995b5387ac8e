"""Replies of functions through each adapter: their bytes are those of the same reply in a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

import pytest

from mockclaude.api.request import MessagesRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import PendingReply, ReplyTemplate, Rule, Scenario
from tests.adapters.dialects import DIALECTS
from tests.adapters.test_bedrock import read_chunks
from tests.api.aws_frames import read_frames
from tests.engine.deciding import send
from tests.serving import Received

STEPS = ("{text: One.}", "{tool_use: look_up}", "{text: Two.}")
WRITTEN = load_text(f"rules: [{{reply: [{', '.join(STEPS)}]}}]")
FAULTY = load_text(f"rules: [{{reply: [{', '.join(STEPS)}], fault: [{{duplicate: text_delta}}, {{slice: 9}}]}}]")
PARTS = load_text(f"rules: [{{sequence: [{', '.join(STEPS)}]}}]").rules[0].replies


async def in_parts(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    for part in PARTS:
        yield part


async def at_once(_: MessagesRequest) -> ReplyTemplate:
    return WRITTEN.rules[0].replies[0]


async def failing(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    yield PARTS[0]
    yield load_text("rules: [{reply: {error: 529}}]").rules[0].replies[0]


def send_through(name: str, rules: tuple[Rule, ...], *, stream: bool) -> Received:
    """Return the response to a message through an adapter."""
    http = DIALECTS[name].build_request(stream=stream, x_mockclaude_validation="off")
    return send(ScenarioState(WRITTEN._replace(rules=rules)), http).response


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.parametrize("scenario", [WRITTEN, FAULTY])
@pytest.mark.parametrize("function", [in_parts, at_once])
def test_reply_of_a_function_is_that_of_a_file(
    function: Callable[[MessagesRequest], PendingReply], scenario: Scenario, name: str, stream: bool
) -> None:
    rules = (replace(scenario.rules[0], replies=(), function=function),)
    live, fixed = (send_through(name, each, stream=stream) for each in (rules, tuple(scenario.rules)))

    assert live.body == fixed.body
    assert live.headers == fixed.headers


@pytest.mark.parametrize("name", DIALECTS)
def test_error_of_a_part_ends_the_stream_of_each_dialect(name: str) -> None:
    rule = replace(WRITTEN.rules[0], replies=(), function=failing)
    *units, rest = DIALECTS[name].read(send_through(name, (rule,), stream=True).body)

    assert rest == b""
    assert "verloaded" in str(units[-1])


def test_error_of_a_part_is_an_exception_frame() -> None:
    rule = replace(WRITTEN.rules[0], replies=(), function=failing)
    body = send_through("invoke", (rule,), stream=True).body

    assert read_chunks(body)[-1]["delta"]["text"] == "One."
    assert read_frames(body)[-1].headers[":exception-type"] == "serviceUnavailableException"
