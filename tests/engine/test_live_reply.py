"""Replies that a function makes while they are sent, against the same replies from a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

import pytest

from mockclaude.api.request import MessagesRequest
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.reply import prepared
from mockclaude.scenario.diagnostics import Place
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import PendingReply, ReplyTemplate, Rule
from tests.engine.deciding import call, send

STEPS = ("{text: One.}", "{tool_use: look_up}", "{text: Two.}")
WRITTEN = load_text(f"rules: [{{reply: [{', '.join(STEPS)}]}}]")
PARTS = load_text(f"rules: [{{sequence: [{', '.join(STEPS)}]}}]").rules[0].replies
CUT = load_text("rules: [{reply: [{text: One.}, {disconnect: reset}]}]").rules[0].replies[0]
TOOLS = [{"name": "look_up", "input_schema": {"type": "object"}}]


async def in_parts(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
    for part in PARTS:
        yield part


async def at_once(_: MessagesRequest) -> ReplyTemplate:
    return WRITTEN.rules[0].replies[0]


@pytest.mark.parametrize("function", [in_parts, at_once])
def test_reply_of_a_function_is_what_a_file_with_its_steps_gives(
    function: Callable[[MessagesRequest], PendingReply],
) -> None:
    written = replace(WRITTEN.rules[0], replies=(), function=function)
    asked = call(tools=TOOLS)
    live, fixed = (send(ScenarioState(WRITTEN._replace(rules=rules)), asked) for rules in ((written,), WRITTEN.rules))

    assert live.response.raw == fixed.response.raw
    assert live.notes == fixed.notes


def test_function_is_asked_for_nothing_after_the_response_has_ended() -> None:
    asked_for: list[str] = []

    async def function(_: MessagesRequest) -> AsyncGenerator[ReplyTemplate, None]:
        asked_for.append("first")
        yield CUT
        asked_for.append("second")
        yield CUT

    state = ScenarioState(WRITTEN._replace(rules=(Rule("live", Place("test"), function=function),)))
    cut = send(state, call(stream=True))

    assert cut.script.sends[-1].data.endswith(b"\r\n")
    assert asked_for == ["first"]


def test_reply_of_a_function_is_not_prepared_for_further_requests() -> None:
    def function(_: MessagesRequest) -> ReplyTemplate:
        return load_text("rules: [{reply: New each time.}]").rules[0].replies[0]

    state = ScenarioState(WRITTEN._replace(rules=(Rule("new", Place("test"), function=function),)))
    before = prepared._prepare.cache_info().misses
    responses = [send(state, call(stream=True)).response for _ in range(2)]

    assert [response.raw.count(b"event: message_stop") for response in responses] == [1, 1]
    assert prepared._prepare.cache_info().misses == before
