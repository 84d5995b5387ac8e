"""One scenario answers the requests of all platforms with the same text and the same counts."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any, NamedTuple

import pytest

from mockclaude.scenario.loading.loader import load_text
from tests.serving import Received, Running, ServerThread, request

SCENARIO = """
rules:
  - {when: {user: weather, model: claude-haiku-4-5*}, reply: It is sunny in Oslo.}
"""
BODY = {"max_tokens": 99, "messages": [{"role": "user", "content": "How is the weather?"}]}
NAME, BEDROCK = "claude-haiku-4-5-20251001", "eu.anthropic.claude-haiku-4-5-20251001-v1%3A0"
VERTEX = "/v1/projects/p/locations/r/publishers/anthropic/models"


class Platform(NamedTuple):
    """The paths and the headers of a client."""

    create: str
    stream: str
    counts: str
    headers: dict[str, str | None]
    model: str = ""
    version: str = ""


def sign(service: str) -> dict[str, str | None]:
    """Return the headers of a client of AWS."""
    scope = f"Credential=K/20261130/eu-west-1/{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"
    return {"x_api_key": None, "authorization": authorization, "x_amz_date": "20261130T120000Z"}


def of_the_api(base: str, model: str, **headers: str | None) -> Platform:
    path = f"{base}/v1/messages"
    return Platform(path, path, f"{path}/count_tokens", headers, model)


def of_bedrock(model: str) -> Platform:
    path = f"/model/{model}"
    headers = {**sign("bedrock"), "anthropic_version": None}
    stream = f"{path}/invoke-with-response-stream"
    return Platform(f"{path}/invoke", stream, f"{path}/count-tokens", headers, version="bedrock-2023-05-31")


PLATFORMS = {
    "the API": of_the_api("", NAME),
    "Foundry": of_the_api("/anthropic", NAME, api_key="mock"),
    "Mantle": of_the_api("/anthropic", f"anthropic.{NAME}", x_api_key=None, authorization="Bearer mock"),
    "Mantle, signed": of_the_api("", f"anthropic.{NAME}", **sign("bedrock-mantle")),
    "Claude on AWS": of_the_api("", NAME, **sign("aws-external-anthropic")),
    "Google Cloud": of_the_api("", NAME, x_api_key=None, authorization="Bearer mock"),
    "Bedrock": of_bedrock(BEDROCK),
    "Bedrock by an ARN": of_bedrock(f"arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2F{BEDROCK}"),
    "Vertex": Platform(
        f"{VERTEX}/claude-haiku-4-5@20251001:rawPredict",
        f"{VERTEX}/claude-haiku-4-5@20251001:streamRawPredict",
        f"{VERTEX}/count-tokens:rawPredict",
        {"x_api_key": None, "anthropic_version": None, "authorization": "Bearer mock"},
        version="vertex-2023-10-16",
    ),
}


@pytest.fixture(scope="module")
def server() -> Any:
    with ServerThread({"": load_text(SCENARIO)}) as running:
        yield running


def send(server: Running, path: str, platform: Platform, **fields: Any) -> Received:
    body = {**fields, **({"model": platform.model} if platform.model else {})}
    if platform.version:
        body["anthropic_version"] = platform.version
    return server.ask(request("POST", path, json.dumps(body).encode(), "1.1", **platform.headers))


def read_events(response: Received) -> list[dict[str, Any]]:
    """Return the data of the events of a stream, in SSE or in frames of AWS."""
    if response.headers["content-type"].startswith("text/event-stream"):
        lines = response.body.decode().splitlines()
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    events, rest = [], response.body
    while rest:
        size, headers_size = int.from_bytes(rest[:4], "big"), int.from_bytes(rest[4:8], "big")
        payload = json.loads(rest[12 + headers_size : size - 4])
        events.append(json.loads(b64decode(payload["bytes"])))
        rest = rest[size:]
    return events


@pytest.mark.parametrize("name", PLATFORMS)
def test_message_is_the_same(name: str, server: Running) -> None:
    message = send(server, PLATFORMS[name].create, PLATFORMS[name], **BODY).json

    assert (message["model"], message["content"]) == (NAME, [{"type": "text", "text": "It is sunny in Oslo."}])
    assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == count_tokens(server)


def count_tokens(server: Running) -> tuple[int, int]:
    usage = send(server, PLATFORMS["the API"].create, PLATFORMS["the API"], **BODY).json["usage"]
    return usage["input_tokens"], usage["output_tokens"]


@pytest.mark.parametrize("name", PLATFORMS)
def test_stream_is_the_same(name: str, server: Running) -> None:
    platform = PLATFORMS[name]
    fields = {} if platform.version.startswith("bedrock") else {"stream": True}
    events = read_events(send(server, platform.stream, platform, **BODY, **fields))
    deltas = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    usage = next(event["usage"] for event in events if event["type"] == "message_delta")

    assert "".join(deltas) == "It is sunny in Oslo."
    assert events[-1]["type"] == "message_stop"
    assert usage["output_tokens"] == count_tokens(server)[1]


@pytest.mark.parametrize("name", PLATFORMS)
def test_count_of_tokens_is_the_same(name: str, server: Running) -> None:
    platform, fields = PLATFORMS[name], {"messages": BODY["messages"]}
    if name.startswith("Bedrock"):
        inner = json.dumps({**BODY, "anthropic_version": platform.version}).encode()
        fields = {"input": {"invokeModel": {"body": b64encode(inner).decode()}}}
        counted = send(server, platform.counts, platform._replace(version=""), **fields).json["inputTokens"]
    else:
        model = platform.model or "claude-haiku-4-5@20251001"
        counted = send(server, platform.counts, platform._replace(model=model), **fields).json["input_tokens"]

    assert counted == count_tokens(server)[0]


def test_unknown_key_is_refused_on_each_platform() -> None:
    with ServerThread({"": load_text(f"api_keys: [other]\n{SCENARIO}")}) as server:
        statuses = {
            name: send(server, platform.create, platform, **BODY).status for name, platform in PLATFORMS.items()
        }

    assert statuses == {name: 403 if name.startswith("Bedrock") else 401 for name in PLATFORMS}
