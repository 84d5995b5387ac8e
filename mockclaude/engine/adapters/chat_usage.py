"""The names that completions and chunks have for the id, the end and the usage of a message."""

from __future__ import annotations

from typing import Any

from mockclaude.engine.adapters.edited_values import as_object, as_text, read_count

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


SERVICE_TIERS = {"standard": "default", "priority": "priority"}
"""Service tier of the API -> that of OpenAI's API, whose clients know no others."""


def name_completion(message_id: Any) -> str:
    """Return the id of the completion of a message."""
    return f"chatcmpl-{as_text(message_id).removeprefix('msg_')}"


def build_usage(usage: dict[str, Any]) -> dict[str, Any]:
    """Build the usage of a message's usage, whose counts may be missing."""
    read = read_count(usage, "cache_read_input_tokens")
    prompt = read_count(usage, "input_tokens") + read_count(usage, "cache_creation_input_tokens") + read
    completion = read_count(usage, "output_tokens")
    thought = read_count(as_object(usage.get("output_tokens_details")), "thinking_tokens")
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": read},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }
