"""Parse the JSON text of a tool call that is cut or broken."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json


def parse_tool_json(text: str) -> Any:
    """Parse JSON up to its cut, as the SDKs do.

    Broken or empty text is `{}`.
    """
    try:
        return from_json(text, allow_partial=True)
    except ValueError:
        return {}
