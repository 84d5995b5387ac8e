"""LangChain and LangGraph: text, stream, agents, structured output."""

import sys

import steps
from langchain.agents import create_agent
from langchain_anthropic import ChatAnthropic
from langchain_core.output_parsers import PydanticOutputParser
from langchain_core.tools import tool
from pydantic import BaseModel

QUESTION = {"messages": [("user", "What is the weather in Oslo?")]}


class City(BaseModel):
    """A city."""

    name: str
    population: int


@tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def chat(model: str) -> ChatAnthropic:
    return ChatAnthropic(model=model, max_tokens=500)


def stream(model: str) -> int:
    return len(list(chat(model).stream("Hello")))


def run_agent(model: str) -> str:
    text = create_agent(chat(model), [get_weather]).invoke(QUESTION)["messages"][-1].text
    assert "Sunny in Oslo." in text
    return text


def run_structured_agent(model: str) -> City:
    return create_agent(chat(model), [get_weather], response_format=City).invoke(QUESTION)["structured_response"]


def parse(model: str) -> City:
    return chat(model).with_structured_output(City, method="json_schema").invoke("Hello")


def parse_by_prompt(model: str) -> City:
    parser = PydanticOutputParser(pydantic_object=City)
    return (chat(model) | parser).invoke(f"Name a city.\n{parser.get_format_instructions()}")


steps.run(
    sys.argv[1],
    stream=stream,
    run_agent=run_agent,
    run_structured_agent=run_structured_agent,
    parse=parse,
    parse_by_prompt=parse_by_prompt,
)
