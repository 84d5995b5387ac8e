"""OpenAI's Agents SDK with its default model, the Responses API: tools in two turns, streams, structured output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import agents
import steps
from openai import AsyncOpenAI
from pydantic import BaseModel

QUESTION = "What is the weather in Oslo?"


class City(BaseModel):
    name: str
    population: int


@agents.function_tool
def get_weather(city: str) -> str:
    return f"Sunny in {city}."


def create_agent(model: str, **settings: object) -> agents.Agent:
    return agents.Agent(name="Forecaster", instructions="Be brief.", model=model, tools=[get_weather], **settings)


async def use_tools(model: str) -> str:
    first = await agents.Runner.run(create_agent(model), QUESTION)
    assert "Sunny in Oslo." in first.final_output
    assert len(first.raw_responses) == 2
    follow_up = [*first.to_input_list(), {"role": "user", "content": "And in Bergen?"}]
    return (await agents.Runner.run(create_agent(model), follow_up)).final_output


async def stream(model: str) -> str:
    result, text = agents.Runner.run_streamed(create_agent(model), QUESTION), ""
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            text += event.data.delta
    assert "Sunny in Oslo." in text
    assert text.endswith(result.final_output)
    return text


async def parse(model: str) -> City:
    city = (await agents.Runner.run(create_agent(model, output_type=City), QUESTION)).final_output
    assert isinstance(city, City)
    return city


async def converse(model: str) -> str:
    session, agent = agents.SQLiteSession("talk"), agents.Agent(name="Talker", model=model)
    await agents.Runner.run(agent, "Hello", session=session)
    return (await agents.Runner.run(agent, "Who are you?", session=session)).final_output


def wait(step: Callable[[str], Awaitable[object]]) -> Callable[[str], object]:
    def run(model: str) -> object:
        agents.set_default_openai_client(AsyncOpenAI(max_retries=0), use_for_tracing=False)
        return asyncio.run(step(model))  # type: ignore[arg-type]

    return run


agents.set_tracing_disabled(True)
steps.run(sys.argv[1], use_tools=wait(use_tools), stream=wait(stream), parse=wait(parse), converse=wait(converse))
