"""The table of the API's endpoints and of its adapters."""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TypeAlias

from mockclaude.engine.count_tokens import count_tokens
from mockclaude.engine.decide import decide
from mockclaude.engine.decision import Decision

Handler: TypeAlias = Callable[..., Decision]
"""A function of the request, the scenario's state, and the path parameters by name."""

Handlers: TypeAlias = dict[str, dict[str, Handler | str]]
"""Path pattern -> method -> handler, or its name as `module:function`, imported for the first request."""

_FILES = "mockclaude.engine.resources.files"

CORE: Handlers = {
    "/v1/messages": {"POST": decide},
    "/v1/messages/count_tokens": {"POST": count_tokens},
    "/v1/models": {"GET": "mockclaude.engine.model_list:list_models"},
    "/v1/models/{model_id}": {"GET": "mockclaude.engine.model_list:retrieve_model"},
}
"""The Messages API and the models."""

PLATFORMS: Handlers = {}
"""Amazon Bedrock and Google's Vertex AI, in `engine/adapters/`."""

FILES: Handlers = {
    "/v1/files": {"GET": f"{_FILES}:list_files", "POST": f"{_FILES}:upload"},
    "/v1/files/{file_id}": {"GET": f"{_FILES}:retrieve", "DELETE": f"{_FILES}:delete"},
    "/v1/files/{file_id}/content": {"GET": f"{_FILES}:download"},
}
"""The Files API, in `engine/resources/`."""

BATCHES: Handlers = {}
"""The Message Batches API, in `engine/resources/`."""

OPENAI: Handlers = {}
"""OpenAI's API, in `engine/adapters/`."""

SKILLS: Handlers = {}
"""The Skills API, in `engine/resources/`."""

COMPLETIONS: Handlers = {}
"""The former Text Completions API, in `engine/adapters/`."""

ENDPOINTS: Handlers = {**CORE, **PLATFORMS, **FILES, **BATCHES, **OPENAI, **SKILLS, **COMPLETIONS}
"""All endpoints. Of several patterns that match a path, the first one counts."""

SHOWN = [path for path in CORE if "{" not in path]
"""The paths that the message on an unknown path lists."""


def resolve_handler(handler: Handler | str) -> Handler:
    """Return the handler, imported if it is a name."""
    resolved: Handler = resolve_name(handler) if isinstance(handler, str) else handler
    return resolved
