"""The dialect of OpenAI's Responses API."""

from __future__ import annotations

from typing import Any

from mockclaude.engine.adapters.openai_errors import OpenaiErrors
from mockclaude.engine.adapters.responses_object import ResponseForm, build_output, read_ending
from mockclaude.engine.adapters.responses_stream import ResponsesEncoder
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response


class ResponsesDialect(OpenaiErrors):
    """The form of the responses to one request.

    Args:
        form: The form of the response object.
    """

    def __init__(self, form: ResponseForm) -> None:
        self._form = form

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Build the response object of a message."""
        ending = read_ending(document)
        output = build_output(document, ending)
        translated = self._form.build(document, output, ending.status, ending, document.get("usage"))
        return TranslatedBody(200, self.translate_headers(response), translated)

    def open_stream(self) -> ResponsesEncoder:
        """Create the encoder of a stream."""
        return ResponsesEncoder(self._form)
