"""The rules of Converse that the Messages API does not have, in AWS's words."""

from __future__ import annotations

from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.api.events import Block

_TOOL_BLOCKS = ("tool_use", "tool_result")


def check_converse(messages: list[Block], *, has_tools: bool) -> None:
    """Check translated messages.

    Args:
        messages: The messages in the API's form.
        has_tools: Whether the request has a `toolConfig`.

    Raises:
        ApiError: 400; the conversation does not begin with a user message, a text is blank, a failed tool call has no
            result, or the request has tool calls without `toolConfig`.
    """
    if messages and messages[0].get("role") == "assistant":
        beginning = "a conversation must start with a user message"
        raise invalid(f"{beginning.capitalize()}. Try again with a conversation that starts with a user message.")
    for number, message in enumerate(messages):
        for index, block in enumerate(message["content"]):
            _check_block(block, f"messages.{number}.content.{index}", has_tools=has_tools)


def _check_block(block: dict[str, Any], path: str, *, has_tools: bool) -> None:
    kind = block["type"]
    if kind == "text" and isinstance(block["text"], str) and not block["text"].strip():
        problem = f"The text field in the ContentBlock object at {path} is blank"
        raise invalid(f"{problem}. Add text to the text field, and try again.")
    if kind in _TOOL_BLOCKS and not has_tools:
        raise invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
    if block.get("is_error") and not block["content"]:
        raise invalid(f"The content field at {path}.toolResult cannot be empty when status value is error.")
