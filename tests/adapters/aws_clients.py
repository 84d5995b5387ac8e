"""What boto3 makes of a response of Bedrock."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Lock
from typing import Any

from boto3.session import Session
from botocore.config import Config

from tests.sdk.outcomes import Case, Seen, named


def invoke(case: Case) -> str:
    """Return what boto3 makes of a response to InvokeModel."""
    return _run(case, _invoke)


def converse(case: Case) -> str:
    """Return what boto3 makes of a response to Converse."""
    return _run(case, _converse)


def _run(case: Case, read: Callable[[Any, Case, Seen], None]) -> str:
    seen, client = Seen(), _connect(case)
    try:
        read(client, case, seen)
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


def _invoke(client: Any, case: Case, seen: Seen) -> None:
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


def _converse(client: Any, case: Case, seen: Seen) -> None:
    asked = {"modelId": case.asked["model"], "messages": [{"role": "user", "content": [{"text": case.text}]}]}
    if case.way == "create":
        response = client.converse(**asked)
        seen.text, seen.end = str(response["output"]), response["stopReason"]
        return
    for event in client.converse_stream(**asked)["stream"]:
        if "messageStop" in event:
            seen.end = event["messageStop"]["stopReason"]


def _name(error: Exception) -> str:
    """Return the class of an error, with AWS's code if the class has none."""
    response = getattr(error, "response", None)
    code = response["Error"]["Code"] if isinstance(response, dict) else ""
    name = named(error)
    return name if code in ("", name) else f"{name} {code}"
