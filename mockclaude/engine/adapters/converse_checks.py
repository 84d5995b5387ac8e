"""The rules of Converse that the Messages API does not have, in AWS's words."""

from __future__ import annotations

from typing import Any

from mockclaude.api.content_blocks import format_path
from mockclaude.api.errors import invalid
from mockclaude.api.events import Block

_TOOL_BLOCKS = ("tool_use", "tool_result")


def check_first_role(role: Any) -> None:
    """Check that a conversation begins with a user message.

    Raises:
        ApiError: 400; it begins with an assistant message.
    """
    if role == "assistant":
        problem = "A conversation must start with a user message"
        raise invalid(f"{problem}. Try again with a conversation that starts with a user message.")


def check_blocks(blocks: list[Block], path: tuple[str | int, ...], *, has_tools: bool) -> None:
    """Check the translated content of a message.

    Args:
        blocks: The content.
        path: Its path in the body.
        has_tools: Whether the request has a `toolConfig`.

    Raises:
        ApiError: 400; a text is blank, a failed tool call has no result, or tool calls come without a `toolConfig`.
    """
    for index, block in enumerate(blocks):
        kind = block["type"]
        if kind == "text" and isinstance(block["text"], str) and not block["text"].strip():
            problem = f"The text field in the ContentBlock object at {format_path(path)}.{index} is blank"
            raise invalid(f"{problem}. Add text to the text field, and try again.")
        if kind in _TOOL_BLOCKS and not has_tools:
            raise invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        if block.get("is_error") and not block["content"]:
            field = f"{format_path(path)}.{index}.toolResult"
            raise invalid(f"The content field at {field} cannot be empty when status value is error.")
