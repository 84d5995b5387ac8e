"""smolagents: an agent with a tool, and an agent with its tool for the final answer alone."""

import sys

import steps
from smolagents import LiteLLMModel, Tool, ToolCallingAgent, tool


@tool
def get_weather(city: str) -> str:
    """Get the weather.

    Args:
        city: The city.
    """
    return f"Sunny in {city}."


def run(model: str, *tools: Tool) -> str:
    chat = LiteLLMModel(model_id=f"anthropic/{model}", max_tokens=1000)
    agent = ToolCallingAgent(tools=list(tools), model=chat, max_steps=3, verbosity_level=0)
    return str(agent.run("What is the weather in Oslo?"))


def use_tool(model: str) -> str:
    text = run(model, get_weather)
    assert "Sunny in Oslo." in text
    return text


steps.run(sys.argv[1], use_tool=use_tool, answer=run)
