"""The input items of OpenAI's Responses API as messages."""

from __future__ import annotations

from typing import Any

from mockclaude.api.errors import invalid
from mockclaude.api.events import Block
from mockclaude.engine.adapters.chat_content import read_list, read_object, read_text, to_document, to_image
from mockclaude.engine.adapters.chat_tools import read_arguments

_SYSTEM_ROLES = ("system", "developer")
_TEXTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}
"""Type of a content part with a text -> the key of the text."""


class InputTurns:
    """The messages and the system prompt of input items.

    Items of the assistant that follow each other are one message. So are results of functions, with the user's message
    after them.

    Attributes:
        messages: The messages.
        system: The texts of the system prompt.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.system: list[str] = []
        self._joined: list[Block] = []
        self._role = ""
        """The role of the items that join the last message; '' if it takes none."""

    def add(self, item: Any, path: str) -> None:
        """Add an item. Reasoning is left out.

        Raises:
            ApiError: 400; the item is invalid, or the Messages API has nothing like it.
        """
        kind = read_object(item, path).get("type", "message")
        if kind == "message":
            self._add_message(item, path)
        elif kind == "function_call":
            self._join("assistant", [_to_tool_use(item, path)])
        elif kind == "function_call_output":
            self._join("user", [_to_tool_result(item, path)])
        elif kind != "reasoning":
            raise invalid(f"{path}.type: '{kind}' is not supported")

    def _add_message(self, item: dict[str, Any], path: str) -> None:
        role, content, path = item.get("role"), item.get("content"), f"{path}.content"
        if role in _SYSTEM_ROLES:
            self.system += _read_texts(content, path)
        elif role == "assistant":
            texts = _read_texts(content, path)
            self._join(role, [{"type": "text", "text": text} for text in texts if text])
        elif role == "user":
            self._add_user(to_content(content, path))
        else:
            raise invalid(f"{path[:-8]}.role: Input should be 'user', 'assistant', 'system' or 'developer'")

    def _add_user(self, content: str | list[Block]) -> None:
        if self._role == "user":
            self._joined += [{"type": "text", "text": content}] if isinstance(content, str) else content
        else:
            self.messages.append({"role": "user", "content": content})
        self._role = ""

    def _join(self, role: str, blocks: list[Block]) -> None:
        if self._role != role and blocks:
            self._role, self._joined = role, []
            self.messages.append({"role": role, "content": self._joined})
        self._joined += blocks


def to_content(content: Any, path: str) -> str | list[Block]:
    """Translate the content of a user's message, or the output of a function.

    Raises:
        ApiError: 400; a part is invalid, or the Messages API has nothing like it.
    """
    if isinstance(content, str):
        return content
    blocks = (_to_block(part, f"{path}.{at}") for at, part in enumerate(_read_parts(content, path)))
    return [block for block in blocks if block is not None]


def _read_parts(content: Any, path: str) -> list[Any]:
    if content is None:
        raise invalid(f"{path}: Field required")
    return read_list(content, path)


def _read_texts(content: Any, path: str) -> list[str]:
    """Return the texts of a message without media."""
    if isinstance(content, str):
        return [content]
    return [_read_text(part, f"{path}.{at}") for at, part in enumerate(_read_parts(content, path))]


def _read_text(part: Any, path: str) -> str:
    key = _TEXTS.get(str(read_object(part, path).get("type")))
    if key is None:
        raise invalid(f"{path}.type: '{part.get('type')}' is not supported in a text")
    return read_text(part.get(key), f"{path}.{key}")


def _to_block(part: Any, path: str) -> Block | None:
    kind = read_object(part, path).get("type")
    if kind == "input_image":
        return to_image(read_text(part.get("image_url"), f"{path}.image_url"), f"{path}.image_url")
    if kind == "input_file":
        url = part.get("file_url")
        if isinstance(url, str):
            return {"type": "document", "source": {"type": "url", "url": url}}
        return to_document(part, path)
    if kind == "input_audio":
        return None  # ignored, as in chat completions
    return {"type": "text", "text": _read_text(part, path)}


def _to_tool_use(item: dict[str, Any], path: str) -> Block:
    call_id, name = read_text(item.get("call_id"), f"{path}.call_id"), read_text(item.get("name"), f"{path}.name")
    return {"type": "tool_use", "id": call_id, "name": name, "input": read_arguments(item.get("arguments"), path)}


def _to_tool_result(item: dict[str, Any], path: str) -> Block:
    call_id = read_text(item.get("call_id"), f"{path}.call_id")
    return {"type": "tool_result", "tool_use_id": call_id, "content": to_content(item.get("output"), f"{path}.output")}
