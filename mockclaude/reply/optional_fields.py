"""Build the fields that a message has only if the request has the parameter or the beta for them.

Sources: the SDKs' types, and recordings, in which each field comes with its parameter.
"""

from __future__ import annotations

import time
from typing import Any

from mockclaude.api.request import MessagesRequest
from mockclaude.api.schema.gates import GATES
from mockclaude.reply.draws import Draws

EDITS_BETA = "context-management-2025-06-27"
"""The beta with which every message reports the edits of its prompt (recorded)."""

SKILLS = "container.skills"
"""The key of a request's memo for its skills with the versions that they name."""

CONTAINER_LIFETIME = 30 * 24 * 3600
"""Seconds until a container expires (documented by Anthropic)."""


def container_field(request: MessagesRequest, draws: Draws, now: int) -> dict[str, Any]:
    """Build `container`."""
    if request.body.get("container") is None:
        return {}
    return {"container": _build_container(request, draws, now)}


def context_fields(request: MessagesRequest) -> dict[str, Any]:
    """Build `context_management`."""
    if request.body.get("context_management") is None and EDITS_BETA not in request.api_headers.betas:
        return {}
    return {"context_management": {"applied_edits": list(request.prompt.applied_edits) if request.prompt else []}}


def thinking_fields(request: MessagesRequest) -> dict[str, Any]:
    """Build `input_transformations`: with the beta, for a model that can think."""
    model = request.model_info
    if GATES["binding"].isdisjoint(request.api_headers.betas) or not (model is None or model.abilities.thinks):
        return {}
    return {"input_transformations": list(request.prompt.transformations) if request.prompt else []}


def _build_container(request: MessagesRequest, draws: Draws, now: int) -> dict[str, Any]:
    container = request.body["container"]
    settings = container if isinstance(container, dict) else {"id": container}
    expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + CONTAINER_LIFETIME))
    skills = request.memo.get(SKILLS) or [{"version": "latest", **skill} for skill in settings.get("skills") or ()]
    return {
        "id": settings.get("id") or draws.identifier("container"),
        "expires_at": expires,
        "skills": skills or None,
    }
