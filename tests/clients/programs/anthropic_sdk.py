"""The official SDK: text, stream, tools, structured output."""

import sys

import steps
from anthropic import Anthropic, beta_tool
from pydantic import BaseModel

client = Anthropic()
QUESTION = [{"role": "user", "content": "What is the weather in Oslo?"}]


class City(BaseModel):
    name: str
    population: int


@beta_tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def ask(model: str) -> str:
    message = client.messages.create(model=model, max_tokens=500, messages=QUESTION)
    return message.content[-1].text


def stream(model: str) -> str:
    with client.messages.stream(model=model, max_tokens=500, messages=QUESTION) as events:
        return "".join(events.text_stream)


def use_tools(model: str) -> str:
    runner = client.beta.messages.tool_runner(model=model, max_tokens=500, messages=QUESTION, tools=[get_weather])
    text = runner.until_done().content[-1].text
    assert "Sunny in Oslo." in text
    return text


def parse(model: str) -> City:
    helper = client.beta.messages if not hasattr(client.messages, "parse") else client.messages
    city = helper.parse(model=model, max_tokens=500, messages=QUESTION, output_format=City).parsed_output
    assert isinstance(city, City)
    return city


steps.run(sys.argv[1], ask=ask, stream=stream, use_tools=use_tools, parse=parse)
