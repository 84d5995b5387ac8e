"""A request that was passed on, as the exchange that a recording keeps."""

from __future__ import annotations

from typing import NamedTuple

from mockclaude.api.frames import split_frames
from mockclaude.engine.http_request import HttpRequest
from mockclaude.proxy.hop_headers import decode_lines
from mockclaude.proxy.upstream import ReceivedBody
from mockclaude.scenario.recorded_reply import FRAMING_HEADERS
from mockclaude.scenario.recording.content_encodings import decode_content
from mockclaude.scenario.recording.exchange import Exchange, Reception

_KEPT = ("anthropic-beta", "anthropic-version", "content-type")
"""Headers of a request that the API reads and that are not secret."""

_ENCODING = "content-encoding"


class PassedRequest(NamedTuple):
    """A request that was passed on.

    Attributes:
        number: The number of the request.
        http: The request.
        path: The path of the API with the query.
        body: The bytes of the body, decompressed; None if it is too large, or cannot be decompressed.
        day: The day, e.g. `2026-11-30`.
        refusal: The message with which mockclaude would have refused the request; '' if it accepts it.
        is_known: Whether the path is an endpoint of the API.
    """

    number: int
    http: HttpRequest
    path: str
    body: bytes | None
    day: str
    refusal: str
    is_known: bool

    @property
    def is_recorded(self) -> bool:
        """Whether the request is a Messages request in the API's own dialect."""
        head = self.http.head
        return self.is_known and head.is_message and head.path == "/v1/messages" and head.adapter == "anthropic"

    @property
    def label(self) -> str:
        """The request in messages."""
        return f"request {self.number} ({self.http.head.method} {self.path.partition('?')[0] or '/'})"

    def build_exchange(self, received: ReceivedBody, host: str, lane: str, bytes_sent: int | None) -> Exchange | None:
        """Build the exchange; return None if one of its bodies is too large.

        Args:
            received: The response.
            host: The host that sent it.
            lane: The lane of the request.
            bytes_sent: The bytes of the body that the client got before it left; None if it stayed.
        """
        reception = build_reception(received)
        if reception is None or self.body is None:
            return None
        headers = {name: value for name in _KEPT if (value := self.http.headers.get(name)) is not None}
        events = None if bytes_sent is None else _count_events(reception.body[:bytes_sent])
        return Exchange(
            number=self.number,
            method=self.http.head.method,
            path=self.path,
            headers=headers,
            body=self.body,
            reception=reception,
            host=host,
            on=self.day,
            lane=lane,
            events_sent=events,
            refusal=self.refusal,
        )


def build_reception(received: ReceivedBody) -> Reception | None:
    """Build the decoded reception; return None for a body that is too large."""
    head, body = received.head, received.body
    if body is None:
        return None
    lines = [line for line in decode_lines(head.headers) if line[0] not in FRAMING_HEADERS]
    encoding = ",".join(value for name, value in lines if name == _ENCODING)
    decoded = decode_content(body, encoding, is_torn=received.ending != "", keeps_text=False)
    if decoded is not None:
        lines = [line for line in lines if line[0] != _ENCODING]
    arrivals = received.arrivals if decoded is None or decoded is body else ()
    return Reception(
        head.status,
        tuple(lines),
        body if decoded is None else decoded,
        received.head_us,
        arrivals,
        received.ending,
        received.is_delayed,
    )


def _count_events(data: bytes) -> int:
    return sum(event.data is not None for event in split_frames(data))
