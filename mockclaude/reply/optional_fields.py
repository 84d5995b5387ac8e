"""Build the fields that a message has only if the request has the parameter for them.

Sources: the SDKs' types, and recordings, in which each field comes with its parameter.
"""

from __future__ import annotations

import time
from typing import Any

from mockclaude.api.body import Body
from mockclaude.reply.draws import Draws

CONTAINER_LIFETIME = 30 * 24 * 3600
"""Seconds until a container expires (documented by Anthropic)."""


def optional_fields(body: Body, draws: Draws, now: int) -> dict[str, Any]:
    """Build `container`, `context_management` and `input_transformations`."""
    fields: dict[str, Any] = {}
    if body.get("container") is not None:
        fields["container"] = _build_container(body["container"], draws, now)
    if body.get("context_management") is not None:
        fields["context_management"] = {"applied_edits": []}
    if (body.get("thinking") or {}).get("block_binding") is not None:
        fields["input_transformations"] = []
    return fields


def _build_container(container: Any, draws: Draws, now: int) -> dict[str, Any]:
    settings = container if isinstance(container, dict) else {"id": container}
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + CONTAINER_LIFETIME))
    skills = [{"version": "latest", **skill} for skill in settings.get("skills") or ()]
    return {
        "id": settings.get("id") or draws.identifier("container"),
        "expires_at": expires,
        "skills": skills or None,
    }
