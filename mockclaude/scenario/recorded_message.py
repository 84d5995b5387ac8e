"""Whether recorded JSON is a message, and its usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockclaude.scenario.format.raw_blocks import find_problem

_STRINGS = ("id", "model", "stop_reason")
_COUNTS = ("input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
_MAX_COUNT = 1_000_000_000
"""The highest count of tokens. Limits give a time for it that a date can have."""


def is_message(document: Any) -> bool:
    """Return whether JSON is a message.

    Limits, threads and other APIs read its content blocks and its usage, so these have the types of the API.
    """
    if not isinstance(document, dict) or not isinstance(document.get("content"), list):
        return False
    return (
        all(isinstance(document.get(key) or "", str) for key in _STRINGS)
        and all(map(_is_block, document["content"]))
        and all(map(_is_usage, _list_usages(document.get("usage") or {})))
    )


def _is_block(block: Any) -> bool:
    return isinstance(block, dict) and isinstance(block.get("type"), str) and find_problem(block) is None


def _list_usages(usage: Any) -> list[Any]:
    iterations = usage.get("iterations") or [] if isinstance(usage, dict) else []
    return [usage, *(iterations if isinstance(iterations, list) else [iterations])]


def _is_usage(usage: Any) -> bool:
    if not isinstance(usage, dict):
        return False
    counts = [usage.get(key) or 0 for key in _COUNTS]
    return all(isinstance(count, int) and 0 <= count <= _MAX_COUNT for count in counts)


def read_usage(message: Mapping[str, Any]) -> dict[str, Any]:
    """Read the usage of a message. Without a count, its output tokens are 0."""
    usage = message.get("usage") or {}
    return {"output_tokens": 0, **{key: value for key, value in usage.items() if value is not None}}
