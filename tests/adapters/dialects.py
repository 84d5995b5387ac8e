"""The adapters as a table: a request to each of them, and a reader of its responses, written from its description."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from struct import unpack_from
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.engine.http_request import HttpRequest
from tests.api.aws_frames import read_frames
from tests.serving import NOW, http_request

Document: TypeAlias = dict[str, Any]

TALK = "Write a file"
MESSAGES = {"messages": [{"role": "user", "content": TALK}]}
JSON = {"content-type": "application/json"}
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIAMOCK/20261130/eu-west-1/bedrock/aws4_request, Signature=0a"}


class Unit(NamedTuple):
    """A part of a stream that the dialect separates from the next one: its name, and its data."""

    name: str
    data: Any


class Dialect(NamedTuple):
    """A dialect.

    Attributes:
        path: The path of a request.
        stream_path: The path of a request for a stream.
        fields: The body of a request.
        headers: The headers that clients of the dialect send.
        read: Reads the whole units of a stream, and then the bytes that are left.
        is_message: Whether a JSON document is a message.
        is_error: Whether a JSON document, or the data of a unit, is an error.
        statuses: Status of the API -> status of the dialect, if it is another one.
        stream_fields: The fields of the body of a request for a stream.
    """

    path: str
    stream_path: str
    fields: Document
    headers: Mapping[str, str]
    read: Callable[[bytes], Iterator[Unit | bytes]]
    is_message: Callable[[Document], bool]
    is_error: Callable[[Document], bool]
    statuses: Mapping[int, int] = {}
    stream_fields: Mapping[str, Any] = {}

    def build_request(self, *, stream: bool, **headers: str) -> HttpRequest:
        """Build the request, for a JSON body or for a stream."""
        body = json.dumps({**self.fields, **(self.stream_fields if stream else {})}).encode()
        path = self.stream_path if stream else self.path
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return http_request("POST", path, {}, {**JSON, **self.headers, **named}, body, NOW)


def read_events(data: bytes) -> Iterator[Unit | bytes]:
    """Read server-sent events without comments; their data is JSON or `[DONE]`."""
    *events, rest = data.split(b"\n\n")
    for event in events:
        if event.startswith(b":"):
            continue
        fields = dict(line.partition(b": ")[::2] for line in event.split(b"\n"))
        text = fields.get(b"data", b"null")
        yield Unit(fields.get(b"event", b"").decode(), text.decode() if text == b"[DONE]" else orjson.loads(text))
    yield rest


def _read_chunks(data: bytes) -> Iterator[Unit | bytes]:
    """Read the chunks of a chat completion, or the error that ends them."""
    for unit in read_events(data):
        if isinstance(unit, Unit):
            assert unit.name == ""
            is_chunk = isinstance(unit.data, dict) and unit.data.get("object") == "chat.completion.chunk"
            assert is_chunk or unit.data == "[DONE]" or "error" in unit.data
        yield unit


def _read_typed(data: bytes) -> Iterator[Unit | bytes]:
    """Read the events of the Responses API, whose data have the type of the event."""
    for unit in read_events(data):
        assert not isinstance(unit, Unit) or (isinstance(unit.data, dict) and unit.name == unit.data.get("type"))
        yield unit


def read_bedrock(data: bytes) -> Iterator[Unit | bytes]:
    """Read the frames of an AWS event stream, and the message's events in chunks."""
    while len(data) >= 12 and len(data) >= (size := unpack_from(">I", data)[0]):
        [frame] = read_frames(data[:size])
        headers, payload, data = frame.headers, orjson.loads(frame.payload), data[size:]
        name = headers.get(":event-type") or headers[":exception-type"]
        yield Unit(name, orjson.loads(b64decode(payload["bytes"])) if name == "chunk" else payload)
    yield data


def _has_type(name: str) -> Callable[[Document], bool]:
    return lambda document: document.get("type") == name


def _is_vertex_error(document: Document) -> bool:
    return document.get("type") == "error" or set(document["error"]) == {"code", "message", "status"}


VERTEX = "/v1/projects/p/locations/l/publishers/anthropic/models/"
_MODEL = {"model": "claude-haiku-4-5", "max_tokens": 1024}
BEDROCK = "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/"
_BEDROCK_STATUSES = {
    401: 403,
    402: 403,
    504: 408,
    529: 503,
    **dict.fromkeys((409, 413, 418, 422), 400),
    **dict.fromkeys((501, 502, 520, 522, 524, 599), 500),
}

_STREAMED = {"stream": True}
_BEARER = {"authorization": "Bearer mock"}
_CONVERSE = {"messages": [{"role": "user", "content": [{"text": TALK}]}], "inferenceConfig": {"maxTokens": 1024}}
_COMPLETE = {"model": _MODEL["model"], "max_tokens_to_sample": 1024, "prompt": f"\n\nHuman: {TALK}\n\nAssistant:"}


def _is_openai_error(document: Document) -> bool:
    return list(document) == ["error"] and {"message", "type", "code", "param"} == set(document["error"])


DIALECTS = {
    "messages": Dialect(
        "/v1/messages",
        "/v1/messages",
        {**_MODEL, **MESSAGES},
        {"x-api-key": "mock", "anthropic-version": "2023-06-01"},
        read_events,
        _has_type("message"),
        _has_type("error"),
        stream_fields=_STREAMED,
    ),
    "vertex": Dialect(
        f"{VERTEX}claude-haiku-4-5@20251001:rawPredict",
        f"{VERTEX}claude-haiku-4-5@20251001:streamRawPredict",
        {"anthropic_version": "vertex-2023-10-16", "max_tokens": 1024, **MESSAGES},
        _BEARER,
        read_events,
        _has_type("message"),
        _is_vertex_error,
    ),
    "invoke": Dialect(
        f"{BEDROCK}invoke",
        f"{BEDROCK}invoke-with-response-stream",
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 1024, **MESSAGES},
        SIGNED,
        read_bedrock,
        _has_type("message"),
        lambda document: set(document) == {"message"},
        _BEDROCK_STATUSES,
    ),
    "converse": Dialect(
        f"{BEDROCK}converse",
        f"{BEDROCK}converse-stream",
        _CONVERSE,
        SIGNED,
        read_bedrock,
        lambda document: "output" in document and "stopReason" in document,
        lambda document: set(document) == {"message"},
        _BEDROCK_STATUSES,
    ),
    "chat": Dialect(
        "/v1/chat/completions",
        "/v1/chat/completions",
        {**_MODEL, **MESSAGES},
        _BEARER,
        _read_chunks,
        lambda document: document.get("object") == "chat.completion",
        _is_openai_error,
        stream_fields={**_STREAMED, "stream_options": {"include_usage": True}},
    ),
    "responses": Dialect(
        "/v1/responses",
        "/v1/responses",
        {"model": _MODEL["model"], "max_output_tokens": 1024, "input": TALK},
        _BEARER,
        _read_typed,
        lambda document: document.get("object") == "response",
        _is_openai_error,
        stream_fields=_STREAMED,
    ),
    "complete": Dialect(
        "/v1/complete",
        "/v1/complete",
        _COMPLETE,
        {"x-api-key": "mock", "anthropic-version": "2023-06-01", "x-mockclaude-validation": "gateway"},
        _read_typed,
        _has_type("completion"),
        _has_type("error"),
        stream_fields=_STREAMED,
    ),
}
