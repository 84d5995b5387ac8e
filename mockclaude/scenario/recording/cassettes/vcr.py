"""Read cassettes of vcrpy, of Ruby's VCR and of R's vcr.

The forms: `interactions` (vcrpy), `http_interactions` (Ruby and R), or `requests` beside `responses`, as serializers
write that store vcrpy's data unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from mockclaude.scenario.recording.cassettes.cassette import (
    CassetteBody,
    CassetteExchange,
    CassettePart,
    CassetteRequest,
    decode_base64,
    read_headers,
)

_ENCODINGS = {"iso-8859-1": "latin-1", "windows-1252": "cp1252"}
"""Encodings of Ruby that are not read as UTF-8 -> their names in Python."""

_BODY_KEYS = {"encoding", "string", "base64_string", "parsed_body", "file"}


def is_vcr(data: Any) -> bool:
    """Return whether the data of a file is a cassette."""
    return isinstance(data, dict) and bool({"interactions", "http_interactions", "requests"} & data.keys())


def list_vcr_requests(whole: CassettePart) -> Iterator[CassetteRequest]:
    """Yield the requests of a cassette.

    Raises:
        ScenarioError: The data has another form.
    """
    for request, response, item in _pair(whole):
        yield CassetteRequest(request.get("method").text().upper(), request.get("uri").text(), request, response, item)


def _pair(whole: CassettePart) -> Iterator[tuple[CassettePart, CassettePart, CassettePart]]:
    """Yield each request, its response, and the data of both."""
    if "requests" not in whole.value:
        for item in whole.get("interactions", "http_interactions").items():
            yield item.get("request"), item.get("response"), item
        return
    requests, responses = list(whole.get("requests").items()), list(whole.get("responses").items())
    if len(requests) != len(responses):
        whole.get("responses").fail(f"{len(requests)} responses, one for each request")
    yield from zip(requests, responses, requests, strict=True)


def read_vcr_exchange(request: CassetteRequest) -> CassetteExchange:
    """Read a request and its response.

    Raises:
        ScenarioError: The data has another form.
    """
    sent, response = request.request, request.response
    recorded_at = request.whole.get("recorded_at").value
    return CassetteExchange(
        sent.place,
        request.method,
        request.url,
        read_headers(sent.get("headers")),
        _read_body(sent),
        _read_status(response),
        read_headers(response.get("headers")),
        _read_body(response),
        recorded_at if isinstance(recorded_at, str) else "",
    )


def _read_status(response: CassettePart) -> int:
    status = response.get("status", "status_code")
    if isinstance(status.value, dict):
        status = status.get("code", "status_code")
    number = status.value
    if not isinstance(number, int) or isinstance(number, bool) or not 200 <= number <= 999:
        status.fail("a status from 200 to 999")
    return number


def _read_body(message: CassettePart) -> CassetteBody:
    """Read a body. `content` is the key of vcrpy before version 6 for responses to httpx."""
    parsed = message.get("parsed_body")
    if parsed.value is not None:
        return _encode(parsed)
    body = message.get("body", "content")
    if isinstance(body.value, dict) and body.value.keys() <= _BODY_KEYS:
        if "parsed_body" in body.value:
            return _encode(body.get("parsed_body"))
        if "base64_string" in body.value:
            return CassetteBody(decode_base64(body.get("base64_string")))
        return CassetteBody(_to_bytes(body.get("string"), str(body.value.get("encoding"))))
    if isinstance(body.value, dict | list):
        return _encode(body)  # the `json` argument of aiohttp's client
    return CassetteBody(_to_bytes(body))


def _encode(parsed: CassettePart) -> CassetteBody:
    try:
        return CassetteBody(orjson.dumps(parsed.value), is_original=False)
    except TypeError:
        parsed.fail("JSON")


def _to_bytes(body: CassettePart, encoding: str = "") -> bytes | None:
    if body.value is None or isinstance(body.value, bytes):
        return body.value
    return body.text().encode(_ENCODINGS.get(encoding.lower(), "utf-8"), "replace")
