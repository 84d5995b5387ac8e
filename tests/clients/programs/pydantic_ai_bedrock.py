"""pydantic-ai on Bedrock: tools, stream, thinking, counted tokens, structured output."""

import asyncio
import os
import sys
from typing import Any

import steps
from pydantic import BaseModel
from pydantic_ai import Agent, ThinkingPart, ToolOutput, UsageLimits
from pydantic_ai.models.bedrock import BedrockConverseModel, BedrockModelSettings
from pydantic_ai.providers.bedrock import BedrockProvider

THINKING = {
    "claude-sonnet-5": {"thinking": {"type": "adaptive"}},
    "claude-haiku-4-5": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}
QUESTION = "What is the weather in Oslo?"


class City(BaseModel):
    name: str
    population: int


def get_weather(city: str) -> str:
    return f"Sunny in {city}."


def connect(model: str, **fields: Any) -> Agent[None, Any]:
    provider = BedrockProvider(
        base_url=os.environ["ANTHROPIC_BASE_URL"],
        region_name="eu-west-1",
        aws_access_key_id="AKIAMOCK",
        aws_secret_access_key="secret",
    )
    settings = BedrockModelSettings(max_tokens=2_000, **fields.pop("settings", {}))
    return Agent(
        BedrockConverseModel(f"eu.anthropic.{model}-v1:0", provider=provider), model_settings=settings, **fields
    )


def ask(model: str) -> str:
    text = connect(model, tools=[get_weather]).run_sync(QUESTION).output
    assert "Sunny in Oslo." in text
    return text


def stream(model: str) -> str:
    async def read() -> str:
        async with connect(model, tools=[get_weather]).run_stream(QUESTION) as result:
            return "".join([text async for text in result.stream_text(delta=True)])

    text = asyncio.run(read())
    assert "Sunny in Oslo." in text
    return text


def think(model: str) -> str:
    settings = {"bedrock_additional_model_requests_fields": THINKING[model]}
    agent = connect(model, tools=[get_weather], settings=settings)
    result = agent.run_sync(QUESTION)
    assert any(isinstance(part, ThinkingPart) for message in result.all_messages() for part in message.parts)
    return agent.run_sync(QUESTION, message_history=result.all_messages()).output


def count_tokens(model: str) -> int:
    limits = UsageLimits(input_tokens_limit=10_000, count_tokens_before_request=True)
    return connect(model).run_sync(QUESTION, usage_limits=limits).usage.input_tokens


def by_default(model: str) -> City:
    return connect(model, output_type=City).run_sync("Hello").output


def by_tool_after_another(model: str) -> City:
    return connect(model, output_type=ToolOutput(City), tools=[get_weather]).run_sync(QUESTION).output


steps.run(
    sys.argv[1],
    ask=ask,
    stream=stream,
    think=think,
    count_tokens=count_tokens,
    by_default=by_default,
    by_tool_after_another=by_tool_after_another,
)
