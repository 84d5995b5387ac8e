"""LiteLLM on Bedrock's Converse: text, stream, tools, thinking."""

import os
import sys
from typing import Any

import litellm
import steps

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
QUESTION = {"role": "user", "content": "What is the weather in Oslo?"}
SETTINGS = {
    "api_base": os.environ["ANTHROPIC_BASE_URL"],
    "aws_region_name": "eu-west-1",
    "aws_access_key_id": "AKIAMOCK",
    "aws_secret_access_key": "secret",
}


def call(model: str, *messages: object, **fields: object) -> Any:
    name = f"bedrock/eu.anthropic.{model}-v1:0"
    return litellm.completion(model=name, max_tokens=2_000, messages=list(messages), **SETTINGS, **fields)


def converse(model: str) -> str:
    text = call(model, QUESTION).choices[0].message.content
    assert "".join(chunk.choices[0].delta.content or "" for chunk in call(model, QUESTION, stream=True)) == text
    return text


def use_tools(model: str) -> str:
    message = call(model, QUESTION, tools=TOOLS).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Sunny in Oslo."}
    text = call(model, QUESTION, message.model_dump(), result, tools=TOOLS).choices[0].message.content
    assert "Sunny in Oslo." in text
    return text


def stream_tools(model: str) -> str:
    chunks = call(model, QUESTION, tools=TOOLS, stream=True)
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    arguments = "".join(call.function.arguments for call in calls)
    assert arguments == '{"city":"Oslo"}'
    return arguments


def think(model: str) -> str:
    message = call(model, QUESTION, reasoning_effort="low").choices[0].message
    assert message.thinking_blocks[0]["signature"]
    chunks = list(call(model, QUESTION, reasoning_effort="low", stream=True))
    assert any(getattr(chunk.choices[0].delta, "thinking_blocks", None) for chunk in chunks)
    return call(model, QUESTION, message.model_dump(), QUESTION, reasoning_effort="low").choices[0].message.content


steps.run(sys.argv[1], converse=converse, use_tools=use_tools, stream_tools=stream_tools, think=think)
