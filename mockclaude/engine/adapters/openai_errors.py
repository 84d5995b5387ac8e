"""The errors and the headers of OpenAI's API, which all of its endpoints share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import orjson

from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.engine.adapters.platform_body import drop_api_headers
from mockclaude.reply.dialect import StreamEncoder, TranslatedBody
from mockclaude.reply.response import Response


class OpenaiErrors:
    """The form of every error; a subclass translates the responses of one endpoint."""

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Translate the headers only."""
        return TranslatedBody(200, self.translate_headers(response), document)

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        """Build the error, with the status of the API."""
        return TranslatedBody(response.status, self.translate_headers(response), build_error(error))

    def translate_headers(self, response: Response) -> Headers:
        """Return the headers of OpenAI's API."""
        return _translate(response.headers)

    def open_stream(self) -> StreamEncoder:
        """Create the encoder of a stream."""
        return ErrorEncoder()


OPENAI_ERRORS = OpenaiErrors()
"""The dialect of errors before an endpoint is known."""


class ErrorEncoder:
    """Encodes the error that ends a stream, and inserted texts as they are."""

    def encode(self, event: Event, _: int) -> bytes:
        """Encode an event."""
        if event.name == "error":
            return b"data: %b\n\n" % orjson.dumps(build_error(event.data))
        return b"" if event.name else event.encoded


def build_error(envelope: Any) -> dict[str, Any]:
    """Build the error of the API's envelope, whose parts a fault may have removed."""
    error = envelope.get("error") if isinstance(envelope, dict) else None
    fields = error if isinstance(error, dict) else {}
    kind = fields.get("type")
    return {"error": {"code": kind, "message": fields.get("message"), "type": kind, "param": None}}


@lru_cache(maxsize=64)
def _translate(headers: Headers) -> Headers:
    """Translate headers. The same object gives the same object: the encoder caches bytes by headers."""
    lines = (*drop_api_headers(headers).lines, ("openai-version", "2020-10-01"), *_translate_limits(headers))
    return Headers(lines, _ID_LINES)


_ID_LINES = b"x-request-id: @\r\nrequest-id: @\r\n"
"""The id by the name that OpenAI's clients read, and by Anthropic's."""


def _translate_limits(headers: Headers) -> Iterator[tuple[str, str]]:
    values = dict(headers.lines)
    for family in ("requests", "tokens"):
        for what in ("limit", "remaining", "reset"):
            value = values.get(f"anthropic-ratelimit-{family}-{what}")
            if value is not None:
                written = _describe_wait(values["date"], value) if what == "reset" else value
                yield f"x-ratelimit-{what}-{family}", written


def _describe_wait(date: str, reset: str) -> str:
    """Describe the time from a date to a reset as a duration, e.g. `6m0s`; a reset that a rule has written stays."""
    try:
        wait = datetime.fromisoformat(reset) - parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return reset
    minutes, seconds = divmod(max(0, int(wait.total_seconds())), 60)
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
