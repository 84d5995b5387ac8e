"""Tiny writers of the formats of other recorders."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import yaml


class Recorded(NamedTuple):
    """A request and its response."""

    sent: bytes = b"{}"
    body: bytes = b"{}"
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    method: str = "POST"
    url: str = "https://api.anthropic.com/v1/messages"


def text_or_bytes(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def lists(headers: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    return {name: [value] for name, value in headers}


def to_vcrpy(recorded: Sequence[Recorded]) -> dict[str, Any]:
    interactions = [
        {
            "request": {"body": text_or_bytes(one.sent), "headers": {}, "method": one.method, "uri": one.url},
            "response": {
                "body": {"string": text_or_bytes(one.body)},
                "headers": lists(one.headers),
                "status": {"code": one.status, "message": "OK"},
            },
        }
        for one in recorded
    ]
    return {"interactions": interactions, "version": 1}


def to_ruby(recorded: Sequence[Recorded], encoding: str = "ASCII-8BIT") -> dict[str, Any]:
    interactions = [
        {
            "request": {
                "method": one.method.lower(),
                "uri": one.url,
                "body": {"encoding": "UTF-8", "base64_string": b64encode(one.sent).decode()},
                "headers": {},
            },
            "response": {
                "status": {"code": one.status, "message": "OK"},
                "headers": lists(one.headers),
                "body": {"encoding": encoding, "base64_string": b64encode(one.body).decode()},
            },
            "recorded_at": "Thu, 12 Jun 2025 16:29:20 GMT",
        }
        for one in recorded
    ]
    return {"http_interactions": interactions, "recorded_with": "VCR 6.3.1"}


def to_har(recorded: Sequence[Recorded]) -> dict[str, Any]:
    entries = [
        {
            "startedDateTime": "2026-11-29T10:20:30.123Z",
            "request": {
                "method": one.method,
                "url": one.url,
                "headers": [],
                "postData": {"text": b64encode(one.sent).decode(), "encoding": "base64"},
            },
            "response": {
                "status": one.status,
                "headers": [{"name": name, "value": value} for name, value in one.headers],
                "content": {"text": b64encode(one.body).decode(), "encoding": "base64"},
            },
            "timings": {"send": 1, "wait": 2, "receive": 3},
        }
        for one in recorded
    ]
    return {"log": {"version": "1.2", "entries": entries}}


def to_pairs(recorded: Sequence[Recorded]) -> dict[str, Any]:
    whole = to_vcrpy(recorded)["interactions"]
    return {"requests": [one["request"] for one in whole], "responses": [one["response"] for one in whole]}


def as_yaml(write: Callable[[Sequence[Recorded]], Any]) -> Callable[[Sequence[Recorded]], bytes]:
    return lambda recorded: yaml.safe_dump(write(recorded), allow_unicode=True).encode()


def as_json(write: Callable[[Sequence[Recorded]], Any]) -> Callable[[Sequence[Recorded]], bytes]:
    return lambda recorded: json.dumps(write(recorded)).encode()


WRITERS = [as_yaml(to_vcrpy), as_yaml(to_pairs), as_yaml(to_ruby), as_json(to_ruby), as_json(to_har)]
