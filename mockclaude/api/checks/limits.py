"""What is too long for a model.

In: a request whose shape is right. Out: `CHECKS`.
Knows nothing of how tokens are counted. A model that is not known has no limit.
"""

from __future__ import annotations

from mockclaude.api.asked import Asked
from mockclaude.api.checks.check import Check, Details


def _too_long(asked: Asked) -> Details | None:
    if asked.model is None or asked.input_tokens <= asked.model.max_input_tokens:
        return None
    return {"tokens": asked.input_tokens, "most": asked.model.max_input_tokens}


CHECKS: tuple[Check, ...] = (
    Check(
        "a prompt that is longer than the context window",
        "prompt is too long: {tokens} tokens > {most} maximum",
        "recorded",
        _too_long,
        gateway=True,
    ),
)
