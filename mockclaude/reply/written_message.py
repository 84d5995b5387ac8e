"""Merge a message in the API's own form, as a file or a test has written it, into a composed message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NEEDED = ("id", "model", "role", "content", "stop_reason", "usage")
"""Keys that a message gets if they are missing or null, in this order."""

_COUNTS = ("input_tokens", "output_tokens")


def merge_message(composed: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the composed message with the values of `written`.

    A message with a `type` is whole: it keeps its keys and their order.
    """
    fields = {**written, "content": composed["content"], "usage": _merge_usage(composed["usage"], written.get("usage"))}
    fields |= {key: composed[key] for key in _NEEDED if fields.get(key) is None}
    return fields if "type" in written else {**composed, **fields}


def _merge_usage(composed: Mapping[str, Any], written: Mapping[str, Any] | None) -> dict[str, Any]:
    if written and all(written.get(key) is not None for key in _COUNTS):
        return dict(written)
    return {**composed, **(written or {})}
