"""LiteLLM: text, stream, tools, structured output."""

import sys

import litellm
import steps

FUNCTION = {
    "name": "get_weather",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
QUESTION = {"role": "user", "content": "What is the weather in Oslo?"}


def call(model: str, *messages: object, **fields: object) -> object:
    return litellm.completion(model=f"anthropic/{model}", max_tokens=500, messages=list(messages), **fields)


def stream(model: str) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in call(model, QUESTION, stream=True))


def use_tools(model: str) -> str:
    tools = [{"type": "function", "function": FUNCTION}]
    message = call(model, QUESTION, tools=tools).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "Sunny in Oslo."}
    text = call(model, QUESTION, message.model_dump(), result, tools=tools).choices[0].message.content
    assert "Sunny in Oslo." in text
    return text


steps.run(sys.argv[1], stream=stream, use_tools=use_tools)
