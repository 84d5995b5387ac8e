"""The API's own form of a step: a content block, a message or an error, as a response has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from mockclaude.scenario.diagnostics import did_you_mean, join_words
from mockclaude.scenario.format import raw_blocks

_OF_REQUESTS = ("tool_result", "image", "document", "search_result")
_STEPS = ("text", "thinking", "tool_use", "server_tool", "json", "block", "generate", "error", "pause", "disconnect")
"""Keys that are steps, and not fields of a message."""

_GENERATED: Mapping[str, tuple[str, ...]] = {"text": (), "tool_use": ("id", "input"), "thinking": ("signature",)}
"""Kind of block -> its fields that a step generates if they are missing. A step may also have `chunks`."""


def expand_api_form(value: Any) -> Any:
    """Expand the API's form of a block, a message or an error to a step.

    Other values are returned unchanged.

    Raises:
        ValueError: The type of a block is misspelt, or only requests have such blocks.
    """
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    if kind == "error" and isinstance(value.get("error"), dict):
        return {"error": value["error"]}
    if kind == "message" or ("content" in value and kind is None):
        return _expand_message(value)
    return _expand_block(kind, value) if isinstance(kind, str) and kind else value


def expand_content(value: Any) -> Any:
    """Expand a text to the content of a message with this text."""
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


def reject_steps(message: Mapping[str, Any]) -> None:
    """Check the keys of a message.

    Raises:
        ValueError: A step is among them.
    """
    if steps := [key for key in _STEPS if key in message]:
        problem = f"a message with the step `{steps[0]}`"
        raise ValueError(f"{problem}; expected a list of both, e.g. `[{{content: Hi}}, {{{steps[0]}: ...}}]`")


def _expand_message(message: dict[str, Any]) -> dict[str, Any]:
    reject_steps(message)
    return {"message": message}


def _expand_block(kind: str, block: dict[str, Any]) -> dict[str, Any]:
    _check_kind(kind)
    if block.keys() == {"type", "text"} and kind == "text":
        return {"text": {"text": block["text"]}}
    if kind in _GENERATED and ("chunks" in block or any(field not in block for field in _GENERATED[kind])):
        return {kind: {key: value for key, value in block.items() if key != "type"}}
    return {"block": block}


def _check_kind(kind: str) -> None:
    if kind in _OF_REQUESTS:
        raise ValueError(f"a block of requests, got {kind}; expected a block of replies, e.g. {{type: text, text: Hi}}")
    if kind not in raw_blocks.REQUIRED and (hint := did_you_mean(kind, raw_blocks.REQUIRED)):
        known = join_words(("text", "thinking", "tool_use"))
        raise ValueError(f"unknown type '{kind}' of a block; expected {known}, or `block: {{...}}` for others{hint}")


Count: TypeAlias = Annotated[int, Field(ge=0)]
