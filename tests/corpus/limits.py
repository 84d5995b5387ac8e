"""Limits, and the words of refusals."""

from __future__ import annotations

from tests.corpus.pair import Pair, Refused

ORPHAN = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Sunny"}

PAIRS: list[Pair] = [
    Pair(
        "a result without its call",
        "recorded in the tests of anthropics/anthropic-sdk-python; anthropics/claude-code#13460",
        {"messages": [{"role": "user", "content": [ORPHAN]}]},
        Refused(
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. Each `tool_result` "
            "block must have a corresponding `tool_use` block in the previous message."
        ),
    ),
]
