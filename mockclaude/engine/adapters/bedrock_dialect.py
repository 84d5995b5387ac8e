"""The dialect of Amazon Bedrock: the API's messages in AWS's headers, event streams and errors."""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Mapping
from hashlib import blake2b
from string import ascii_letters, digits
from typing import Any

import orjson

from mockclaude.api.event_frames import encode_frame, event_headers, exception_headers
from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.engine.adapters.platform_body import drop_api_headers
from mockclaude.reply.dialect import StreamEncoder, TranslatedBody
from mockclaude.reply.response import Response

_ERRORS = {
    401: (403, "AccessDeniedException"),
    402: (403, "AccessDeniedException"),
    403: (403, "AccessDeniedException"),
    408: (408, "ModelTimeoutException"),
    424: (424, "ModelErrorException"),
    429: (429, "ThrottlingException"),
    503: (503, "ServiceUnavailableException"),
    504: (408, "ModelTimeoutException"),
    529: (503, "ServiceUnavailableException"),
}
"""Status of the API -> status and exception of Bedrock. Others below 500 are invalid requests."""

_INVALID = (400, "ValidationException")
_INTERNAL = (500, "InternalServerException")

STREAM_ERRORS = {
    "rate_limit_error": "throttlingException",
    "overloaded_error": "serviceUnavailableException",
    "api_error": "internalServerException",
    "timeout_error": "modelTimeoutException",
    "invalid_request_error": "validationException",
}
"""Type of an error event -> exception of the stream."""

_INPUT_COUNT, _OUTPUT_COUNT = "x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count"

_WITH_USAGE = ("message_start", "message_delta")
_OTHERS = frozenset(("", "ping", "message_stop", *_WITH_USAGE))
"""Events that change the state of a stream, or have other data in Bedrock."""

_CHUNK = event_headers("chunk")
_PADDING = f"{ascii_letters}{digits}".encode()
PADDINGS = [_PADDING[: number * 7 % len(_PADDING)] for number in range(len(_PADDING))]
"""The padding of a chunk by its number."""

_STREAM_TYPES = {
    "content-type": "application/vnd.amazon.eventstream",
    "x-amzn-bedrock-content-type": "application/json",
}

_UNKNOWN_MODEL = "The provided model identifier is invalid."


class BedrockDialect:
    """The responses of InvokeModel and InvokeModelWithResponseStream.

    Args:
        not_found: The exception for a 404 and for a wrong method.
    """

    def __init__(self, not_found: str = "ResourceNotFoundException") -> None:
        self._not_found = (404, not_found)

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Return the message as it is, with its counts in headers."""
        input_tokens, output_tokens = (
            read_value(document, "usage", "input_tokens"),
            read_value(document, "usage", "output_tokens"),
        )
        counts = (_INPUT_COUNT, str(input_tokens or 0)), (_OUTPUT_COUNT, str(output_tokens or 0))
        return TranslatedBody(200, add_lines(response, *counts), document)

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        """Build an exception, whose name is in a header."""
        message = read_value(error, "error", "message")
        status, name = self._find_exception(response.status)
        if response.status == 404 and str(message).startswith("model: "):
            (status, name), message = _INVALID, _UNKNOWN_MODEL
        return TranslatedBody(status, add_lines(response, ("x-amzn-errortype", name)), {"message": message})

    def translate_headers(self, response: Response) -> Headers:
        """Return the headers of an event stream."""
        return add_lines(response).put(_STREAM_TYPES)

    def open_stream(self) -> StreamEncoder:
        """Create the encoder of an event stream."""
        return _FrameEncoder()

    def _find_exception(self, status: int) -> tuple[int, str]:
        if status in (404, 405):
            return self._not_found
        return _ERRORS.get(status, _INVALID if status < 500 else _INTERNAL)


class CountDialect(BedrockDialect):
    """The responses of CountTokens."""

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Return the count by its name in Bedrock."""
        return TranslatedBody(200, add_lines(response), {"inputTokens": read_value(document, "input_tokens")})


BEDROCK_ERRORS = BedrockDialect("UnknownOperationException")
"""The dialect of errors before an operation is known."""


class _FrameEncoder:
    """Encodes each event as a frame; the last one has the counts of tokens."""

    def __init__(self) -> None:
        self._number = 0
        self._usage: dict[str, Any] = {}
        self._first_at: int | None = None

    def encode(self, event: Event, at: int) -> bytes:
        if self._first_at is None:
            self._first_at = at
        name, data, _, _ = event
        if name in _OTHERS:
            data = self._read_data(event, at)
        if data is None:
            return b""
        if name == "error":
            return encode_exception(data)
        self._number += 1
        encoded = b2a_base64(data.encode() if isinstance(data, str) else orjson.dumps(data), newline=False)
        return encode_frame(_CHUNK, b'{"bytes":"%b","p":"%b"}' % (encoded, PADDINGS[self._number % len(PADDINGS)]))

    def _read_data(self, event: Event, at: int) -> Any:
        """Return the data of an event that changes the state of the stream, or is not sent as it is."""
        name, data, _, encoded = event
        if not name or name == "ping":
            return read_text(encoded) if not name else None
        if isinstance(data, dict) and name in _WITH_USAGE:
            self._read_usage(data)
        if isinstance(data, dict) and name == "message_stop":
            return {**data, "amazon-bedrock-invocationMetrics": self._build_metrics(at)}
        return data

    def _read_usage(self, data: dict[str, Any]) -> None:
        if data.get("type") == "message_start":
            self._number, self._usage = 0, {}
            data = data["message"] if isinstance(data.get("message"), dict) else data
        if isinstance(data.get("usage"), dict):
            self._usage |= data["usage"]

    def _build_metrics(self, at: int) -> dict[str, Any]:
        usage = self._usage
        counts = {"inputTokenCount": usage.get("input_tokens", 0), "outputTokenCount": usage.get("output_tokens", 0)}
        cached = {
            "cacheReadInputTokenCount": usage.get("cache_read_input_tokens"),
            "cacheWriteInputTokenCount": usage.get("cache_creation_input_tokens"),
        }
        used = {name: count for name, count in cached.items() if count}
        latencies = {"invocationLatency": at // 1000, "firstByteLatency": (self._first_at or 0) // 1000}
        return {**counts, **latencies, **used}


def read_text(encoded: bytes) -> str | None:
    """Return the data of an inserted event as text; None without data."""
    text = encoded.decode("utf-8", "replace")
    lines = [line.removeprefix("data:").strip() for line in text.split("\n") if line.startswith("data:")]
    return "\n".join(lines) if lines else None


def encode_exception(data: Any, names: Mapping[str, str] = STREAM_ERRORS) -> bytes:
    """Encode an error event as the frame of an exception.

    Args:
        data: The data of the event.
        names: Type of an error -> exception; others are `modelStreamErrorException`.
    """
    name = names.get(str(read_value(data, "error", "type")), "modelStreamErrorException")
    return encode_frame(exception_headers(name), orjson.dumps({"message": read_value(data, "error", "message")}))


def read_value(data: Any, *path: str) -> Any:
    """Return the value at a path; None if a fault has removed it."""
    for name in path:
        data = data.get(name) if isinstance(data, dict) else None
    return data


def add_lines(response: Response, *lines: tuple[str, str]) -> Headers:
    """Return the headers of a response of AWS with more lines."""
    return Headers((*drop_api_headers(response.headers).lines, ("x-amzn-requestid", _to_uuid(response)), *lines))


def _to_uuid(response: Response) -> str:
    drawn = blake2b(response.request_id.encode(), digest_size=16).hexdigest()
    return f"{drawn[:8]}-{drawn[8:12]}-{drawn[12:16]}-{drawn[16:20]}-{drawn[20:]}"
