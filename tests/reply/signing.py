"""Thinking as the server signs it in its reply to a request."""

from __future__ import annotations

from typing import Any

from mockclaude.reply.signatures import Signatures, sign
from mockclaude.scenario.rules import KnownSignatures
from tests.api.asking import asked

SEED = 0
OURS = Signatures(SEED, KnownSignatures())


def thoughts(*texts: str, seed: int = SEED, **fields: Any) -> list[dict[str, Any]]:
    """Return the thinking blocks at the beginning of the reply to a request with `fields`."""
    request = asked(issued=Signatures(seed, KnownSignatures()), **fields)
    content: list[dict[str, Any]] = []
    for text in texts:
        content.append({"type": "thinking", "thinking": text, "signature": sign(seed, request, content, text, text)})
    return content


def thought(text: str = "Hm.", seed: int = SEED, **fields: Any) -> dict[str, Any]:
    """Return the only thinking block of the reply."""
    return thoughts(text, seed=seed, **fields)[0]
