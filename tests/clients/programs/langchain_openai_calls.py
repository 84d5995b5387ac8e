"""LangChain's ChatOpenAI: text, streams, tools, structured output, an agent."""

import asyncio
import sys
from typing import Any

import openai
import steps
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

QUESTION = "What is the weather in Oslo?"


class City(BaseModel):
    """A city."""

    name: str
    population: int


@tool
def get_weather(city: str) -> str:
    """Get the weather."""
    return f"Sunny in {city}."


def connect(model: str, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(model=model, max_retries=0, **options)


def invoke(model: str) -> str:
    message = connect(model).invoke([("system", "Be brief."), ("human", QUESTION)])
    assert message.response_metadata["finish_reason"] == "stop"
    assert message.usage_metadata["total_tokens"] > 0
    return message.content


def stream(model: str) -> str:
    chunks = list(connect(model, stream_usage=True).stream(QUESTION))
    text = "".join(chunk.content for chunk in chunks)
    message = connect(model).invoke(QUESTION)
    assert text == message.content
    assert (
        sum((chunk.usage_metadata or {}).get("total_tokens", 0) for chunk in chunks)
        == (message.usage_metadata["total_tokens"])
    )
    return text


def stream_async(model: str) -> str:
    async def read() -> str:
        return "".join([chunk.content async for chunk in connect(model).astream(QUESTION)])

    return asyncio.run(read())


def bind_tools(model: str) -> str:
    chat = connect(model).bind_tools([get_weather])
    call = chat.invoke(QUESTION)
    streamed = None
    for chunk in chat.stream(QUESTION):
        streamed = chunk if streamed is None else streamed + chunk
    [wanted], [sent] = call.tool_calls, streamed.tool_calls
    assert (wanted["name"], wanted["args"]) == (sent["name"], sent["args"])
    answer = chat.invoke([("human", QUESTION), call, ToolMessage("Sunny in Oslo.", tool_call_id=wanted["id"])])
    assert "Sunny in Oslo." in answer.content
    return answer.content


def structure(model: str) -> list[City]:
    cities = [
        connect(model).with_structured_output(City, method=method).invoke(QUESTION)
        for method in ("json_schema", "function_calling")
    ]
    assert all(isinstance(city, City) for city in cities)
    return cities


def run_agent(model: str) -> str:
    agent = create_agent(connect(model), [get_weather])
    text = agent.invoke({"messages": [("human", QUESTION)]})["messages"][-1].content
    assert "Sunny in Oslo." in text
    return text


def raise_errors(model: str) -> list[str]:
    raised = [_raise(model, fault, stream=fault == "error_event") for fault in ("429", "529", "error_event")]
    assert raised == ["OpenAIRateLimitError", "OpenAIAPIError", "APIError"], raised
    return raised


def _raise(model: str, fault: str, *, stream: bool) -> str:
    chat = connect(model, default_headers={"x-mockclaude-fault": fault})
    try:
        list(chat.stream(QUESTION)) if stream else chat.invoke(QUESTION)
    except openai.APIError as error:
        return type(error).__name__
    return "no error"


steps.run(
    sys.argv[1],
    invoke=invoke,
    stream=stream,
    stream_async=stream_async,
    bind_tools=bind_tools,
    structure=structure,
    run_agent=run_agent,
    raise_errors=raise_errors,
)
