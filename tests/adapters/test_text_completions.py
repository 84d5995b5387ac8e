"""The legacy Text Completions API: `/v1/complete`."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.events import Event
from mockclaude.engine.adapters.text_completions import CompletionDialect
from mockclaude.engine.decision import Decision
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import build
from tests.reply.client import events_of, message_of
from tests.reply.making import plain_replies
from tests.serving import Received, http_request, received, script_of

SCENARIO = """
validation: gateway
rules:
  - {when: {user: Hello}, reply: Hello from the rule.}
  - when: {user: tool}
    reply: [{thinking: Hm.}, One., {tool_use: {name: get_weather, input: {city: Oslo}}}, Two.]
  - {when: {user: call}, reply: {tool_use: {name: get_weather, input: {city: Oslo}}}}
"""
HEADERS = {"x-api-key": "mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}
BODY = {"model": "claude-2.1", "prompt": "\n\nHuman: Hello\n\nAssistant:", "max_tokens_to_sample": 99}
PARTS = ("type", "completion", "stop_reason", "model", "stop")


def decide(scenario: str = SCENARIO, headers: dict[str, str] | None = None, **fields: Any) -> Decision:
    """Decide a text completion; None as a field leaves it out."""
    body = {name: value for name, value in {**BODY, **fields}.items() if value is not None}
    http = http_request("POST", "/v1/complete", {}, {**HEADERS, **(headers or {})}, json.dumps(body).encode())
    return answer(http, ScenarioState(load_text(scenario)))


def send(scenario: str = SCENARIO, headers: dict[str, str] | None = None, **fields: Any) -> Received:
    script = script_of(decide(scenario, headers, **fields))
    return received(b"".join(send.data for send in script.sends))


def events(response: Received) -> list[tuple[str, Any]]:
    """Return the names and the data of the events of a stream."""
    lines = [text.split("\n") for text in response.body.decode().split("\n\n") if text]
    return [(name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in lines]


def test_completion_has_the_text_of_the_reply() -> None:
    response = send()

    assert [response.json[name] for name in PARTS] == [
        *("completion", " Hello from the rule.", "stop_sequence", "claude-2.1", "\n\nHuman:"),
    ]
    assert response.json["id"] == response.json["log_id"]
    assert response.json["id"].startswith("compl_01")


def test_stream_has_a_completion_for_each_delta() -> None:
    names, parts = zip(*events(send(stream=True)), strict=True)
    completions = [part for name, part in zip(names, parts, strict=True) if name == "completion"]

    assert [name for name in names if name != "completion"] == ["ping"]
    assert "".join(part["completion"] for part in completions) == send().json["completion"]
    assert {part["stop_reason"] for part in completions[:-1]} == {None}
    assert [completions[-1][name] for name in PARTS] == [
        *("completion", "", "stop_sequence", "claude-2.1", "\n\nHuman:"),
    ]
    assert {(part["id"], part["log_id"], part["model"]) for part in completions} == {
        (completions[0]["id"], completions[0]["id"], "claude-2.1")
    }


@given(plain_replies, st.booleans())
def test_completion_has_the_text_of_the_message(steps: list[dict[str, Any]], stream: bool) -> None:
    data = {"rules": [{"reply": steps}], "validation": "off"}
    scenario = build([(InlineSource("test.yaml", data), ScenarioFile.model_validate(data))])
    shared = {"model": "claude-2.1", "stream": stream}

    def ask(path: str, **fields: Any) -> Received:
        http = http_request("POST", path, {}, HEADERS, json.dumps({**shared, **fields}).encode())
        return received(b"".join(send.data for send in script_of(answer(http, ScenarioState(scenario))).sends))

    messages = [{"role": "user", "content": "Hello"}]
    told = ask("/v1/messages", messages=messages, max_tokens=64_000)
    completed = ask("/v1/complete", prompt="Human: Hello", max_tokens_to_sample=64_000)
    message = message_of(events_of(told.body)) if stream else told.json
    parts = [part for name, part in events(completed) if name == "completion"] if stream else [completed.json]

    texts = [block["text"] for block in message["content"] if block["type"] == "text"]
    assert "".join(part["completion"] for part in parts) == "".join(texts)
    assert parts[0]["id"].removeprefix("compl_") == message["id"].removeprefix("msg_")


@pytest.mark.parametrize(
    ("fields", "reason", "stop"),
    [
        ({}, "stop_sequence", "\n\nHuman:"),
        ({"stop_sequences": ["from"]}, "stop_sequence", "from"),
        ({"max_tokens_to_sample": 1}, "max_tokens", None),
        ({"prompt": "call"}, "stop_sequence", "\n\nHuman:"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_ending_has_its_reason(fields: dict[str, Any], reason: str, stop: str | None, stream: bool) -> None:
    response = send(stream=stream, **fields)
    last = events(response)[-1][1] if stream else response.json

    assert (last["stop_reason"], last["stop"]) == (reason, stop)


@pytest.mark.parametrize(
    ("prompt", "completion"),
    [
        ("\n\nHuman: Hello\n\nAssistant:", " Hello from the rule."),
        ("\n\nHuman: Hello\n\nAssistant: ", "Hello from the rule."),
        ("Hello", "Hello from the rule."),
        ("Use a tool", "One.Two."),
        ("\n\nHuman: call\n\nAssistant:", ""),
    ],
)
def test_prompt_is_one_user_message(prompt: str, completion: str) -> None:
    assert send(prompt=prompt).json["completion"] == completion


def test_prompt_is_without_its_outer_marks() -> None:
    decision = decide(prompt="\n\nHuman: Hello\n\nAssistant: Hi.\n\nHuman: Again\n\nAssistant:", top_k=5)

    assert orjson.loads(decision.whole or b"") == {
        "model": "claude-2.1",
        "top_k": 5,
        "max_tokens": 99,
        "messages": [{"role": "user", "content": "Hello\n\nAssistant: Hi.\n\nHuman: Again"}],
    }


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        (
            {"model": "claude-haiku-4-5"},
            400,
            '"claude-haiku-4-5" is not supported on this API. Please use the Messages API instead.',
        ),
        ({"model": "gpt-4"}, 404, "model: gpt-4"),
        ({"model": "claude-3-haiku-20240307"}, 404, "model: claude-3-haiku-20240307"),
        ({"model": 5}, 400, "model: Input should be a valid string"),
        ({"model": None}, 400, "model: Field required"),
        ({"prompt": None}, 400, "prompt: Field required"),
        ({"max_tokens_to_sample": None}, 400, "max_tokens_to_sample: Field required"),
    ],
)
def test_api_refuses_text_completions(fields: dict[str, Any], status: int, message: str) -> None:
    response = send(SCENARIO.replace("gateway", "anthropic"), **fields)

    assert (response.status, response.error[1]) == (status, message)


@pytest.mark.parametrize("model", ["claude-2.1", "claude-instant-1.2", "gpt-4", "claude-3-haiku-20240307"])
@pytest.mark.parametrize("validation", ["gateway", "off"])
def test_other_modes_accept_any_model(model: str, validation: str) -> None:
    assert send(SCENARIO.replace("gateway", validation), model=model).json["model"] == model


def test_mode_off_accepts_any_body() -> None:
    scenario = "validation: off\nrules: [{reply: Hello}]"

    assert send(scenario, prompt=None, max_tokens_to_sample=None).json["completion"] == "Hello"
    assert send(scenario, prompt=5).error[1] == "prompt: Input should be a valid string"


def test_error_is_that_of_the_api() -> None:
    response = send(headers={"x-mockclaude-fault": "529"})

    assert (response.status, response.error[0]) == (529, "overloaded_error")
    assert send(headers={"x-api-key": ""}).status == 401


def test_error_in_a_stream_is_that_of_the_api() -> None:
    fault = "fault: {error: {type: overloaded_error}, after: text_delta 1}"
    name, data = events(send(f"validation: gateway\nrules: [{{reply: Hello there., {fault}}}]", stream=True))[-1]

    assert (name, data["error"]["type"]) == ("error", "overloaded_error")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("preset", PRESETS)
def test_each_fault_has_a_response(preset: str, stream: bool) -> None:
    assert decide(headers={"x-mockclaude-fault": preset}, stream=stream).rule is not None


@pytest.mark.parametrize("message", [None, [], {}, {"content": 5}, {"content": [5, {"type": "text"}]}])
def test_completion_takes_any_message(message: Any) -> None:
    translated = CompletionDialect("").translate_document(message, decide().response)

    assert translated.document["type"] == "completion"


@pytest.mark.parametrize("data", [None, [], {}, {"delta": 5}, {"delta": {"text": None}}, {"message": []}])
@pytest.mark.parametrize("name", ["message_start", "content_block_delta", "message_delta", "unknown"])
def test_stream_takes_any_event(name: str, data: Any) -> None:
    encoder = CompletionDialect("").open_stream()

    assert isinstance(encoder.encode(Event(name, data, "text_delta" if "block" in name else "", b""), 0), bytes)


def test_inserted_text_stays() -> None:
    assert CompletionDialect("").open_stream().encode(Event("", None, "", b": comment\n\n"), 0) == b": comment\n\n"
