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


def build_usage(usage: Any) -> dict[str, Any]:
    """Build the usage of a message's usage, whose counts may be missing or edited."""
    counts = usage if isinstance(usage, dict) else {}
    read = read_count(counts, "cache_read_input_tokens")
    prompt = read_count(counts, "input_tokens") + read_count(counts, "cache_creation_input_tokens") + read
    completion = read_count(counts, "output_tokens")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": read},
        "completion_tokens_details": {"reasoning_tokens": read_thinking(counts)},
    }


def read_count(counts: dict[str, Any], name: str) -> int:
    """Return a count; 0 if it is missing or edited."""
    value = counts.get(name)
    return value if isinstance(value, int) else 0


def read_thinking(counts: dict[str, Any]) -> int:
    """Return the count of the tokens of thinking."""
    details = counts.get("output_tokens_details")
    return read_count(details, "thinking_tokens") if isinstance(details, dict) else 0
