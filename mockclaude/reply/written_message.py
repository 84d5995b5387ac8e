"""Merge a message in the API's own form, as a file or a test has written it, into a composed message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_NEEDED = ("id", "model", "role", "content", "stop_reason", "usage")
"""Keys that a message gets if they are missing or null, in this order."""

_NEVER_NULL = ("id", "type", "role", "model")
"""Keys that are missing if their value is null."""

_COUNTS = ("input_tokens", "output_tokens")


def merge_message(composed: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Return the composed message with the values of `written`.

    A message with a `type` is whole: it keeps its keys and their order.
    """
    fields = _without_nulls(written, _NEVER_NULL)
    fields |= {"content": composed["content"], "usage": _merge_usage(composed["usage"], written.get("usage"))}
    if "type" not in fields:
        return {**composed, **fields}
    return {**fields, **{key: composed[key] for key in _NEEDED if key not in fields}}


def _merge_usage(composed: Mapping[str, Any], written: Mapping[str, Any] | None) -> dict[str, Any]:
    counts = _without_nulls(written or {}, _COUNTS)
    return counts if all(key in counts for key in _COUNTS) else {**composed, **counts}


def _without_nulls(written: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: value for key, value in written.items() if value is not None or key not in keys}
