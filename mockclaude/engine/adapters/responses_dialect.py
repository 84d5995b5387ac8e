"""The dialect of OpenAI's Responses API."""

from __future__ import annotations

from typing import Any

import orjson

from mockclaude.engine.adapters.edited_values import as_object
from mockclaude.engine.adapters.openai_errors import OpenaiErrors
from mockclaude.engine.adapters.responses_object import ResponseForm, read_ending, read_name, write_output, write_usage
from mockclaude.engine.adapters.responses_stream import ResponsesEncoder
from mockclaude.reply.dialect import TranslatedBody
from mockclaude.reply.response import Response


class ResponsesDialect(OpenaiErrors):
    """The form of the responses to one request.

    Args:
        form: The form of the response object.

    Attributes:
        written: The id and the JSON of the whole response; None before it is written, and for an error.
    """

    def __init__(self, form: ResponseForm) -> None:
        self._form = form
        self.written: tuple[str, bytes] | None = None

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Build the response object of a message."""
        message = as_object(document)
        ending = read_ending(message)
        output, usage = write_output(message, ending), write_usage(message.get("usage"))
        written = self._form.write(message, output, ending.status, ending, usage)
        self._keep(read_name(message), written)
        return TranslatedBody(200, self.translate_headers(response), orjson.Fragment(written))

    def open_stream(self) -> ResponsesEncoder:
        """Create the encoder of a stream."""
        return ResponsesEncoder(self._form, self._keep)

    def _keep(self, name: str, written: bytes) -> None:
        self.written = f"resp_{name}", written


class InputTokensDialect(OpenaiErrors):
    """The form of a count of input tokens."""

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Return the count by its name in OpenAI's API."""
        count = {"object": "response.input_tokens", "input_tokens": as_object(document).get("input_tokens")}
        return TranslatedBody(200, self.translate_headers(response), count)
