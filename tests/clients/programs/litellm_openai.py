"""LiteLLM with its provider `openai`: text, stream, tools, structured output, an error."""

import sys
from typing import Any

import litellm
import steps
from pydantic import BaseModel

FUNCTION = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTION = {"role": "user", "content": "What is the weather in Oslo?"}


class City(BaseModel):
    name: str
    population: int


def call(model: str, *messages: object, **fields: object) -> Any:
    return litellm.completion(model=f"openai/{model}", messages=list(messages), num_retries=0, **fields)


def create(model: str) -> str:
    completion = call(model, QUESTION)
    assert completion.usage.total_tokens > 0
    return completion.choices[0].message.content


def stream(model: str) -> str:
    chunks = list(call(model, QUESTION, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == create(model)
    return text


def use_tools(model: str) -> str:
    tools = [{"type": "function", "function": FUNCTION}]
    message = call(model, QUESTION, tools=tools).choices[0].message
    streamed = litellm.stream_chunk_builder(list(call(model, QUESTION, tools=tools, stream=True)))
    assert streamed.choices[0].message.tool_calls[0].function == message.tool_calls[0].function
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Sunny in Oslo."}
    text = call(model, QUESTION, message.model_dump(), result, tools=tools).choices[0].message.content
    assert "Sunny in Oslo." in text
    return text


def parse(model: str) -> City:
    return City.model_validate_json(call(model, QUESTION, response_format=City).choices[0].message.content)


def raise_errors(model: str) -> list[str]:
    raised = [_raise(model, fault) for fault in ("400", "429", "500", "529")]
    assert raised == ["BadRequestError", "RateLimitError", "InternalServerError", "APIError"], raised
    raised += [_raise(model, fault, stream=True) for fault in ("error_event", "cut")]
    assert raised[4:] == ["MidStreamFallbackError"] * 2, raised
    return raised


def _raise(model: str, fault: str, **fields: object) -> str:
    try:
        list(call(model, QUESTION, extra_headers={"x-mockclaude-fault": fault}, max_retries=0, **fields))
    except Exception as error:
        return type(error).__name__
    return "no error"


steps.run(sys.argv[1], create=create, stream=stream, use_tools=use_tools, parse=parse, raise_errors=raise_errors)
