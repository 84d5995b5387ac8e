"""One application written for each API has one transcript: chat completions, Responses and Converse as Messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import pytest

from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from tests.adapters import test_converse_stream, test_responses
from tests.adapters.chatting import USAGE, read_chunks, send
from tests.adapters.test_chat_stream import join
from tests.adapters.test_same_answers import FUNCTION, HEADERS, SCENARIO, TOOL
from tests.reply.client import events_of, message_of
from tests.serving import Received

MODEL = "claude-haiku-4-5"
QUESTIONS = ("Hello", "Please choose.", "The weather?", "And again.", "And again.", "Of both cities?", "Please refuse.")
SPECIFICATION = {
    "name": TOOL["name"],
    "description": TOOL["description"],
    "inputSchema": {"json": TOOL["input_schema"]},
}

Turns: TypeAlias = list[dict[str, Any]]
Call: TypeAlias = tuple[str, str, Any]
"""The id, the name and the input of a tool call."""


class Answer(NamedTuple):
    """What an application reads of a response, and the turns with which it sends the answer back, without thinking."""

    text: str
    calls: list[Call]
    tokens: tuple[int, int]
    turns: Turns


class Application(NamedTuple):
    """The paths of an API, not streamed and streamed, and its form of requests, responses and tool results."""

    paths: tuple[str, str]
    to_body: Callable[[Turns, bool], dict[str, Any]]
    read: Callable[[Received, bool], Answer]
    to_results: Callable[[list[Call]], Turns]
    to_question: Callable[[str], Turns] = lambda text: [{"role": "user", "content": text}]


def stream_of(stream: bool) -> dict[str, Any]:
    return {"stream": True} if stream else {}


def to_message(turns: Turns, stream: bool) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 500, "messages": turns, "tools": [TOOL], **stream_of(stream)}


def read_message(response: Received, stream: bool) -> Answer:
    message = message_of(events_of(response.body)) if stream else response.json
    content, usage = message["content"], message["usage"]
    text = "".join(block["text"] for block in content if block["type"] == "text")
    calls = [(block["id"], block["name"], block["input"]) for block in content if block["type"] == "tool_use"]
    turn = {"role": "assistant", "content": [block for block in content if block["type"] != "thinking"]}
    return Answer(text, calls, (usage["input_tokens"], usage["output_tokens"]), [turn])


def to_message_results(calls: list[Call]) -> Turns:
    results = [{"type": "tool_result", "tool_use_id": call[0], "content": "Sunny"} for call in calls]
    return [{"role": "user", "content": results}]


def to_chat(turns: Turns, stream: bool) -> dict[str, Any]:
    tools = [{"type": "function", "function": FUNCTION}]
    options = {"stream_options": USAGE} if stream else {}
    return {"model": MODEL, "max_tokens": 500, "messages": turns, "tools": tools, **stream_of(stream), **options}


def read_chat(response: Received, stream: bool) -> Answer:
    completion = join(read_chunks(response.body)) if stream else response.json
    message, usage = completion["choices"][0]["message"], completion["usage"]
    calls = [
        (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls", ())
    ]
    return Answer(message["content"] or "", calls, (usage["prompt_tokens"], usage["completion_tokens"]), [message])


def to_chat_results(calls: list[Call]) -> Turns:
    return [{"role": "tool", "tool_call_id": call[0], "content": "Sunny"} for call in calls]


def to_response(turns: Turns, stream: bool) -> dict[str, Any]:
    tools = [{"type": "function", **FUNCTION}]
    return {"model": MODEL, "max_output_tokens": 500, "input": turns, "tools": tools, **stream_of(stream)}


def read_response(response: Received, stream: bool) -> Answer:
    answered = test_responses.read_events(response.body)[-1]["response"] if stream else response.json
    output, usage = answered["output"], answered["usage"]
    text = "".join(test_responses.text_of(item) for item in output if item["type"] == "message")
    calls = [
        (item["call_id"], item["name"], json.loads(item["arguments"]))
        for item in output
        if item["type"] == "function_call"
    ]
    return Answer(text, calls, (usage["input_tokens"], usage["output_tokens"]), output)


def to_response_results(calls: list[Call]) -> Turns:
    return [{"type": "function_call_output", "call_id": call[0], "output": "Sunny"} for call in calls]


def to_converse(turns: Turns, _: bool) -> dict[str, Any]:
    tools = {"tools": [{"toolSpec": SPECIFICATION}]}
    return {"messages": turns, "inferenceConfig": {"maxTokens": 500}, "toolConfig": tools}


def read_converse(response: Received, stream: bool) -> Answer:
    if stream:
        message, usage = join_frames(response.body)
    else:
        message, usage = response.json["output"]["message"], response.json["usage"]
    text = "".join(block.get("text", "") for block in message["content"])
    uses = [block["toolUse"] for block in message["content"] if "toolUse" in block]
    calls = [(use["toolUseId"], use["name"], use["input"]) for use in uses]
    turn = {**message, "content": [block for block in message["content"] if "reasoningContent" not in block]}
    return Answer(text, calls, (usage["inputTokens"], usage["outputTokens"]), [turn])


def join_frames(body: bytes) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the message and the usage of a stream. Its reasoning is left out."""
    blocks: dict[int, dict[str, Any]] = {}
    usage: dict[str, int] = {}
    for name, payload in test_converse_stream.events_of(body):
        index, delta = payload.get("contentBlockIndex"), payload.get("delta", {})
        if name == "contentBlockStart":
            blocks[index] = {"toolUse": {**payload["start"]["toolUse"], "input": ""}}
        elif "toolUse" in delta:
            blocks[index]["toolUse"]["input"] += delta["toolUse"]["input"]
        elif "text" in delta:
            blocks.setdefault(index, {"text": ""})["text"] += delta["text"]
        usage = payload.get("usage", usage)
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return {"role": "assistant", "content": list(blocks.values())}, usage


def to_converse_results(calls: list[Call]) -> Turns:
    results = [{"toolResult": {"toolUseId": call[0], "content": [{"text": "Sunny"}]}} for call in calls]
    return [{"role": "user", "content": results}]


MESSAGES = Application(("/v1/messages", "/v1/messages"), to_message, read_message, to_message_results)
CHAT, RESPONSES, BEDROCK = "/v1/chat/completions", "/v1/responses", f"/model/anthropic.{MODEL}"
APPLICATIONS = {
    "chat completions": Application((CHAT, CHAT), to_chat, read_chat, to_chat_results),
    "responses": Application((RESPONSES, RESPONSES), to_response, read_response, to_response_results),
    "converse": Application(
        (f"{BEDROCK}/converse", f"{BEDROCK}/converse-stream"),
        to_converse,
        read_converse,
        to_converse_results,
        lambda text: [{"role": "user", "content": [{"text": text}]}],
    ),
}


def talk(application: Application, scenario: str, *, stream: bool) -> list[tuple[Any, ...]]:
    """Return the transcript of conversations, each with a question and the results of tools."""
    state, transcript = ScenarioState(load_text(scenario)), []
    for question in QUESTIONS:
        turns, calls = application.to_question(question), [("", "", None)]
        while calls:
            body = application.to_body(turns, stream)
            answer = application.read(send(state, body, application.paths[stream], **HEADERS), stream)
            transcript.append(answer[:3])
            calls = answer.calls
            turns = [*turns, *answer.turns, *application.to_results(calls)]
    return transcript


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", APPLICATIONS)
def test_application_has_the_transcript_of_messages(name: str, stream: bool, seed: int) -> None:
    scenario = f"seed: {seed}\n{SCENARIO}"

    assert talk(APPLICATIONS[name], scenario, stream=stream) == talk(MESSAGES, scenario, stream=stream)


def test_the_transcript_has_calls_of_tools() -> None:
    transcript = talk(MESSAGES, SCENARIO, stream=False)

    assert [len(calls) for _, calls, _ in transcript] == [0, 0, 1, 0, 0, 1, 0, 2, 0, 0]
