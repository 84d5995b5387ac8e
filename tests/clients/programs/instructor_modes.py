"""instructor: structured output by a tool, by a schema in the prompt, and by an output format."""

import sys

import instructor
import steps
from pydantic import BaseModel


class City(BaseModel):
    name: str
    population: int


class Country(BaseModel):
    name: str
    cities: list[City]


def create(model: str, mode: instructor.Mode) -> Country:
    client = instructor.from_provider(f"anthropic/{model}", mode=mode)
    message = {"role": "user", "content": "Tell me about France"}
    return client.create(response_model=Country, messages=[message], max_tokens=1000, max_retries=1)


def by_tool(model: str) -> Country:
    return create(model, instructor.Mode.TOOLS)


def by_prompt(model: str) -> Country:
    return create(model, instructor.Mode.JSON)


def by_format(model: str) -> Country:
    return create(model, instructor.Mode.JSON_SCHEMA)


steps.run(sys.argv[1], by_tool=by_tool, by_prompt=by_prompt, by_format=by_format)
