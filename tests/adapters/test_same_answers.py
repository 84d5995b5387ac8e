"""One scenario answers clients of both APIs with the same text, tool calls and token counts, streamed and not."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.tool_json import parse_tool_json
from mockclaude.engine.adapters.chat_usage import FINISH_REASONS
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Scenario, build
from tests.adapters.chatting import USAGE, read_chunks, send
from tests.adapters.test_chat_stream import join
from tests.reply.client import events_of, message_of
from tests.reply.making import plain_replies
from tests.serving import Received

SCENARIO = """
rules:
  - when: {user: choose}
    choice: [{reply: Heads.}, {reply: Tails.}, {weight: 2, reply: 'It fell off, said ${{ fake.name }}.'}]
  - when: {user: again}
    sequence: [First., {tool_use: {name: get_weather, input: {city: Bergen}}}, 'Last, at turn ${{ turn }}.']
  - when: {user: refuse}
    reply: [I cannot., {stop_reason: {type: refusal, category: cyber}}]
  - when: {user: both}
    reply:
      - thinking: Two cities.
      - Let me check.
      - tool_use: {name: get_weather, input: {city: Oslo, days: [1, 2.5, null]}}
      - tool_use: {name: get_weather}
  - when: {user: weather}
    reply: {tool_use: {name: get_weather}}
  - when: {user: city}
    reply: {json: from_schema}
  - when: {tool_result: Sunny}
    reply: 'The weather: ${{ tool_result }}'
  - reply: 'You said: ${{ user }}. One, two, three, four, five, as the system says: ${{ system }}'
"""
HEADERS = {"anthropic-version": "2023-06-01"}
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"name": "get_weather", "description": "Get the weather.", "input_schema": CITY}
FUNCTION = {"name": "get_weather", "description": "Get the weather.", "parameters": CITY}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
TOOLS = {"tools": [TOOL]}, {"tools": [{"type": "function", "function": FUNCTION}]}


class Outcome(NamedTuple):
    """The id, the text, the calls with their ids, the end and the counts of a response."""

    id: str
    text: str
    calls: list[tuple[str, str, Any]]
    end: str
    counts: tuple[int, int, int]


class Bodies(NamedTuple):
    """One request in the forms of both APIs."""

    message: dict[str, Any]
    chat: dict[str, Any]


def bodies(text: str, *fields: dict[str, Any], messages: Any = None, chat_messages: Any = None) -> Bodies:
    """Return a request with a text, or with messages in both forms, and with fields in both forms."""
    turn = {"role": "user", "content": text}
    common = {"model": "claude-haiku-4-5", "max_tokens": 60_000}
    of_message, of_chat = fields or ({}, {})
    return Bodies(
        {**common, "messages": messages or [turn], **of_message},
        {**common, "messages": chat_messages or [turn], **of_chat},
    )


IMAGE = {"type": "base64", "media_type": "image/png", "data": PIXEL}
SEEN = {"type": "text", "text": "What is in the image?"}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Oslo"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny"}
CALLED = {"id": "toolu_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
WEATHER = {"role": "user", "content": "The weather?"}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}

REQUESTS = {
    "text": bodies("Hello"),
    "system": bodies(
        "Hello",
        {"system": "Be brief.\nBe kind."},
        {},
        chat_messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        ],
    ),
    "choice": bodies("Please choose."),
    "sequence": bodies("And again.", *TOOLS),
    "refusal": bodies("Please refuse."),
    "cut": bodies("Hello", {"max_tokens": 5}, {"max_tokens": None, "max_completion_tokens": 5}),
    "stop": bodies("Hello", {"stop_sequences": ["three"]}, {"stop": "three"}),
    "tool": bodies("The weather?", *TOOLS),
    "forced tool": bodies(
        "The weather?",
        {**TOOLS[0], "tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {**TOOLS[1], "tool_choice": "required", "parallel_tool_calls": False},
    ),
    "parallel tools": bodies("Of both cities?", *TOOLS),
    "schema": bodies(
        "Which city?",
        {"output_config": {"format": {"type": "json_schema", "schema": CITY}}},
        {"response_format": SCHEMA},
    ),
    "tool result": bodies(
        "",
        *TOOLS,
        messages=[WEATHER, {"role": "assistant", "content": [CALL]}, {"role": "user", "content": [RESULT]}],
        chat_messages=[
            WEATHER,
            {"role": "assistant", "content": None, "tool_calls": [CALLED]},
            {"role": "tool", "tool_call_id": "toolu_1", "content": "Sunny"},
        ],
    ),
    "image": bodies(
        "",
        messages=[{"role": "user", "content": [SEEN, {"type": "image", "source": IMAGE}]}],
        chat_messages=[
            {
                "role": "user",
                "content": [
                    SEEN,
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}},
                ],
            }
        ],
    ),
}


def read_message(response: Received) -> Outcome:
    """Read a message, streamed or not."""
    is_stream = response.headers["content-type"].startswith("text/event-stream")
    message = message_of(events_of(response.body)) if is_stream else response.json
    usage = message["usage"]
    cached = usage["cache_read_input_tokens"]
    prompt = usage["input_tokens"] + usage["cache_creation_input_tokens"] + cached
    return Outcome(
        message["id"].removeprefix("msg_"),
        "".join(block["text"] for block in message["content"] if block["type"] == "text"),
        [(block["id"], block["name"], block["input"]) for block in message["content"] if block["type"] == "tool_use"],
        FINISH_REASONS[message["stop_reason"]],
        (prompt, usage["output_tokens"], cached),
    )


def read_completion(response: Received) -> Outcome:
    """Read a completion, streamed or not."""
    is_stream = response.headers["content-type"].startswith("text/event-stream")
    completion = join(read_chunks(response.body)) if is_stream else response.json
    (choice,), usage = completion["choices"], completion["usage"]
    message = choice["message"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    return Outcome(
        completion["id"].removeprefix("chatcmpl-"),
        message["content"] or "",
        [
            (call["id"], call["function"]["name"], parse_tool_json(call["function"]["arguments"]))
            for call in message.get("tool_calls", ())
        ],
        choice["finish_reason"],
        (usage["prompt_tokens"], usage["completion_tokens"], usage["prompt_tokens_details"]["cached_tokens"]),
    )


def ask_both(
    scenario: Scenario, request: Bodies, *, stream: bool, times: int = 1
) -> tuple[list[Outcome], list[Outcome]]:
    """Return the outcomes of equal requests to two servers: of messages, and of chat completions."""
    states = [ScenarioState(scenario) for _ in range(2)]
    more = {"stream": True} if stream else {}
    chat = {**request.chat, **more, **({"stream_options": USAGE} if stream else {})}
    return (
        [read_message(send(states[0], {**request.message, **more}, "/v1/messages", **HEADERS)) for _ in range(times)],
        [read_completion(send(states[1], chat)) for _ in range(times)],
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", REQUESTS)
def test_both_clients_get_the_same(name: str, stream: bool, seed: int) -> None:
    messages, completions = ask_both(load_text(f"seed: {seed}\n{SCENARIO}"), REQUESTS[name], stream=stream, times=3)

    assert messages == completions


@pytest.mark.parametrize("name", REQUESTS)
def test_a_stream_has_what_the_completion_has(name: str) -> None:
    def content(outcome: Outcome) -> tuple[Any, ...]:
        return outcome.text, [call[1:] for call in outcome.calls], outcome.end, outcome.counts

    whole, streamed = (
        ask_both(load_text(SCENARIO), REQUESTS[name], stream=stream, times=3)[1] for stream in (False, True)
    )

    assert list(map(content, whole)) == list(map(content, streamed))


def test_the_requests_have_every_ending() -> None:
    outcomes = [ask_both(load_text(SCENARIO), request, stream=False)[1][0] for request in REQUESTS.values()]

    assert {outcome.end for outcome in outcomes} == set(FINISH_REASONS.values())
    assert {len(outcome.calls) for outcome in outcomes} == {0, 1, 2}


@given(plain_replies, st.booleans(), st.integers(0, 2**32))
def test_any_reply_is_the_same(steps: list[dict[str, Any]], stream: bool, seed: int) -> None:
    data = {"seed": seed, "rules": [{"reply": steps}], "validation": "off"}
    scenario = build([(InlineSource("test.yaml", data), ScenarioFile.model_validate(data))])
    uncut = Bodies(*({**body, "max_tokens": 64_000} for body in REQUESTS["tool"]))
    messages, completions = ask_both(scenario, uncut, stream=stream)

    assert messages == completions


def test_a_schema_may_have_bounds_that_the_api_refuses() -> None:
    bounded = {"type": "integer", "minimum": 7, "maximum": 9}
    schema = {"type": "object", "properties": {"days": bounded}, "required": ["days"]}
    form = {"type": "json_schema", "json_schema": {"name": "days", "schema": schema, "strict": True}}
    chat = {**REQUESTS["schema"].chat, "response_format": form}
    decided = send(SCENARIO, chat)

    assert 7 <= json.loads(read_completion(decided).text)["days"] <= 9
    assert send(SCENARIO, chat, **{"x-mockclaude-validation": "anthropic"}).status == 400
