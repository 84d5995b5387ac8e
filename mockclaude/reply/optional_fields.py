"""What a message tells only when the request asked for it.

In: a request body, the draws of its reply, the second it is answered in. Out: fields of the message.
Knows nothing of content blocks. Source: the SDKs' types and recordings, where each field comes with its parameter.
"""

from __future__ import annotations

import time
from typing import Any

from mockclaude.api.body import Body
from mockclaude.reply.draws import Draws

CONTAINER_LIFETIME = 30 * 24 * 3600
"""Seconds for which a container is kept, by Anthropic's documentation."""


def extras(body: Body, draws: Draws, now: int) -> dict[str, Any]:
    """Return `container`, `context_management` and `input_transformations` where `body` asks for them."""
    told: dict[str, Any] = {}
    if body.get("container") is not None:
        told["container"] = _container(body["container"], draws, now)
    if body.get("context_management") is not None:
        told["context_management"] = {"applied_edits": []}
    if (body.get("thinking") or {}).get("block_binding") is not None:
        told["input_transformations"] = []
    return told


def _container(asked: Any, draws: Draws, now: int) -> dict[str, Any]:
    given = asked if isinstance(asked, dict) else {"id": asked}
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + CONTAINER_LIFETIME))
    skills = [{"version": "latest", **skill} for skill in given.get("skills") or ()]
    return {
        "id": given.get("id") or draws.identifier("container"),
        "expires_at": expires,
        "skills": skills or None,
    }
