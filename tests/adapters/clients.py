"""What clients of Bedrock and Vertex make of a response, as `tests/sdk/outcomes.py` writes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeAlias

from anthropic import AnthropicBedrock, AnthropicVertex, DefaultHttpxClient
from boto3.session import Session
from botocore.config import Config

from tests.sdk.outcomes import ALONE, TOGETHER, Case, Seen, Way, named, python

Outcomes: TypeAlias = Callable[[Sequence[Case]], list[str]]

WAYS: tuple[Way, ...] = ("create", "raw")
"""Not streamed, and the events of a stream as they come."""


def vertex(cases: Sequence[Case]) -> list[str]:
    """Return what `AnthropicVertex` makes of each response."""
    options: Any = {"access_token": "mock", "project_id": "mock-project", "region": "europe-west1"}

    def ask(case: Case) -> str:
        asked = {**case.options, "base_url": f"{case.base_url}/v1"}
        with AnthropicVertex(**options, **asked, http_client=DefaultHttpxClient(limits=ALONE)) as client:
            return python(client, case)  # type: ignore[arg-type]

    return _in_threads(ask, cases)


def bedrock(cases: Sequence[Case]) -> list[str]:
    """Return what `AnthropicBedrock` makes of each response."""
    options: Any = {"aws_access_key": "AKIAMOCK", "aws_secret_key": "secret", "aws_region": "eu-west-1"}

    def ask(case: Case) -> str:
        with AnthropicBedrock(**options, **case.options, http_client=DefaultHttpxClient(limits=ALONE)) as client:
            return python(client, case)  # type: ignore[arg-type]

    return _in_threads(ask, cases)


def boto3(cases: Sequence[Case]) -> list[str]:
    """Return what boto3 makes of each response."""
    return _in_threads(_invoke, cases)


CLIENTS: dict[str, Outcomes] = {"vertex": vertex, "bedrock": bedrock, "boto3": boto3}


def _in_threads(ask: Callable[[Case], str], cases: Sequence[Case]) -> list[str]:
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(ask, cases))


def _invoke(case: Case) -> str:
    seen, client = Seen(), _connect(case)
    try:
        _read(client, case, seen)
    except Exception as error:
        return f"{seen.text} | {_name(error)}"
    finally:
        client.close()
    return f"{seen.text} | {seen.end}"


_SESSION, _CREATING = Session(aws_access_key_id="AKIAMOCK", aws_secret_access_key="secret"), Lock()
"""The first client of a session reads the operations of AWS. A session creates one client at a time."""


def _connect(case: Case) -> Any:
    retries = {"max_attempts": 0}
    config = Config("eu-west-1", retries=retries, connect_timeout=case.timeout, read_timeout=case.timeout)
    with _CREATING:
        client = _SESSION.client("bedrock-runtime", endpoint_url=case.base_url, config=config)
    headers = case.options["default_headers"]
    client.meta.events.register("before-call.bedrock-runtime.*", lambda params, **_: params["headers"].update(headers))
    return client


def _read(client: Any, case: Case, seen: Seen) -> None:
    fields = {name: value for name, value in case.asked.items() if name != "model"}
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", **fields})
    if case.way == "create":
        message = json.loads(client.invoke_model(modelId=case.asked["model"], body=body)["body"].read())
        seen.text, seen.end = str(message["content"]), message["stop_reason"]
        return
    for event in client.invoke_model_with_response_stream(modelId=case.asked["model"], body=body)["body"]:
        data = json.loads(event["chunk"]["bytes"])
        if data["type"] == "message_delta":
            seen.end = data["delta"]["stop_reason"]


def _name(error: Exception) -> str:
    """Return the class of an error, with AWS's code if the class has none."""
    response = getattr(error, "response", None)
    code = response["Error"]["Code"] if isinstance(response, dict) else ""
    name = named(error)
    return name if code in ("", name) else f"{name} {code}"
