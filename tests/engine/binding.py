"""Conversations with signed thinking, and their judgement."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from mockclaude.api.errors import ApiError
from mockclaude.api.model_constants import Account
from mockclaude.api.request import MessagesRequest
from mockclaude.api.thinking_binding import bind_thinking
from tests.api.asking import asked
from tests.reply.signing import OURS, thought

FABLE = "claude-fable-5-2"
BINDING = frozenset({"thinking-binding-controls-2026-08-01"})
HEADER = "anthropic-thinking-prefix-mismatch"


def text(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": value, **more}


def result(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "toolu_1", "content": content, **more}


def message(role: str, *content: Any) -> dict[str, Any]:
    return {"role": role, "content": list(content)}


def user(*content: Any) -> dict[str, Any]:
    return message("user", *content)


def assistant(*content: Any) -> dict[str, Any]:
    return message("assistant", *content)


ANSWER = text("It is a tree.")
NEXT = user(text("Go on."))


def bind(account: Account = "new", betas: frozenset[str] = frozenset(), **fields: Any) -> MessagesRequest:
    return bind_thinking(asked(issued=OURS, betas=betas, **fields), account)


def refused(account: Account = "new", betas: frozenset[str] = frozenset(), **fields: Any) -> ApiError | None:
    try:
        bind(account, betas, **fields)
    except ApiError as error:
        return error
    return None


def answered(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request with the thinking of the reply to an earlier one."""
    block = thought(**request)
    return {**deepcopy(request), "messages": [*deepcopy(request["messages"]), assistant(block, ANSWER), NEXT]}
