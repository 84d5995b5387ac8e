"""boto3's Bedrock runtime: text, stream, tokens, tools, errors."""

import json
import os
import sys
from typing import Any

import boto3
import steps
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

PROFILE = "eu.anthropic.{}-v1:0"
ARN = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/" + PROFILE
QUESTION = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 500,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "What is the weather in Oslo?"}],
}
TOOL = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
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


def invoke(name: str, client: Any = client, **fields: object) -> dict[str, Any]:
    response = client.invoke_model(modelId=name, body=json.dumps({**QUESTION, **fields}))
    message = json.loads(response["body"].read())
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert int(headers["x-amzn-bedrock-input-token-count"]) == message["usage"]["input_tokens"]
    return message


def read(name: str, client: Any = client) -> list[dict[str, Any]]:
    response = client.invoke_model_with_response_stream(modelId=name, body=json.dumps(QUESTION))
    return [json.loads(event["chunk"]["bytes"]) for event in response["body"]]


def converse(model: str) -> str:
    for name in (PROFILE.format(model), ARN.format(model), f"anthropic.{model}"):
        text = invoke(name)["content"][-1]["text"]
        events = read(name)
        deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
        assert "".join(delta["text"] for delta in deltas if delta["type"] == "text_delta") == text
        assert events[-1]["amazon-bedrock-invocationMetrics"]["inputTokenCount"] > 0
    return text


def count_tokens(model: str) -> int:
    body = json.dumps(QUESTION).encode()
    count = client.count_tokens(modelId=PROFILE.format(model), input={"invokeModel": {"body": body}})["inputTokens"]
    assert count == invoke(PROFILE.format(model))["usage"]["input_tokens"]
    return count


def use_tools(model: str) -> str:
    message = invoke(PROFILE.format(model), tools=[TOOL])
    call = next(block for block in message["content"] if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "Sunny in Oslo."}
    messages = [
        *QUESTION["messages"],
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": [result]},
    ]
    text = invoke(PROFILE.format(model), tools=[TOOL], messages=messages)["content"][-1]["text"]
    assert "Sunny in Oslo." in text
    return text


def throttle(model: str) -> str:
    throttled = connect("429")
    try:
        invoke(PROFILE.format(model), throttled)
    except throttled.exceptions.ThrottlingException as error:
        return error.response["Error"]["Message"]
    raise AssertionError("no error")


def raise_errors(model: str) -> list[str]:
    raised = [_raise(PROFILE.format(model), fault) for fault in ("400", "403", "404", "500", "529", "504")]
    assert raised == [
        "ValidationException",
        "AccessDeniedException",
        "ResourceNotFoundException",
        "InternalServerException",
        "ServiceUnavailableException",
        "ModelTimeoutException",
    ]
    assert _raise("anthropic.claude-nonsense", "") == "ValidationException"
    return raised


def _raise(name: str, fault: str) -> str:
    try:
        invoke(name, connect(fault))
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "no error"


def break_stream(model: str) -> str:
    code = "no error"
    try:
        read(PROFILE.format(model), connect("error_event"))
    except EventStreamError as error:
        code = error.response["Error"]["Code"]
    assert code == "serviceUnavailableException"
    return code


steps.run(
    sys.argv[1],
    converse=converse,
    count_tokens=count_tokens,
    use_tools=use_tools,
    throttle=throttle,
    raise_errors=raise_errors,
    break_stream=break_stream,
)
