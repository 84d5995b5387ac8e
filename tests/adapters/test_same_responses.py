"""One scenario answers clients of the Responses API with the text, tool calls and token counts of messages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.tool_json import parse_tool_json
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Scenario, build
from tests.adapters.chatting import send
from tests.adapters.test_responses import PATH, read_events
from tests.adapters.test_same_answers import (
    CALL,
    CITY,
    FUNCTION,
    HEADERS,
    IMAGE,
    PIXEL,
    REQUESTS,
    RESULT,
    SCENARIO,
    SEEN,
    WEATHER,
    Outcome,
    read_message,
)
from tests.reply.making import plain_replies
from tests.serving import Received

MODEL = "claude-haiku-4-5"
TOOLS = {"tools": [{"type": "function", **FUNCTION}]}
STATUSES = {"stop": "completed", "tool_calls": "completed", "length": "incomplete", "content_filter": "incomplete"}

INPUTS: dict[str, dict[str, Any]] = {
    "text": {"input": "Hello"},
    "system": {
        "instructions": "Be brief.",
        "input": [{"role": "developer", "content": "Be kind."}, REQUESTS["text"].chat["messages"][0]],
    },
    "choice": {"input": "Please choose."},
    "sequence": {"input": [{"role": "user", "content": "And again."}], **TOOLS},
    "refusal": {"input": "Please refuse."},
    "cut": {"input": "Hello"},
    "tool": {"input": "The weather?", **TOOLS},
    "forced tool": {"input": "The weather?", **TOOLS, "tool_choice": "required", "parallel_tool_calls": False},
    "parallel tools": {"input": "Of both cities?", **TOOLS},
    "schema": {"input": "Which city?", "text": {"format": {"type": "json_schema", "name": "city", "schema": CITY}}},
    "tool result": {
        "input": [
            WEATHER,
            {"type": "function_call", "call_id": CALL["id"], "name": CALL["name"], "arguments": '{"city": "Oslo"}'},
            {"type": "function_call_output", "call_id": CALL["id"], "output": RESULT["content"]},
        ],
        **TOOLS,
    },
    "image": {
        "input": [
            {
                "role": "user",
                "content": [
                    {**SEEN, "type": "input_text"},
                    {"type": "input_image", "image_url": f"data:{IMAGE['media_type']};base64,{PIXEL}"},
                ],
            }
        ]
    },
}


def read_response(response: Received) -> Outcome:
    """Read a response, streamed or not."""
    is_stream = response.headers["content-type"].startswith("text/event-stream")
    whole = read_events(response.body)[-1]["response"] if is_stream else response.json
    texts = [item["content"][0] for item in whole["output"] if item["type"] == "message"]
    usage = whole["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    return Outcome(
        whole["id"].removeprefix("resp_"),
        "".join([text["text"] for text in texts if text["type"] == "output_text"]),
        [
            (item["call_id"], item["name"], parse_tool_json(item["arguments"]))
            for item in whole["output"]
            if item["type"] == "function_call"
        ],
        whole["status"],
        (usage["input_tokens"], usage["output_tokens"], usage["input_tokens_details"]["cached_tokens"]),
    )


def ask_both(scenario: Scenario, name: str, *, stream: bool, times: int = 1) -> tuple[list[Outcome], list[Outcome]]:
    """Return the outcomes of equal requests to two servers: of messages, and of responses."""
    states = [ScenarioState(scenario) for _ in range(2)]
    more = {"stream": True} if stream else {}
    most = 5 if name == "cut" else 64_000
    message = {**REQUESTS[name].message, "max_tokens": most, **more}
    own = {**INPUTS[name], "max_output_tokens": most, **more}
    messages = [read_message(send(states[0], message, "/v1/messages", **HEADERS)) for _ in range(times)]
    responses = [read_response(send(states[1], {"model": MODEL, **own}, PATH)) for _ in range(times)]
    return [outcome._replace(end=STATUSES[outcome.end]) for outcome in messages], responses


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", INPUTS)
def test_both_clients_get_the_same(name: str, stream: bool, seed: int) -> None:
    messages, responses = ask_both(load_text(f"seed: {seed}\n{SCENARIO}"), name, stream=stream, times=3)

    assert messages == responses


@given(plain_replies, st.booleans(), st.integers(0, 2**32))
def test_any_reply_is_the_same(steps: list[dict[str, Any]], stream: bool, seed: int) -> None:
    data = {"seed": seed, "rules": [{"reply": steps}], "validation": "off"}
    scenario = build([(InlineSource("test.yaml", data), ScenarioFile.model_validate(data))])
    messages, responses = ask_both(scenario, "tool", stream=stream)

    assert messages == responses


@pytest.mark.parametrize("name", INPUTS)
def test_input_tokens_are_those_of_the_usage(name: str) -> None:
    counted = send(
        SCENARIO, {"model": MODEL, "store": False, "temperature": 0.5, **INPUTS[name]}, f"{PATH}/input_tokens"
    )
    (response,) = ask_both(load_text(SCENARIO), name, stream=False)[1]

    assert counted.json == {"object": "response.input_tokens", "input_tokens": response.counts[0]}


def test_error_of_a_count_has_the_form_of_openai() -> None:
    refused = send(SCENARIO, {"model": MODEL}, f"{PATH}/input_tokens")

    assert (refused.status, refused.json["error"]["message"]) == (400, "input: Field required")
