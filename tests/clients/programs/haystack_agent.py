"""Haystack: text, stream, an agent."""

import sys

import steps
from haystack.components.agents import Agent
from haystack.dataclasses import ChatMessage
from haystack.tools import create_tool_from_function
from haystack_integrations.components.generators.anthropic import AnthropicChatGenerator

QUESTION = ChatMessage.from_user("What is the weather in Oslo?")


def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def ask(model: str) -> str:
    return AnthropicChatGenerator(model=model).run([QUESTION])["replies"][0].text


def stream(model: str) -> int:
    chunks = []
    AnthropicChatGenerator(model=model, streaming_callback=chunks.append).run([QUESTION])
    return len(chunks)


def run_agent(model: str) -> str:
    agent = Agent(chat_generator=AnthropicChatGenerator(model=model), tools=[create_tool_from_function(get_weather)])
    text = agent.run(messages=[QUESTION])["messages"][-1].text
    assert "Sunny in Oslo." in text
    return text


steps.run(sys.argv[1], ask=ask, stream=stream, run_agent=run_agent)
