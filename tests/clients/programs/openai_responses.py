"""The Responses API of OpenAI's SDK: texts, streams, tools, images, structured output, references, errors."""

import asyncio
import sys

import openai
import steps
from pydantic import BaseModel

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
TOOL = {
    "type": "function",
    "name": "get_weather",
    "description": "Return the weather.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "strict": True,
}
QUESTION = {"role": "user", "content": "What is the weather in Oslo?"}


class City(BaseModel):
    name: str
    population: int


client = openai.OpenAI(max_retries=0)


def create(model: str) -> str:
    response = client.responses.create(model=model, instructions="Be brief.", input="Hello")
    assert response.status == "completed"
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens
    return response.output_text


def stream(model: str) -> str:
    text, numbers = "", []
    for event in client.responses.create(model=model, input="Hello", stream=True):
        numbers.append(event.sequence_number)
        if event.type == "response.output_text.delta":
            text += event.delta
    assert event.type == "response.completed"
    assert event.response.output_text == text == create_same(model)
    assert numbers == list(range(len(numbers)))
    return text


def create_same(model: str) -> str:
    return client.responses.create(model=model, input="Hello").output_text


def stream_with_helper(model: str) -> str:
    with client.responses.stream(model=model, input=[QUESTION], tools=[TOOL]) as events:
        kinds = [event.type for event in events]
        final = events.get_final_response()
    assert "response.function_call_arguments.delta" in kinds
    assert final.output[-1].type == "function_call"
    return final.output[-1].arguments


async def stream_async(model: str) -> str:
    async with openai.AsyncOpenAI() as server:
        events = await server.responses.create(model=model, input="Hello", stream=True)
        return "".join([event.delta async for event in events if event.type == "response.output_text.delta"])


def use_tools(model: str) -> str:
    first = client.responses.create(model=model, input=[QUESTION], tools=[TOOL])
    calls = [item for item in first.output if item.type == "function_call"]
    outputs = [{"type": "function_call_output", "call_id": call.call_id, "output": "Sunny in Oslo."} for call in calls]
    second = client.responses.create(model=model, input=[QUESTION, *first.output, *outputs], tools=[TOOL])
    assert "Sunny in Oslo." in second.output_text
    return second.output_text


def parse(model: str) -> City:
    city = client.responses.parse(model=model, input="Oslo", text_format=City).output_parsed
    assert isinstance(city, City)
    with client.responses.stream(model=model, input="Oslo", text_format=City) as events:
        assert events.until_done().get_final_response().output_parsed == city
    return city


def show_image(model: str) -> str:
    parts = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": PIXEL}]
    return client.responses.create(model=model, input=[{"role": "user", "content": parts}]).output_text


def cut_short(model: str) -> str:
    response = client.responses.create(model=model, input="Hello", max_output_tokens=16)
    assert response.status == "completed" or response.incomplete_details.reason == "max_output_tokens"
    return response.output_text


def count(model: str) -> int:
    counted = client.responses.input_tokens.count(model=model, input=[QUESTION], tools=[TOOL]).input_tokens
    assert counted == client.responses.create(model=model, input=[QUESTION], tools=[TOOL]).usage.input_tokens
    return counted


def refuse(model: str) -> str:
    try:
        client.responses.create(model=model, input="Hello", tools=[{"type": "web_search"}])
    except openai.BadRequestError as error:
        return f"{error.code} {error.message}"
    raise AssertionError("no error")


def continue_response(model: str) -> str:
    first = client.responses.create(model=model, input="Hello")
    assert client.responses.retrieve(first.id).output == first.output
    second = client.responses.create(model=model, input="And now?", previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.input_tokens
    client.responses.delete(first.id)
    return second.output_text


def find(model: str) -> str:
    try:
        client.responses.retrieve(f"resp_{model}")
    except openai.NotFoundError as error:
        return error.message
    raise AssertionError("no error")


steps.run(
    sys.argv[1],
    create=create,
    stream=stream,
    stream_with_helper=stream_with_helper,
    stream_async=lambda model: asyncio.run(stream_async(model)),
    use_tools=use_tools,
    parse=parse,
    show_image=show_image,
    cut_short=cut_short,
    continue_response=continue_response,
    count=count,
    refuse=refuse,
    find=find,
)
