"""LangChain on Bedrock, by Converse and by InvokeModel: text, stream, tools, thinking, structured output."""

import os
import sys
from functools import partial
from typing import Any

import steps
from langchain_aws import ChatBedrock, ChatBedrockConverse
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

QUESTION = HumanMessage("What is the weather in Oslo?")
SETTINGS = {
    "endpoint_url": os.environ["ANTHROPIC_BASE_URL"],
    "region_name": "eu-west-1",
    "aws_access_key_id": "AKIAMOCK",
    "aws_secret_access_key": "secret",
}
THINKING = {
    "claude-sonnet-5": {"thinking": {"type": "adaptive"}},
    "claude-haiku-4-5": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}


class City(BaseModel):
    """A city."""

    name: str
    population: int


@tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def connect(kind: type, model: str, **fields: Any) -> Any:
    return kind(model=f"eu.anthropic.{model}-v1:0", **SETTINGS, max_tokens=2_000, **fields)


def converse(kind: type, model: str) -> str:
    message = connect(kind, model).invoke([("system", "Be brief."), QUESTION])
    assert message.usage_metadata["total_tokens"] > 0
    chunks = list(connect(kind, model).stream([("system", "Be brief."), QUESTION]))
    assert "".join(chunk.text for chunk in chunks) == message.text
    return message.text


def use_tools(kind: type, model: str) -> str:
    chat = connect(kind, model).bind_tools([get_weather])
    message = chat.invoke([QUESTION])
    [call] = message.tool_calls
    result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
    text = chat.invoke([QUESTION, message, result]).text
    assert "Sunny in Oslo." in text
    return text


def stream_tools(kind: type, model: str) -> Any:
    first, *chunks = connect(kind, model).bind_tools([get_weather]).stream([QUESTION])
    for chunk in chunks:
        first += chunk
    assert first.tool_calls[0]["args"] == {"city": "Oslo"}
    return first.tool_calls


def parse(kind: type, model: str) -> City:
    return connect(kind, model).with_structured_output(City).invoke("Hello")


def think(kind: type, model: str) -> str:
    option = "additional_model_request_fields" if kind is ChatBedrockConverse else "model_kwargs"
    chat = connect(kind, model, **{option: THINKING[model]})
    message = chat.invoke([QUESTION])
    assert any(block["type"] == "reasoning" for block in message.content_blocks)
    assert any(
        "reasoning" in str(chunk.content) or "thinking" in str(chunk.content) for chunk in chat.stream([QUESTION])
    )
    return chat.invoke([QUESTION, message, QUESTION]).text


STEPS = (converse, use_tools, stream_tools, parse, think)

steps.run(
    sys.argv[1],
    **{
        f"{step.__name__} by {kind.__name__}": partial(step, kind)
        for kind in (ChatBedrockConverse, ChatBedrock)
        for step in STEPS
    },
)
