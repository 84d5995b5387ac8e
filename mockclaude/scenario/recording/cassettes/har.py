"""Read HTTP archives (HAR 1.2), as browsers and proxies export them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockclaude.scenario.recording.cassettes.cassette import (
    CassetteBody,
    CassetteExchange,
    CassettePart,
    CassetteRequest,
    decode_base64,
    read_headers,
)

_BEFORE_HEAD = ("send", "wait")
"""The phases between the request and the head of the response. Blocked, DNS and connect are before the request."""

_LONGEST_MS = 86_400_000.0


def is_har(data: Any) -> bool:
    """Return whether the data of a file is an HTTP archive."""
    return isinstance(data, dict) and isinstance(data.get("log"), dict)


def list_har_requests(whole: CassettePart) -> Iterator[CassetteRequest]:
    """Yield the requests of an archive.

    Raises:
        ScenarioError: The data has another form.
    """
    for entry in whole.get("log").get("entries").items():
        request = entry.get("request")
        method, url = request.get("method").text().upper(), request.get("url").text()
        yield CassetteRequest(method, url, request, entry.get("response"), entry)


def read_har_exchange(request: CassetteRequest) -> CassetteExchange:
    """Read a request and its response. The status without a response is 0.

    Raises:
        ScenarioError: The data has another form.
    """
    sent, response = request.request, request.response
    started = request.whole.get("startedDateTime").value
    return CassetteExchange(
        request.whole.place,
        request.method,
        request.url,
        _read_headers(sent),
        _read_sent(sent.get("postData")),
        _read_status(response.get("status")),
        _read_headers(response),
        _read_content(response.get("content")),
        started if isinstance(started, str) else "",
        _read_wait(request.whole.get("timings")),
    )


def _read_headers(message: CassettePart) -> list[tuple[str, str]]:
    """Read headers, without the pseudo-headers of HTTP/2."""
    return [(name, value) for name, value in read_headers(message.get("headers")) if not name.startswith(":")]


def _read_status(status: CassettePart) -> int:
    number = status.value
    if not isinstance(number, int) or isinstance(number, bool) or number > 999:
        status.fail("a status up to 999")
    return number if number >= 200 else 0


def _read_sent(data: CassettePart) -> CassetteBody:
    return CassetteBody(None) if data.value is None else _read_content(data)


def _read_content(content: CassettePart) -> CassetteBody:
    text = content.get("text")
    if text.value is None:
        return CassetteBody(None)
    if content.get("encoding").value != "base64":
        return CassetteBody(text.text().encode("utf-8", "surrogatepass"))
    return CassetteBody(decode_base64(text))


def _read_wait(timings: CassettePart) -> int:
    if not isinstance(timings.value, dict):
        return 0
    phases = [timings.value.get(phase) for phase in _BEFORE_HEAD]
    milliseconds = sum(phase for phase in phases if isinstance(phase, int | float) and 0 < phase <= _LONGEST_MS)
    return round(milliseconds * 1_000)
