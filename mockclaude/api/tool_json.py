"""Parse the JSON text of a tool call that is cut or broken."""

from __future__ import annotations

from typing import Any

import orjson
from pydantic_core import from_json


def parse_tool_json(text: str) -> Any:
    """Parse JSON up to its cut, as the SDKs do.

    Broken or empty text is `{}`. An integer of more than 64 bits, which a response cannot hold, becomes a float.
    """
    try:
        parsed = from_json(text, allow_partial=True)
    except ValueError:
        return {}
    try:
        orjson.dumps(parsed)
    except TypeError:
        return _with_floats(parsed)
    return parsed


def _with_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_floats(item) for item in value]
    is_large = isinstance(value, int) and not -(2**63) <= value < 2**64
    return float(f"{value}") if is_large else value
