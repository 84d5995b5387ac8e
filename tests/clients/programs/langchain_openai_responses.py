"""LangChain with OpenAI's Responses API: text, streams, tools, structured output."""

import sys

import steps
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI
from pydantic import BaseModel


class City(BaseModel):
    """A city."""

    name: str
    population: int


class GetWeather(BaseModel):
    """Return the weather."""

    city: str


def create_model(model: str, **settings: object) -> ChatOpenAI:
    return ChatOpenAI(model=model, use_responses_api=True, max_retries=0, **settings)


def invoke(model: str) -> str:
    message = create_model(model).invoke("Hello")
    assert message.usage_metadata["total_tokens"] > 0
    return message.text


def stream(model: str) -> str:
    return "".join(chunk.text for chunk in create_model(model).stream("Hello"))


def use_tools(model: str) -> str:
    bound, messages = create_model(model).bind_tools([GetWeather]), [HumanMessage("What is the weather in Oslo?")]
    messages.append(bound.invoke(messages))
    messages += [ToolMessage("Sunny in Oslo.", tool_call_id=call["id"]) for call in messages[-1].tool_calls]
    assert "Sunny in Oslo." in bound.invoke(messages).text
    return "".join(chunk.text for chunk in bound.stream(messages))


def parse(model: str) -> City:
    city = create_model(model).with_structured_output(City, method="json_schema").invoke("Oslo")
    assert isinstance(city, City)
    assert isinstance(create_model(model).with_structured_output(City, method="function_calling").invoke("Oslo"), City)
    return city


def talk(model: str) -> str:
    client, messages = create_model(model), [HumanMessage("Hello")]
    messages += [client.invoke(messages), HumanMessage("Who are you?")]
    return client.invoke(messages).text


steps.run(sys.argv[1], invoke=invoke, stream=stream, use_tools=use_tools, parse=parse, talk=talk)
