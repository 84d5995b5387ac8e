"""The official SDK's clients of Bedrock, Vertex, Foundry, AWS and Google Cloud: text, stream, tokens, tools, errors."""

import asyncio
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import anthropic
import steps
from anthropic.lib.aws import AnthropicAWS
from anthropic.lib.google_cloud import AnthropicGoogleCloud

URL = os.environ["ANTHROPIC_BASE_URL"]
KEY = "mock"
KEYS = {"aws_access_key": "AKIAMOCK", "aws_secret_key": "secret", "aws_region": "eu-west-1"}
PROJECT = {"region": "europe-west1", "project_id": "mock-project", "access_token": KEY}
PLACE = {"project": "mock-project", "location": "europe-west1", "workspace_id": "wrkspc_1"}
QUESTION = {"max_tokens": 500, "messages": [{"role": "user", "content": "What is the weather in Oslo?"}]}
TOOL = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.{}-v1:0"


class Platform(NamedTuple):
    """A client with its arguments, the form of a model's name, and whether the client counts tokens."""

    create: Callable[..., Any]
    arguments: dict[str, Any]
    model: str = "{}"
    counts: bool = True


VERTEX = {"base_url": f"{URL}/v1", **PROJECT}
SIGNED, TOKEN = {"base_url": URL, **KEYS}, {"base_url": f"{URL}/anthropic", "api_key": KEY}
PLATFORMS = {
    "bedrock": Platform(anthropic.AnthropicBedrock, SIGNED, "eu.anthropic.{}-v1:0", counts=False),
    "bedrock_arn": Platform(anthropic.AnthropicBedrock, SIGNED, ARN, counts=False),
    "mantle": Platform(anthropic.AnthropicBedrockMantle, TOKEN, "anthropic.{}"),
    "mantle_signed": Platform(
        anthropic.AnthropicBedrockMantle, {"base_url": f"{URL}/anthropic", **KEYS}, "anthropic.{}"
    ),
    "mantle_root": Platform(anthropic.AnthropicBedrockMantle, SIGNED, "anthropic.{}"),
    "vertex": Platform(anthropic.AnthropicVertex, VERTEX, "{}@default"),
    "foundry": Platform(anthropic.AnthropicFoundry, TOKEN),
    "foundry_token": Platform(
        anthropic.AnthropicFoundry, {"base_url": f"{URL}/anthropic", "azure_ad_token_provider": lambda: KEY}
    ),
    "aws": Platform(AnthropicAWS, {"base_url": URL, "api_key": KEY, "workspace_id": "wrkspc_1"}),
    "aws_signed": Platform(AnthropicAWS, {**SIGNED, "workspace_id": "wrkspc_1"}),
    "google_cloud": Platform(AnthropicGoogleCloud, {"base_url": URL, "token_provider": lambda: KEY, **PLACE}),
}


def converse(platform: Platform, model: str) -> str:
    """Create a message, stream it, count its tokens, and use a tool. Return the text."""
    client, name = platform.create(max_retries=0, **platform.arguments), platform.model.format(model)
    message = client.messages.create(model=name, system="Be brief.", **QUESTION)
    with client.messages.stream(model=name, system="Be brief.", **QUESTION) as events:
        streamed = events.get_final_message()
    assert streamed.content[-1].text == message.content[-1].text
    assert streamed.usage.input_tokens == message.usage.input_tokens
    if platform.counts:
        count = client.messages.count_tokens(model=name, system="Be brief.", messages=QUESTION["messages"])
        assert count.input_tokens == message.usage.input_tokens
    call = client.messages.create(model=name, tools=[TOOL], **QUESTION)
    assert [block.name for block in call.content if block.type == "tool_use"] == ["get_weather"]
    return message.content[-1].text


async def converse_async(create: Callable[..., Any], arguments: dict[str, Any], name: str) -> str:
    async with create(max_retries=0, **arguments) as client:
        message = await client.messages.create(model=name, **QUESTION)
        stream = await client.messages.create(model=name, stream=True, **QUESTION)
        deltas = [event.delta async for event in stream if event.type == "content_block_delta"]
    assert "".join(delta.text for delta in deltas if delta.type == "text_delta") == message.content[-1].text
    return message.content[-1].text


def bedrock_async(model: str) -> str:
    return asyncio.run(converse_async(anthropic.AsyncAnthropicBedrock, SIGNED, f"us.anthropic.{model}"))


def vertex_async(model: str) -> str:
    return asyncio.run(converse_async(anthropic.AsyncAnthropicVertex, VERTEX, model))


def errors(model: str) -> str:
    """Return the classes of the errors that the clients of Bedrock and Vertex raise."""
    raised = [
        _raise(platform, model, fault, stream=stream)
        for platform in (PLATFORMS["bedrock"], PLATFORMS["vertex"])
        for fault, stream in (("429", False), ("529", False), ("error_event", True))
    ]
    assert raised == [
        "RateLimitError",
        "ServiceUnavailableError",
        "APIStatusError",
        "RateLimitError",
        "OverloadedError",
        "APIStatusError",
    ], raised
    return ", ".join(raised)


def _raise(platform: Platform, model: str, fault: str, *, stream: bool) -> str:
    client, name = platform.create(max_retries=0, **platform.arguments), platform.model.format(model)
    try:
        response = client.messages.create(
            model=name, stream=stream, extra_headers={"x-mockclaude-fault": fault}, **QUESTION
        )
        if stream:
            list(response)
    except anthropic.APIError as error:
        return type(error).__name__
    return "no error"


steps.run(
    sys.argv[1],
    **{name: partial(converse, platform) for name, platform in PLATFORMS.items()},
    bedrock_async=bedrock_async,
    vertex_async=vertex_async,
    errors=errors,
)
