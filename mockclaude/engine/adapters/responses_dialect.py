"""The dialect of OpenAI's Responses API."""

from __future__ import annotations

from typing import Any

from mockclaude.engine.adapters.openai_errors import OpenaiErrors
from mockclaude.engine.adapters.responses_object import Json, ResponseForm, build_output, read_ending
from mockclaude.engine.adapters.responses_stream import ResponsesEncoder
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response


class ResponsesDialect(OpenaiErrors):
    """The form of the responses to one request.

    Args:
        form: The form of the response object.

    Attributes:
        written: The whole response object; None before it is written, and for an error.
    """

    def __init__(self, form: ResponseForm) -> None:
        self._form = form
        self.written: Json | None = None

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Build the response object of a message."""
        ending = read_ending(document)
        output = build_output(document, ending)
        self.written = self._form.build(document, output, ending.status, ending, document.get("usage"))
        return TranslatedBody(200, self.translate_headers(response), self.written)

    def open_stream(self) -> ResponsesEncoder:
        """Create the encoder of a stream."""
        return ResponsesEncoder(self._form, self._keep)

    def _keep(self, written: Json) -> None:
        self.written = written
