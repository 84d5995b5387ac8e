"""The responses of Vertex AI: the API's own, except errors of the platform, which have Google's form."""

from __future__ import annotations

from typing import Any

from mockclaude.api.headers import Headers
from mockclaude.engine.adapters.platform_body import drop_api_headers
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response

_STATUSES = {401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}
"""The HTTP status of an error of the platform -> its name."""

_UNKNOWN_MODEL = "model: "
"""The beginning of the API's message on an unknown model."""


class VertexDialect:
    """The form of the responses to a request below `publishers/anthropic/models`.

    Args:
        model: The model's resource name; '' if the path has none.
    """

    def __init__(self, model: str = "") -> None:
        self._model = model

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Drop the headers that only the API sends."""
        return TranslatedBody(response.status, drop_api_headers(response.headers), document)

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        """Translate an error of the platform; an error of the model stays."""
        status = _STATUSES.get(response.status)
        translated = error
        if status is not None and isinstance(error, dict) and isinstance(error.get("error"), dict):
            message = self._explain(str(error["error"].get("message", "")))
            translated = {"error": {"code": response.status, "message": message, "status": status}}
        return TranslatedBody(response.status, drop_api_headers(response.headers), translated)

    def translate_headers(self, response: Response) -> Headers:
        """Drop the headers that only the API sends."""
        return drop_api_headers(response.headers)

    def open_stream(self) -> None:
        """Send the events of a stream unchanged."""

    def _explain(self, message: str) -> str:
        if not self._model or not message.startswith(_UNKNOWN_MODEL):
            return message
        return (
            f"Publisher Model `{self._model}` was not found or your project does not have access to it. "
            "Please ensure you are using a valid model version."
        )


VERTEX_ERRORS = VertexDialect()
"""The form of the errors of an unknown path."""
