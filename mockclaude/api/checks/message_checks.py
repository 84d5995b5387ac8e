"""Checks of messages: that they are not empty.

Any role may come first, as reported since 2024 (anthropic-sdk-typescript#622): the older API required the user.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from mockclaude.api.body import Body
from mockclaude.api.checks.check import Check, Details, format_merged
from mockclaude.api.request import MessagesRequest
from mockclaude.api.tool_pairs import OF_MESSAGES

_NON_EMPTY = "text content blocks must be non-empty"
_NON_WHITESPACE = "text content blocks must contain non-whitespace text"


def _empty(request: MessagesRequest) -> Details | None:
    for number, message in enumerate(request.messages):
        if not message["content"] and message["role"] != "system" and not _is_prefill(request, number):
            return {"number": number}
    return None


def _is_prefill(request: MessagesRequest, number: int) -> bool:
    return number == len(request.messages) - 1 and request.messages[number]["role"] == "assistant"


def _blank_string(request: MessagesRequest) -> Details | None:
    numbers = [number for number, message in enumerate(request.messages) if _is_blank_string(message["content"])]
    return _reject_blank(request, [("messages", number) for number in numbers])


def _is_blank_string(content: Any) -> bool:
    return isinstance(content, str) and content.isspace()


def _empty_text(request: MessagesRequest) -> Details | None:
    """Find an empty text block; one with `cache_control` is rejected for that."""
    for path, block in request.blocks["text"]:
        if not block.get("text", True) and len(path) == OF_MESSAGES and not block.get("cache_control"):
            return {}
    return None


def _blank_text(request: MessagesRequest) -> Details | None:
    paths = [path for path, block in request.blocks["text"] if block.get("text", "").isspace()]
    return _reject_blank(request, [path for path in paths if len(path) == OF_MESSAGES])


def _reject_blank(request: MessagesRequest, paths: list[tuple[Any, ...]]) -> Details | None:
    """Find a blank text. Beside other blocks of an assistant message the API accepts it; a warning notes the first."""
    if not paths:
        return None
    accepted = _find_speaking(request)
    if any(path[1] not in accepted for path in paths):
        return {}
    request.warn(f"{format_merged(request, paths[0])}: blank text beside other blocks; the API accepts it")
    return None


def _find_speaking(request: MessagesRequest) -> set[int]:
    """Return the numbers of assistant messages with more than blank texts, after the merge of consecutive ones."""
    numbers: set[int] = set()
    for role, run in groupby(enumerate(request.messages), lambda numbered: str(numbered[1]["role"])):
        merged = dict(run)
        if role == "assistant" and any(_says_something(message["content"]) for message in merged.values()):
            numbers.update(merged)
    return numbers


def _says_something(content: str | list[Body]) -> bool:
    if isinstance(content, str):
        return not content.isspace()
    return any(block["type"] != "text" or block.get("text", "").strip() for block in content)


def _system_texts(request: MessagesRequest) -> list[str | None]:
    system = request.body["system"]
    return [] if isinstance(system, str) else [block.get("text") for block in system if not block.get("cache_control")]


def _empty_system(request: MessagesRequest) -> Details | None:
    return {} if "" in _system_texts(request) else None


def _blank_system(request: MessagesRequest) -> Details | None:
    return {} if any(text and text.isspace() for text in _system_texts(request)) else None


def _trailing_space(request: MessagesRequest) -> Details | None:
    last = request.messages[-1]
    return {} if last["role"] == "assistant" and _last_text(last["content"])[-1:].isspace() else None


def _last_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    last = content[-1] if content else {}
    return last.get("text", "") if last.get("type") == "text" else ""


CHECKS: tuple[Check, ...] = (
    Check(
        "a message without content",
        "messages.{number}: all messages must have non-empty content except for the optional final assistant message",
        "recorded",
        _empty,
        "blank",
        citation="Mirascope/mirascope anthropic/handles-empty-string-content.har",
    ),
    Check(
        "an empty text",
        f"messages: {_NON_EMPTY}",
        "reported",
        _empty_text,
        "block:text",
        citation="anthropics/claude-code#62150",
    ),
    Check(
        "a text of spaces",
        f"messages: {_NON_WHITESPACE}",
        "reported",
        _blank_text,
        "block:text",
        citation="anthropics/claude-code#23440",
    ),
    Check(
        "a message of spaces",
        f"messages: {_NON_WHITESPACE}",
        "reported",
        _blank_string,
        "blank",
        citation="anomalyco/opencode#31259",
    ),
    Check(
        "an empty text in the system prompt",
        f"system: {_NON_EMPTY}",
        "reported",
        _empty_system,
        "system",
        citation="dimagi/open-chat-studio#1969",
    ),
    Check(
        "a text of spaces in the system prompt",
        f"system: {_NON_WHITESPACE}",
        "reported",
        _blank_system,
        "system",
        citation="BoltAI/BoltAI#165; experientiallabs/experiential#804",
    ),
    Check(
        "a prefilled answer that ends in a space",
        "messages: final assistant content cannot end with trailing whitespace",
        "reported",
        _trailing_space,
        "role:assistant",
        citation="crewAIInc/crewAI#4413",
    ),
)
"""Messages and system prompts: not empty."""
