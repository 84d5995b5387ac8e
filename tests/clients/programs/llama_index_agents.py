"""llama-index: text, stream, an agent, structured output by a tool and by a schema in the prompt."""

import asyncio
import sys

import steps
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.program import LLMTextCompletionProgram
from llama_index.core.prompts import PromptTemplate
from llama_index.llms.anthropic import Anthropic
from pydantic import BaseModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def chat(model: str) -> Anthropic:
    return Anthropic(model=model, max_tokens=1000)


def ask(model: str) -> str:
    return chat(model).complete("Hello").text


def stream(model: str) -> int:
    return len(list(chat(model).stream_complete("Hello")))


def run_agent(model: str) -> str:
    async def run() -> str:
        return str(await FunctionAgent(tools=[get_weather], llm=chat(model)).run("What is the weather in Oslo?"))

    text = asyncio.run(run())
    assert "Sunny in Oslo." in text
    return text


def by_tool(model: str) -> City:
    return chat(model).structured_predict(City, PromptTemplate("Tell me about Paris"))


def by_prompt(model: str) -> City:
    prompt = "Tell me about {place}"
    program = LLMTextCompletionProgram.from_defaults(output_cls=City, prompt_template_str=prompt, llm=chat(model))
    return program(place="Paris")


steps.run(sys.argv[1], ask=ask, stream=stream, run_agent=run_agent, by_tool=by_tool, by_prompt=by_prompt)
