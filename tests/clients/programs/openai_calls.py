"""OpenAI's SDK: text, streams, tools, structured output, images, models, errors, retries."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openai
import steps
from pydantic import BaseModel

QUESTION = [
    {"role": "developer", "content": "Be brief."},
    {"role": "user", "content": "What is the weather in Oslo?"},
]
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "get_weather", "description": "Get the weather.", "parameters": CITY}
TOOL = {"type": "function", "function": FUNCTION}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


class City(BaseModel):
    name: str
    population: int


client = openai.OpenAI(max_retries=0)
chat = client.chat.completions


def ask(model: str, *more: Any, **fields: Any) -> Any:
    return chat.create(model=model, messages=[*QUESTION, *more], **fields)


def create(model: str) -> str:
    completion = ask(model)
    choice, usage = completion.choices[0], completion.usage
    assert (completion.object, completion.id[:9]) == ("chat.completion", "chatcmpl-")
    assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
    assert (choice.message.refusal, choice.message.tool_calls) == (None, None)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0
    assert completion._request_id.startswith("req_")
    assert completion.model.startswith(model)
    return choice.message.content


def stream(model: str) -> str:
    chunks = list(ask(model, stream=True))
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert deltas[0].role == "assistant"
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[-1].choices[0].finish_reason == "stop"
    text = "".join(delta.content or "" for delta in deltas)
    assert text == create(model)
    return text


def stream_usage(model: str) -> int:
    *chunks, last = ask(model, stream=True, stream_options={"include_usage": True})
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert last.choices == []
    assert last.usage == ask(model).usage
    return last.usage.total_tokens


async def create_async(model: str) -> str:
    async with openai.AsyncOpenAI(max_retries=0) as asynchronous:
        completion = await asynchronous.chat.completions.create(model=model, messages=QUESTION)
        chunks = await asynchronous.chat.completions.create(model=model, messages=QUESTION, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in chunks])
    assert text == completion.choices[0].message.content
    return text


def stream_helper(model: str) -> list[str]:
    with chat.stream(model=model, messages=QUESTION) as events:
        kinds = [event.type for event in events]
        final = events.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} == set(kinds)
    assert final.choices[0].message.content == create(model)
    return kinds[:3]


def parse(model: str) -> City:
    parsed = chat.parse(model=model, messages=QUESTION, response_format=City).choices[0].message.parsed
    with chat.stream(model=model, messages=QUESTION, response_format=City) as events:
        assert events.get_final_completion().choices[0].message.parsed == parsed
    assert isinstance(parsed, City)
    return parsed


def use_tools(model: str) -> str:
    choice = ask(model, tools=[TOOL]).choices[0]
    [call] = choice.message.tool_calls
    assert (choice.finish_reason, call.type, call.function.name) == ("tool_calls", "function", "get_weather")
    assert isinstance(json.loads(call.function.arguments)["city"], str)
    result = {"role": "tool", "tool_call_id": call.id, "content": "Sunny in Oslo."}
    text = ask(model, choice.message, result, tools=[TOOL]).choices[0].message.content
    assert "Sunny in Oslo." in text
    return text


def stream_tools(model: str) -> str:
    with chat.stream(model=model, messages=QUESTION, tools=[TOOL]) as events:
        kinds = {event.type for event in events}
        final = events.get_final_completion()
    assert kinds >= {"tool_calls.function.arguments.delta", "tool_calls.function.arguments.done"}
    assert final.choices[0].finish_reason == "tool_calls"
    [call], [sent] = final.choices[0].message.tool_calls, ask(model, tools=[TOOL]).choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == (sent.function.name, sent.function.arguments)
    return call.function.arguments


def choose_tools(model: str) -> str:
    for choice in ("required", {"type": "function", "function": {"name": "get_weather"}}):
        message = ask(model, tools=[TOOL], tool_choice=choice, parallel_tool_calls=False).choices[0].message
        assert message.tool_calls[0].function.name == "get_weather"
    message = ask(model, tools=[TOOL], tool_choice="none").choices[0].message
    assert message.tool_calls is None
    return message.content


def call_function(model: str) -> str:
    """Use a tool by the fields that preceded tools."""
    choice = ask(model, functions=[FUNCTION], function_call={"name": "get_weather"}).choices[0]
    assert (choice.finish_reason, choice.message.function_call.name) == ("function_call", "get_weather")
    result = {"role": "function", "name": "get_weather", "content": "Sunny in Oslo."}
    text = ask(model, choice.message, result, functions=[FUNCTION]).choices[0].message.content
    assert "Sunny in Oslo." in text
    return text


def see_image(model: str) -> int:
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}}
    turn = {"role": "user", "content": [{"type": "text", "text": "What is in the image?"}, image]}
    completion = chat.create(model=model, messages=[turn], max_completion_tokens=200)
    assert completion.choices[0].message.content
    return completion.usage.prompt_tokens


def set_options(model: str) -> str:
    options = {"temperature": 1.7, "seed": 7, "user": "user-1", "presence_penalty": 0.5, "logprobs": False, "n": 1}
    choice = ask(model, max_tokens=1, stop=["END"], reasoning_effort="low", **options).choices[0]
    assert choice.finish_reason == "length"
    return choice.message.content


def list_models(model: str) -> int:
    listed = list(client.models.list())
    found = client.models.retrieve(model)
    assert found.id in [one.id for one in listed]
    assert (found.object, found.owned_by) == ("model", "anthropic")
    with _raises(openai.NotFoundError):
        client.models.retrieve("gpt-4o")
    return len(listed)


ERRORS = {
    "400": openai.BadRequestError,
    "401": openai.AuthenticationError,
    "403": openai.PermissionDeniedError,
    "404": openai.NotFoundError,
    "429": openai.RateLimitError,
    "500": openai.InternalServerError,
    "529": openai.InternalServerError,
}


def raise_errors(model: str) -> list[str]:
    for fault, kind in ERRORS.items():
        with _raises(kind) as raised:
            ask(model, extra_headers={"x-mockclaude-fault": fault})
        assert raised[0].status_code == int(fault)
        assert raised[0].code == raised[0].type is not None
        assert raised[0].request_id.startswith("req_")
        assert raised[0].body["message"]
    with _raises(openai.BadRequestError) as raised:
        ask(model, n=2)
    with _raises(openai.NotFoundError):
        client.embeddings.create(model=model, input="Oslo")
    return [str(raised[0])]


def retry(model: str) -> list[int]:
    """Return the numbers of retries of calls whose first attempts have an error."""
    counts = []
    patient = client.with_options(max_retries=2).chat.completions.with_raw_response
    for kind in ("overloaded_error", "rate_limit_error"):
        fault = json.dumps({"error": kind, "occurrence": [1, 2]})
        turn = {"role": "user", "content": f"How many attempts after {kind}?"}
        response = patient.create(model=model, messages=[turn], extra_headers={"x-mockclaude-fault": fault})
        assert response.parse().choices[0].finish_reason == "stop"
        counts.append(response.retries_taken)
    assert counts == [2, 2], counts
    return counts


def break_stream(model: str) -> list[str]:
    """Return the classes of the errors of broken streams."""
    with _raises(openai.APIError) as error:
        list(ask(model, stream=True, extra_headers={"x-mockclaude-fault": "error_event"}))
    assert error[0].message
    with _raises(Exception) as cut:
        list(ask(model, stream=True, extra_headers={"x-mockclaude-fault": "cut"}))
    return [type(raised[0]).__name__ for raised in (error, cut)]


@contextmanager
def _raises(kind: type[Exception]) -> Iterator[list[Any]]:
    raised: list[Any] = []
    try:
        yield raised
    except kind as error:
        raised.append(error)
    assert raised, f"no {kind}"


def wait(step: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda model: asyncio.run(step(model))


steps.run(
    sys.argv[1],
    create=create,
    stream=stream,
    stream_usage=stream_usage,
    create_async=wait(create_async),
    stream_helper=stream_helper,
    parse=parse,
    use_tools=use_tools,
    stream_tools=stream_tools,
    choose_tools=choose_tools,
    call_function=call_function,
    see_image=see_image,
    set_options=set_options,
    list_models=list_models,
    raise_errors=raise_errors,
    retry=retry,
    break_stream=break_stream,
)
