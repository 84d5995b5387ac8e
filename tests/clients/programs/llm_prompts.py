"""LLM with its plugin for Anthropic: text, stream, tools, structured output."""

import sys

import llm
import steps
from pydantic import BaseModel


class City(BaseModel):
    name: str
    population: int


def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def find(model: str) -> llm.Model:
    names = (known.model_id for known in llm.get_models())
    return llm.get_model(next(name for name in names if name.removeprefix("anthropic/").startswith(model)))


def ask(model: str) -> str:
    return find(model).prompt("Hello", stream=False).text()


def stream(model: str) -> str:
    return "".join(find(model).prompt("Hello", stream=True))


def use_tools(model: str) -> str:
    text = find(model).chain("What is the weather in Oslo?", tools=[get_weather]).text()
    assert "Sunny in Oslo." in text
    return text


def parse(model: str) -> City:
    return City.model_validate_json(find(model).prompt("Tell me about Paris", schema=City).text())


steps.run(sys.argv[1], ask=ask, stream=stream, use_tools=use_tools, parse=parse)
