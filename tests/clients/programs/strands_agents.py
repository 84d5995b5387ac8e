"""Strands: a tool loop and structured output."""

import sys

import steps
from pydantic import BaseModel
from strands import Agent, tool
from strands.models.anthropic import AnthropicModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


@tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def agent(model: str) -> Agent:
    return Agent(model=AnthropicModel(model_id=model, max_tokens=500), tools=[get_weather], callback_handler=None)


def use_tools(model: str) -> str:
    text = str(agent(model)("What is the weather in Oslo?"))
    assert "Sunny in Oslo." in text
    return text


def parse(model: str) -> City:
    return agent(model)("What is the weather in Oslo?", structured_output_model=City).structured_output


steps.run(sys.argv[1], use_tools=use_tools, parse=parse)
