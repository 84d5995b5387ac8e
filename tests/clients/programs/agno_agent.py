"""Agno: stream, a tool loop, structured output."""

import sys

import steps
from agno.agent import Agent
from agno.models.anthropic import Claude
from pydantic import BaseModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def agent(model: str, **fields: object) -> Agent:
    return Agent(model=Claude(id=model, max_tokens=500), telemetry=False, **fields)


def stream(model: str) -> int:
    return len(list(agent(model).run("Hello", stream=True)))


def use_tools(model: str) -> str:
    text = agent(model, tools=[get_weather]).run("What is the weather in Oslo?").content
    assert "Sunny in Oslo." in text
    return text


def parse(model: str) -> City:
    city = agent(model, output_schema=City).run("Hello").content
    assert isinstance(city, City)
    return city


steps.run(sys.argv[1], stream=stream, use_tools=use_tools, parse=parse)
