"""Requests to check: a legal one to change, and what a table says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockclaude.api import models
from mockclaude.api.checks.check import Check, problems, that_apply
from mockclaude.api.request import Asked

QUESTION = {"role": "user", "content": "What is the weather?"}
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def body(**fields: Any) -> dict[str, Any]:
    """Return a body with `fields`; those that are `...` are left out."""
    every = {"model": "claude-sonnet-5", "max_tokens": 1024, "messages": [QUESTION]} | fields
    return {name: value for name, value in every.items() if value is not ...}


def asked(*messages: Any, **fields: Any) -> Asked:
    """Return a request with `messages`, and with `fields` of the body or, by their names, of `Asked`."""
    outside = {name: fields.pop(name) for name in ("version", "betas", "counting", "issued") if name in fields}
    if messages:
        fields["messages"] = list(messages)
    made = body(**fields)
    return Asked(made, models.find(made["model"]), **outside)


def refusal(checks: Sequence[Check], request: Asked) -> str | None:
    """Return the first message that `checks` have for `request`."""
    return next((problem.message for problem in problems(that_apply(checks, request.traits), request)), None)
