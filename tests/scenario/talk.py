"""Conversations for tests, from as few words as a test needs."""

from __future__ import annotations

from typing import Any

from multidict import CIMultiDict

from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_text


def conversation(
    *messages: str | dict[str, Any], headers: dict[str, str] | None = None, **body: Any
) -> MessagesRequest:
    """Build a request; a bare text is a message of the user's."""
    said = [{"role": "user", "content": message} if isinstance(message, str) else message for message in messages]
    return MessagesRequest({"model": "claude-sonnet-5", "messages": said, **body}, CIMultiDict(headers or {}))


def user(*blocks: Any) -> dict[str, Any]:
    """Return a message of the user's with these blocks."""
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    """Return a message of the assistant's: a text, or blocks."""
    return {"role": "assistant", "content": blocks[0] if isinstance(blocks[0], str) else list(blocks)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def tool_use(name: str, id: str = "toolu_1") -> dict[str, Any]:  # noqa: A002 - the API's name for it
    return {"type": "tool_use", "id": id, "name": name, "input": {}}


def tool_result(content: Any = None, id: str = "toolu_1", **more: Any) -> dict[str, Any]:  # noqa: A002 - as above
    return {"type": "tool_result", "tool_use_id": id, "content": content, **more}


def complaints(scenario: str, file: str = "a.yaml") -> list[str]:
    """Return the lines of what is wrong with the text of a scenario file."""
    try:
        load_text(scenario, file)
    except ScenarioError as error:
        return str(error).splitlines()
    return []
