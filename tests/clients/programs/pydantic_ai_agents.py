"""pydantic-ai: tools, and all ways to a structured output."""

import sys

import steps
from pydantic import BaseModel
from pydantic_ai import Agent, PromptedOutput, ToolOutput


class City(BaseModel):
    name: str
    population: int


def get_weather(city: str) -> str:
    return f"Sunny in {city}."


def ask(model: str) -> str:
    return Agent(f"anthropic:{model}", tools=[get_weather]).run_sync("What is the weather in Oslo?").output


def by_default(model: str) -> City:
    return Agent(f"anthropic:{model}", output_type=City).run_sync("Hello").output


def by_tool(model: str) -> City:
    return Agent(f"anthropic:{model}", output_type=ToolOutput(City)).run_sync("Hello").output


def by_tool_after_another(model: str) -> City:
    agent = Agent(f"anthropic:{model}", output_type=ToolOutput(City), tools=[get_weather])
    return agent.run_sync("What is the weather in Oslo?").output


def by_prompt(model: str) -> City:
    return Agent(f"anthropic:{model}", output_type=PromptedOutput(City)).run_sync("Hello").output


def by_prompt_after_a_tool(model: str) -> City:
    agent = Agent(f"anthropic:{model}", output_type=PromptedOutput(City), tools=[get_weather])
    return agent.run_sync("What is the weather in Oslo?").output


steps.run(
    sys.argv[1],
    ask=ask,
    by_default=by_default,
    by_tool=by_tool,
    by_tool_after_another=by_tool_after_another,
    by_prompt=by_prompt,
    by_prompt_after_a_tool=by_prompt_after_a_tool,
)
