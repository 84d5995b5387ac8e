"""What OpenAI's SDK makes of a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from openai import DefaultHttpxClient, OpenAI

from tests.sdk.outcomes import ALONE, Case, Seen, named


def chat(case: Case) -> str:
    """Return what the SDK makes of a chat completion."""
    return _run(case, _chat)


def respond(case: Case) -> str:
    """Return what the SDK makes of a response of the Responses API."""
    return _run(case, _respond)


def _run(case: Case, read: Callable[[OpenAI, Case, Seen], None]) -> str:
    options: Any = {**case.options, "base_url": f"{case.base_url}/v1"}
    seen = Seen()
    with OpenAI(api_key="mock", **options, http_client=DefaultHttpxClient(limits=ALONE)) as client:
        try:
            read(client, case, seen)
        except Exception as error:
            return f"{seen.text} | {named(error)}"
    return f"{seen.text} | {seen.end}"


def _chat(client: OpenAI, case: Case, seen: Seen) -> None:
    asked: Any = case.asked
    if case.way == "create":
        seen.end = client.chat.completions.create(**asked).choices[0].finish_reason
        return
    for chunk in client.chat.completions.create(**asked, stream=True):
        for choice in chunk.choices:
            seen.end = choice.finish_reason or seen.end


def _respond(client: OpenAI, case: Case, seen: Seen) -> None:
    asked: Any = {"model": case.asked["model"], "input": case.text}
    if case.way == "create":
        seen.end = client.responses.create(**asked).status
        return
    for event in client.responses.create(**asked, stream=True):
        if event.type in ("response.completed", "response.incomplete", "response.failed"):
            seen.end = event.response.status
