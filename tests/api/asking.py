"""Requests to check: a legal one to change, and what a table says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mockclaude.api import models
from mockclaude.api.api_headers import NEW_VERSION, ApiHeaders
from mockclaude.api.checks.check import Check, CheckFailure, build_failure
from mockclaude.api.issued import ALL_ISSUED
from mockclaude.api.request import MessagesRequest

QUESTION = {"role": "user", "content": "What is the weather?"}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def body(**fields: Any) -> dict[str, Any]:
    """Return a body with `fields`; those that are `...` are left out."""
    every = {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": [QUESTION]} | fields
    return {name: value for name, value in every.items() if value is not ...}


def asked(*messages: Any, **fields: Any) -> MessagesRequest:
    """Build a request with `messages` and the other `fields` of its body.

    `betas` are those of the headers, and `issued` are the blocks that the server has sent.
    """
    api_headers = ApiHeaders("", NEW_VERSION, fields.pop("betas", frozenset()))
    issued = fields.pop("issued", ALL_ISSUED)
    if messages:
        fields["messages"] = list(messages)
    made = body(**fields)
    return MessagesRequest(made, model_info=models.find(made["model"]), api_headers=api_headers, issued=issued)


def refusal(checks: Sequence[Check], request: MessagesRequest) -> str | None:
    """Return the first message that `checks` have for `request`."""
    return next((failure.message for failure in failures(checks, request)), None)


def failures(checks: Sequence[Check], request: MessagesRequest) -> Iterator[CheckFailure]:
    """Yield the failures of `checks`, in order."""
    for check in checks:
        if not check.needs or check.needs in request.traits:
            details = check.find(request)
            if details is not None:
                yield build_failure(check, request, details)
