"""Strands on Bedrock: a tool loop, streamed and not, thinking, and structured output."""

import os
import sys
from typing import Any

import boto3
import steps
from pydantic import BaseModel
from strands import Agent, tool
from strands.models.bedrock import BedrockModel
from strands.models.model import CacheConfig

THINKING = {
    "claude-sonnet-5": {"thinking": {"type": "adaptive"}},
    "claude-haiku-4-5": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}
QUESTION = "What is the weather in Oslo?"


class City(BaseModel):
    """A city."""

    name: str
    population: int


@tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def connect(model: str, **settings: Any) -> Agent:
    session = boto3.Session(aws_access_key_id="AKIAMOCK", aws_secret_access_key="secret", region_name="eu-west-1")
    url = os.environ["ANTHROPIC_BASE_URL"]
    bedrock = BedrockModel(
        boto_session=session, endpoint_url=url, model_id=f"eu.anthropic.{model}-v1:0", max_tokens=2_000, **settings
    )
    return Agent(model=bedrock, tools=[get_weather], callback_handler=None)


def use_tools(model: str) -> str:
    for streaming in (True, False):
        text = str(connect(model, streaming=streaming)(QUESTION))
        assert "Sunny in Oslo." in text
    return text


def use_cache(model: str) -> str:
    return str(connect(model, cache_config=CacheConfig(tools_ttl=True))(QUESTION))


def think(model: str) -> str:
    for streaming in (True, False):
        agent = connect(model, streaming=streaming, additional_request_fields=THINKING[model])
        text = str(agent(QUESTION))
        assert "Sunny in Oslo." in text
        assert any("reasoningContent" in block for message in agent.messages for block in message["content"])
    return text


def parse(model: str) -> City:
    return connect(model)(QUESTION, structured_output_model=City).structured_output


steps.run(sys.argv[1], use_tools=use_tools, use_cache=use_cache, think=think, parse=parse)
