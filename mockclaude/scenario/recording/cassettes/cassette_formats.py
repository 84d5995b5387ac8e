"""Find the Messages requests of a cassette, and convert them to exchanges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mockclaude.scenario.diagnostics import Diagnostic, Place, ScenarioError, SourceMap
from mockclaude.scenario.recorded_reply import FRAMING_HEADERS
from mockclaude.scenario.recording.cassettes.cassette import (
    Cassette,
    CassetteBody,
    CassetteEntry,
    CassetteExchange,
    CassettePart,
    CassetteRequest,
)
from mockclaude.scenario.recording.cassettes.har import is_har, list_har_requests, read_har_exchange
from mockclaude.scenario.recording.cassettes.vcr import is_vcr, list_vcr_requests, read_vcr_exchange
from mockclaude.scenario.recording.content_encodings import decode_content
from mockclaude.scenario.recording.exchange import Exchange, Reception

MESSAGES = "/v1/messages"
UNKNOWN_HOST = "unknown"
"""The host of a recorder without hosts."""

REQUEST_HEADERS = ("anthropic-beta", "anthropic-version", "content-type")
"""The headers of a request that are kept."""

DEFAULT_HEADERS = {"anthropic-version": "2023-06-01", "content-type": "application/json"}
"""The headers of a request whose recorder has left them out. The API needs both."""

_ENCODING = "content-encoding"
_SHOWN_OTHERS = 3


class _Format(NamedTuple):
    matches: Callable[[Any], bool]
    list_requests: Callable[[CassettePart], Iterator[CassetteRequest]]
    read_exchange: Callable[[CassetteRequest], CassetteExchange]


_FORMATS = (
    _Format(is_vcr, list_vcr_requests, read_vcr_exchange),
    _Format(is_har, list_har_requests, read_har_exchange),
)


def parse_cassette(source: SourceMap, day: str) -> Cassette:
    """Parse a cassette of vcrpy, Ruby's VCR or a HAR.

    Args:
        source: The data of the file.
        day: The day of exchanges without a time.

    Raises:
        ScenarioError: The data is not a cassette.
    """
    form = next((form for form in _FORMATS if form.matches(source.data)), None)
    if form is None:
        message = "not a cassette; expected `interactions`, `http_interactions` or the `log` of a HAR"
        raise ScenarioError([Diagnostic(Place(source.file), message)])
    others: Counter[str] = Counter()
    exchanges = []
    for request in form.list_requests(CassettePart(source, source.data)):
        if is_messages_request(request.method, request.url):
            exchanges.append(form.read_exchange(request))
        else:
            others[_describe(request)] += 1
    return _build(source.file, exchanges, others, day)


def parse_stream(file: str, content: bytes, request: bytes | None, day: str) -> Cassette:
    """Build the cassette of one stream and the body of its request."""
    headers = (("content-type", "text/event-stream; charset=utf-8"),)
    body = CassetteBody(content)
    exchange = CassetteExchange(Place(file), "POST", MESSAGES, (), CassetteBody(request), 200, headers, body)
    return _build(file, [exchange], Counter(), day)


def is_messages_request(method: str, url: str) -> bool:
    """Return whether a request is a Messages request, behind any host or gateway."""
    try:
        return method == "POST" and urlsplit(url).path.endswith(MESSAGES)
    except ValueError:
        return False


def _describe(request: CassetteRequest) -> str:
    return f"{request.method} {request.url.partition('?')[0][:100]}"


def _build(file: str, exchanges: list[CassetteExchange], others: Mapping[str, int], day: str) -> Cassette:
    complete = [exchange for exchange in exchanges if exchange.status and exchange.body.content is not None]
    entries = [
        CassetteEntry(_to_exchange(exchange, number, day), exchange.place, exchange.body.is_original)
        for number, exchange in enumerate(complete, 1)
    ]
    warnings = [*_warn_of_others(file, others), *_warn_of_losses(exchanges, entries)]
    return Cassette(entries, [Diagnostic(place, message) for place, message in warnings])


def _warn_of_others(file: str, others: Mapping[str, int]) -> Iterator[tuple[Place, str]]:
    if others:
        first = [f"{count} to {name}" for name, count in list(others.items())[:_SHOWN_OTHERS]]
        more = ", ..." if len(others) > _SHOWN_OTHERS else ""
        count = sum(others.values())
        yield Place(file), f"left out {count_requests(count)} other than POST {MESSAGES}: {', '.join(first)}{more}"


def _warn_of_losses(exchanges: list[CassetteExchange], entries: list[CassetteEntry]) -> Iterator[tuple[Place, str]]:
    """Yield one warning of each kind, at the place of the first exchange."""
    if lost := [exchange for exchange in exchanges if not exchange.status or exchange.body.content is None]:
        yield (
            lost[0].place,
            f"left out {count_requests(len(lost))} without a response or its body; export it with content",
        )
    if encoded := [entry for entry in entries if _ENCODING in dict(entry.exchange.reception.headers)]:
        message = f"{count_requests(len(encoded))} with a response in an unreadable `{_ENCODING}`; it is kept as bytes"
        yield encoded[0].place, message


def count_requests(count: int) -> str:
    """Return a number of requests in words."""
    return f"{count} request{'s' * (count != 1)}"


def _to_exchange(exchange: CassetteExchange, number: int, day: str) -> Exchange:
    url = urlsplit(exchange.url)
    known = {name: value for name, value in exchange.request_headers if name in REQUEST_HEADERS}
    sent = decode_content(exchange.request_body.content or b"", _join(exchange.request_headers, _ENCODING))
    return Exchange(
        number,
        exchange.method,
        f"{MESSAGES}?{url.query}" if url.query else MESSAGES,
        {**DEFAULT_HEADERS, **known},
        sent or b"",
        _to_reception(exchange),
        url.hostname or UNKNOWN_HOST,
        _find_day(exchange) or day,
    )


def _to_reception(exchange: CassetteExchange) -> Reception:
    content = exchange.body.content or b""
    decoded = decode_content(content, _join(exchange.headers, _ENCODING))
    dropped = (*FRAMING_HEADERS, _ENCODING) if decoded is not None else FRAMING_HEADERS
    headers = tuple((name, value) for name, value in exchange.headers if name not in dropped)
    return Reception(exchange.status, headers, content if decoded is None else decoded, exchange.head_us)


def _join(headers: Any, name: str) -> str:
    return ", ".join(value for key, value in headers if key == name)


def _find_day(exchange: CassetteExchange) -> str:
    """Return the day of the exchange's time, or of the header `date`; '' without both."""
    for text in (exchange.time, dict(exchange.headers).get("date", "")):
        for parse in (_parse_iso, _parse_http_date):
            try:
                return parse(text).isoformat()
            except (ValueError, TypeError, IndexError, OverflowError):
                continue
    return ""


def _parse_iso(text: str) -> date:
    return date.fromisoformat(text[:10])


def _parse_http_date(text: str) -> date:
    return parsedate_to_datetime(text).date()
