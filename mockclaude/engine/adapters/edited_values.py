"""Values of a message or of an event, which a fault may have removed or replaced by any others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

MAX_COUNT = 2**53
"""The maximum of a count of tokens: JSON can hold their sums."""


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object; an empty one for another value."""
    return value if isinstance(value, dict) else {}


def as_text(value: Any) -> str:
    """Return a text; '' for another value."""
    return value if isinstance(value, str) else ""


def list_blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the content blocks of a message."""
    content = message.get("content")
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def read_count(counts: Mapping[str, Any], name: str) -> int:
    """Return a count of tokens; 0 for another value, and for a larger number."""
    value = counts.get(name)
    return value if isinstance(value, int) and abs(value) <= MAX_COUNT else 0


def encode_input(block: dict[str, Any]) -> str:
    """Encode the input of a tool call as JSON."""
    return orjson.dumps(block.get("input")).decode()
