"""OpenAI's Agents SDK with chat completions: text, stream, tools, structured output."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import steps
from agents import Agent, Model, ModelSettings, OpenAIChatCompletionsModel, Runner, function_tool
from openai import AsyncOpenAI, RateLimitError
from pydantic import BaseModel

QUESTION = "What is the weather in Oslo?"


class City(BaseModel):
    name: str
    population: int


@function_tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def build(model: Model, **options: object) -> Agent:
    return Agent(name="Forecaster", instructions="Be brief.", model=model, **options)


async def ask(model: Model) -> str:
    return (await Runner.run(build(model), QUESTION)).final_output


async def use_tools(model: Model) -> str:
    output = (await Runner.run(build(model, tools=[get_weather]), QUESTION)).final_output
    assert "Sunny in Oslo." in output
    return output


async def stream(model: Model) -> str:
    run = Runner.run_streamed(build(model, tools=[get_weather]), QUESTION)
    kinds = {event.type async for event in run.stream_events()}
    assert {"raw_response_event", "run_item_stream_event"} <= kinds
    assert "Sunny in Oslo." in run.final_output
    return run.final_output


async def parse(model: Model) -> City:
    city = (await Runner.run(build(model, output_type=City), QUESTION)).final_output
    assert isinstance(city, City)
    return city


async def raise_error(model: Model) -> str:
    settings = ModelSettings(extra_headers={"x-mockclaude-fault": "429"})
    try:
        await Runner.run(build(model, model_settings=settings), QUESTION)
    except RateLimitError as error:
        return str(error)
    raise AssertionError("no error")


def with_client(step: Callable[[Model], Awaitable[object]]) -> Callable[[str], object]:
    async def run(model: str) -> object:
        async with AsyncOpenAI(max_retries=0) as client:
            return await step(OpenAIChatCompletionsModel(model=model, openai_client=client))

    return lambda model: asyncio.run(run(model))


steps.run(sys.argv[1], **{step.__name__: with_client(step) for step in (ask, use_tools, stream, parse, raise_error)})
