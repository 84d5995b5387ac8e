"""One scenario answers Messages and Converse with the same content, stop reason and counts, streamed and not."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.tool_json import parse_tool_json
from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.format.file import ScenarioFile
from mockclaude.scenario.loading.inline import InlineSource
from mockclaude.scenario.rules import Scenario, build
from tests.adapters.test_bedrock import MODEL, NAME, SIGNED, response_of
from tests.adapters.test_converse_stream import events_of as frames_of
from tests.reply.client import events_of, message_of
from tests.reply.making import plain_replies
from tests.serving import Received, http_request

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
MESSAGE = {
    "model": NAME,
    "max_tokens": 60_000,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "The weather?"}],
    "tools": [{"name": "get_weather", "input_schema": SCHEMA}],
}
CONVERSATION = {
    "inferenceConfig": {"maxTokens": 60_000},
    "system": [{"text": "Be brief."}],
    "messages": [{"role": "user", "content": [{"text": "The weather?"}]}],
    "toolConfig": {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": SCHEMA}}}]},
}
STOP_REASONS = {"refusal": "content_filtered", "pause_turn": "end_turn", "compaction": "end_turn"}
KEPT = {
    "text": ("text",),
    "thinking": ("thinking", "signature"),
    "redacted_thinking": ("data",),
    "tool_use": ("id", "name", "input"),
}
OF_THE_API = {"x-api-key": "AKIAMOCK", "anthropic-version": "2023-06-01", "content-type": "application/json"}


def send(scenario: Scenario, path: str, body: dict[str, Any], headers: dict[str, str]) -> Received:
    http = http_request("POST", path, {}, headers, json.dumps(body).encode())
    return response_of(answer(http, ScenarioState(scenario)))


def read_message(message: dict[str, Any]) -> tuple[Any, ...]:
    """Return what Converse has of a message: the blocks, the stop reason and the counts."""
    usage, reason = message["usage"], message["stop_reason"]
    blocks = [
        {"type": kind, **{name: block[name] for name in KEPT[kind]}}
        for block in message["content"]
        if (kind := block["type"]) in KEPT
    ]
    return blocks, STOP_REASONS.get(reason, reason), usage["input_tokens"], usage["output_tokens"]


def read_conversation(message: dict[str, Any]) -> tuple[Any, ...]:
    """Return the same of a message of Converse."""
    usage, reason = message["usage"], message["stopReason"]
    blocks = list(map(to_block, message["output"]["message"]["content"]))
    return blocks, reason, usage["inputTokens"], usage["outputTokens"]


def to_block(block: dict[str, Any]) -> dict[str, Any]:
    """Return the API's form of a block, written without the adapter's tables."""
    [(kind, value)] = block.items()
    if kind == "text":
        return {"type": "text", "text": value}
    if kind == "toolUse":
        return {"type": "tool_use", "id": value["toolUseId"], "name": value["name"], "input": value["input"]}
    if "redactedContent" in value:
        return {"type": "redacted_thinking", "data": b64decode(value["redactedContent"]).decode()}
    text = value["reasoningText"]
    return {"type": "thinking", "thinking": text["text"], "signature": text.get("signature", "")}


def join(events: list[tuple[str, Any]]) -> dict[str, Any]:
    """Put the message of a stream together, as clients do it."""
    blocks: dict[int, dict[str, Any]] = {}
    for name, payload in events:
        index = payload.get("contentBlockIndex", 0)
        if name == "contentBlockStart":
            blocks[index] = {"toolUse": {**payload["start"]["toolUse"], "input": ""}}
        elif name == "contentBlockDelta":
            add(payload["delta"], blocks.setdefault(index, {}))
        elif name == "contentBlockStop":
            block = blocks.setdefault(index, {"text": ""})
            if "toolUse" in block:
                block["toolUse"]["input"] = parse_tool_json(block["toolUse"]["input"])
    ends = dict(events)
    message = {"content": [block for _, block in sorted(blocks.items())]}
    return {"output": {"message": message}, **ends["messageStop"], **ends["metadata"]}


def add(delta: dict[str, Any], block: dict[str, Any]) -> None:
    [(kind, value)] = delta.items()
    if kind == "text":
        block["text"] = block.get("text", "") + value
    elif kind == "toolUse":
        block["toolUse"]["input"] += value["input"]
    elif "redactedContent" in value:
        block["reasoningContent"] = value
    else:
        text = block.setdefault("reasoningContent", {"reasoningText": {"text": ""}})["reasoningText"]
        text["text"] += value.get("text", "")
        text |= {"signature": value["signature"]} if "signature" in value else {}


@given(plain_replies, st.integers(0, 2**32))
def test_any_reply_is_the_same(steps: list[dict[str, Any]], seed: int) -> None:
    data = {"seed": seed, "rules": [{"reply": steps}], "validation": "off"}
    scenario = build([(InlineSource("test.yaml", data), ScenarioFile.model_validate(data))])

    message = send(scenario, "/v1/messages", MESSAGE, OF_THE_API).json
    conversation = send(scenario, f"/model/{MODEL}/converse", CONVERSATION, SIGNED).json
    assert read_conversation(conversation) == read_message(message)

    events = events_of(send(scenario, "/v1/messages", {**MESSAGE, "stream": True}, OF_THE_API).body)
    frames = frames_of(send(scenario, f"/model/{MODEL}/converse-stream", CONVERSATION, SIGNED).body)
    assert read_conversation(join(frames)) == read_message(message_of(events))
