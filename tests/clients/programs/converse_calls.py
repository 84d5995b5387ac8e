"""boto3's Converse: text, stream, tools, thinking, documents, tokens, errors."""

import os
import sys
from typing import Any

import boto3
import steps
from botocore.config import Config
from botocore.exceptions import EventStreamError

PROFILE = "eu.anthropic.{}-v1:0"
ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/" + PROFILE
QUESTION = {"role": "user", "content": [{"text": "What is the weather in Oslo?"}]}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = {"tools": [{"toolSpec": {"name": "get_weather", "inputSchema": {"json": SCHEMA}}}]}
THINKING = {
    "claude-sonnet-5": {"thinking": {"type": "adaptive"}},
    "claude-haiku-4-5": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
}


def connect(fault: str = "") -> Any:
    client = boto3.client(
        "bedrock-runtime",
        region_name="eu-west-1",
        endpoint_url=os.environ["ANTHROPIC_BASE_URL"],
        aws_access_key_id="AKIAMOCK",
        aws_secret_access_key="secret",
        config=Config(retries={"max_attempts": 0}),
    )
    if fault:
        client.meta.events.register(
            "before-call.bedrock-runtime.*", lambda params, **_: params["headers"].update({"x-mockclaude-fault": fault})
        )
    return client


client = connect()


def ask(name: str, *messages: dict[str, Any], client: Any = client, **fields: Any) -> dict[str, Any]:
    return client.converse(modelId=name, messages=[QUESTION, *messages], **fields)


def read(name: str, client: Any = client, **fields: Any) -> list[dict[str, Any]]:
    return list(client.converse_stream(modelId=name, messages=[QUESTION], **fields)["stream"])


def join(events: list[dict[str, Any]], *path: str) -> str:
    texts = []
    for event in events:
        value = event.get("contentBlockDelta", {}).get("delta")
        for key in path:
            value = value.get(key) if value else None
        texts.append(value or "")
    return "".join(texts)


def converse(model: str) -> str:
    for name in (PROFILE.format(model), ARN.format(model), f"anthropic.{model}"):
        message = ask(name, system=[{"text": "Be brief."}], inferenceConfig={"maxTokens": 500})
        events = read(name, system=[{"text": "Be brief."}], inferenceConfig={"maxTokens": 500})
        text = message["output"]["message"]["content"][-1]["text"]
        assert join(events, "text") == text
        assert events[-1]["metadata"]["usage"] == message["usage"]
        assert events[-2]["messageStop"]["stopReason"] == message["stopReason"] == "end_turn"
    return text


def use_tools(model: str) -> str:
    name = f"anthropic.{model}"
    message = ask(name, toolConfig=TOOLS)
    call = next(block["toolUse"] for block in message["output"]["message"]["content"] if "toolUse" in block)
    result = {"toolResult": {"toolUseId": call["toolUseId"], "content": [{"json": {"weather": "Sunny in Oslo."}}]}}
    replies = message["output"]["message"], {"role": "user", "content": [result]}
    text = ask(name, *replies, toolConfig=TOOLS)["output"]["message"]["content"][-1]["text"]
    assert "Sunny in Oslo." in text
    assert '"city"' in join(read(name, toolConfig=TOOLS), "toolUse", "input")
    return text


def think(model: str) -> str:
    name, fields = f"anthropic.{model}", {"additionalModelRequestFields": THINKING[model]}
    message = ask(name, **fields)["output"]["message"]
    reasoning = next(block["reasoningContent"] for block in message["content"] if "reasoningContent" in block)
    assert reasoning["reasoningText"]["signature"]
    assert join(read(name, **fields), "reasoningContent", "signature")
    again = ask(name, message, QUESTION, **fields)
    assert again["stopReason"] == "end_turn"
    return reasoning["reasoningText"]["text"]


def read_document(model: str) -> str:
    source = {"format": "txt", "name": "Forecast", "source": {"bytes": b"It is sunny in Oslo."}}
    content = [{"document": source}, {"cachePoint": {"type": "default"}}, {"text": "Summarize the forecast."}]
    message = client.converse(modelId=f"anthropic.{model}", messages=[{"role": "user", "content": content}])
    return message["output"]["message"]["content"][-1]["text"]


def count_tokens(model: str) -> int:
    name = f"anthropic.{model}"
    count = client.count_tokens(modelId=name, input={"converse": {"messages": [QUESTION]}})["inputTokens"]
    assert count == ask(name)["usage"]["inputTokens"]
    return count


def throttle(model: str) -> str:
    throttled = connect("429")
    try:
        ask(f"anthropic.{model}", client=throttled)
    except throttled.exceptions.ThrottlingException as error:
        return error.response["Error"]["Message"]
    raise AssertionError("no error")


def refuse(model: str) -> str:
    try:
        ask(f"anthropic.{model}", {"role": "assistant", "content": [{"text": " "}]})
    except client.exceptions.ValidationException as error:
        return error.response["Error"]["Message"]
    raise AssertionError("no error")


def break_stream(model: str) -> str:
    code = "no error"
    try:
        read(f"anthropic.{model}", connect("error_event"))
    except EventStreamError as error:
        code = error.response["Error"]["Code"]
    assert code == "serviceUnavailableException"
    return code


steps.run(
    sys.argv[1],
    converse=converse,
    use_tools=use_tools,
    think=think,
    read_document=read_document,
    count_tokens=count_tokens,
    throttle=throttle,
    refuse=refuse,
    break_stream=break_stream,
)
