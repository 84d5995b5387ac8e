"""What the clients of an adapter make of a response, as `tests/sdk/outcomes.py` writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

from anthropic import AnthropicBedrock, AnthropicVertex, DefaultHttpxClient

from tests.adapters.aws_clients import converse, invoke
from tests.adapters.openai_clients import chat, respond
from tests.sdk.outcomes import ALONE, TOGETHER, Case, Way, python

Outcome: TypeAlias = Callable[[Case], str]

WAYS: tuple[Way, ...] = ("create", "raw")
"""Not streamed, and the events of a stream as they come."""


def vertex(case: Case) -> str:
    """Return what `AnthropicVertex` makes of a response."""
    options: Any = {"access_token": "mock", "project_id": "mock-project", "region": "europe-west1"}
    asked = {**case.options, "base_url": f"{case.base_url}/v1"}
    with AnthropicVertex(**options, **asked, http_client=DefaultHttpxClient(limits=ALONE)) as client:
        return python(client, case)  # type: ignore[arg-type]


def bedrock(case: Case) -> str:
    """Return what `AnthropicBedrock` makes of a response."""
    options: Any = {"aws_access_key": "AKIAMOCK", "aws_secret_key": "secret", "aws_region": "eu-west-1"}
    with AnthropicBedrock(**options, **case.options, http_client=DefaultHttpxClient(limits=ALONE)) as client:
        return python(client, case)  # type: ignore[arg-type]


CLIENTS: dict[str, Outcome] = {
    "vertex": vertex,
    "bedrock": bedrock,
    "boto3": invoke,
    "boto3_converse": converse,
    "openai_chat": chat,
    "openai_responses": respond,
}


def run_cases(client: Outcome, cases: Sequence[Case]) -> list[str]:
    """Return what a client makes of each response."""
    with ThreadPoolExecutor(TOGETHER) as pool:
        return list(pool.map(client, cases))
