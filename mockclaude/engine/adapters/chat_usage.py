"""The names that completions and chunks have for the id, the end and the usage of a message."""

from __future__ import annotations

from typing import Any

FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "compaction": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""Stop reason of the API -> finish reason."""


def name_completion(message_id: str) -> str:
    """Return the id of the completion of a message."""
    return f"chatcmpl-{message_id.removeprefix('msg_')}"


def build_usage(usage: dict[str, Any]) -> dict[str, Any]:
    """Build the usage of a message's usage, whose counts may be missing."""
    read = usage.get("cache_read_input_tokens") or 0
    prompt = (usage.get("input_tokens") or 0) + (usage.get("cache_creation_input_tokens") or 0) + read
    completion = usage.get("output_tokens") or 0
    details = usage.get("output_tokens_details") or {}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": read},
        "completion_tokens_details": {"reasoning_tokens": details.get("thinking_tokens") or 0},
    }
