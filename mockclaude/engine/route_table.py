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

_ADAPTERS = "mockclaude.engine.adapters"
_MODELS = "mockclaude.engine.model_list"
_FILES = "mockclaude.engine.resources.files"
_SKILLS = "mockclaude.engine.resources.skills"
_VERSIONS = "mockclaude.engine.resources.skill_versions"

CORE: Handlers = {
    "/v1/messages": {"POST": decide},
    "/v1/messages/count_tokens": {"POST": count_tokens},
    "/v1/models": {"GET": f"{_MODELS}:list_models"},
    "/v1/models/{model_id*}": {"GET": f"{_MODELS}:retrieve_model"},
}
"""The Messages API and the models."""

_VERTEX = "/v1/projects/{project}/locations/{location}/publishers/anthropic/models"

PLATFORMS: Handlers = {
    "/model/{model_id}/invoke": {"POST": f"{_ADAPTERS}.bedrock:invoke"},
    "/model/{model_id}/invoke-with-response-stream": {"POST": f"{_ADAPTERS}.bedrock:invoke_with_response_stream"},
    "/model/{model_id}/converse": {"POST": f"{_ADAPTERS}.converse:converse"},
    "/model/{model_id}/converse-stream": {"POST": f"{_ADAPTERS}.converse:converse_stream"},
    "/model/{model_id}/count-tokens": {"POST": f"{_ADAPTERS}.bedrock:count_tokens"},
    f"{_VERTEX}/count-tokens:rawPredict": {"POST": "mockclaude.engine.adapters.vertex:count"},
    f"{_VERTEX}/{{model}}:rawPredict": {"POST": "mockclaude.engine.adapters.vertex:predict"},
    f"{_VERTEX}/{{model}}:streamRawPredict": {"POST": "mockclaude.engine.adapters.vertex:predict_stream"},
}
"""Amazon Bedrock and Google's Vertex AI, in `engine/adapters/`."""

OPENAI: Handlers = {
    "/v1/chat/completions": {"POST": f"{_ADAPTERS}.chat_completions:create"},
    "/v1/responses": {"POST": f"{_ADAPTERS}.responses:create"},
    "/v1/responses/input_tokens": {"POST": f"{_ADAPTERS}.responses:count_tokens"},
    "/v1/responses/resp_{name}": {
        "GET": f"{_ADAPTERS}.response_calls:retrieve",
        "DELETE": f"{_ADAPTERS}.response_calls:delete",
    },
}
"""OpenAI's API, in `engine/adapters/`."""

FILES: Handlers = {
    "/v1/files": {"GET": f"{_FILES}:list_files", "POST": f"{_FILES}:upload"},
    "/v1/files/{file_id}": {"GET": f"{_FILES}:retrieve", "DELETE": f"{_FILES}:delete"},
    "/v1/files/{file_id}/content": {"GET": f"{_FILES}:download"},
}
"""The Files API, in `engine/resources/`."""

BATCHES: Handlers = {
    "/v1/messages/batches": {
        "POST": "mockclaude.engine.resources.batches:create_batch",
        "GET": "mockclaude.engine.resources.batches:list_batches",
    },
    "/v1/messages/batches/{batch_id}": {
        "GET": "mockclaude.engine.resources.batches:retrieve_batch",
        "DELETE": "mockclaude.engine.resources.batches:delete_batch",
    },
    "/v1/messages/batches/{batch_id}/cancel": {"POST": "mockclaude.engine.resources.batches:cancel_batch"},
    "/v1/messages/batches/{batch_id}/results": {"GET": "mockclaude.engine.resources.batches:download_results"},
}
"""The Message Batches API, in `engine/resources/`."""

COMPLETIONS: Handlers = {"/v1/complete": {"POST": f"{_ADAPTERS}.text_completions:complete"}}
"""The legacy Text Completions API."""

SKILLS: Handlers = {
    "/v1/skills": {"GET": f"{_SKILLS}:list_skills", "POST": f"{_SKILLS}:create_skill"},
    "/v1/skills/{skill_id}": {"GET": f"{_SKILLS}:retrieve_skill", "DELETE": f"{_SKILLS}:delete_skill"},
    "/v1/skills/{skill_id}/versions": {"GET": f"{_VERSIONS}:list_versions", "POST": f"{_VERSIONS}:create_version"},
    "/v1/skills/{skill_id}/versions/{version}": {
        "GET": f"{_VERSIONS}:retrieve_version",
        "DELETE": f"{_VERSIONS}:delete_version",
    },
    "/v1/skills/{skill_id}/versions/{version}/content": {"GET": f"{_VERSIONS}:download_version"},
}
"""The Skills API, in `engine/resources/`."""

ENDPOINTS: Handlers = {**CORE, **PLATFORMS, **OPENAI, **FILES, **BATCHES, **SKILLS, **COMPLETIONS}
"""All endpoints. Of several patterns that match a path, the first one counts."""

OF_PLATFORM: dict[str, str] = {
    "/v1/messages": f"{_ADAPTERS}.platform:create_message",
    "/v1/messages/count_tokens": f"{_ADAPTERS}.platform:count_tokens",
}
"""The handlers of requests with a platform's names of models."""

OF_OPENAI: dict[Handler | str, str] = {
    f"{_MODELS}:list_models": f"{_ADAPTERS}.openai_models:list_models",
    f"{_MODELS}:retrieve_model": f"{_ADAPTERS}.openai_models:retrieve_model",
}
"""Handlers of paths that both APIs have, and those of OpenAI's clients."""

SHOWN = [path for path in CORE if "{" not in path]
"""The paths that the message on an unknown path lists."""

KNOWN = [path for path in ENDPOINTS if "{" not in path]
"""The paths that it suggests."""


def resolve_handler(handler: Handler | str) -> Handler:
    """Return the handler, imported if it is a name."""
    resolved: Handler = resolve_name(handler) if isinstance(handler, str) else handler
    return resolved
