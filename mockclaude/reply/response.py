"""A response as a value: status, headers, a body of timed pieces, and an ending.

Paces, faults, limit headers, HEAD and live replies take a `Response` and return a `Response`. `wire/` makes HTTP of it.
Times are microseconds after the beginning of the response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.events import Block, Event
from mockclaude.api.headers import Headers
from mockclaude.scenario.format.positions import EVERY, LAST, EventSelector


class End(Enum):
    """What happens to the connection when everything is sent."""

    KEEP = "the connection waits for the next request"
    CLOSE = "the connection is closed (FIN)"
    RESET = "the connection is reset (RST)"
    HANG = "nothing more is sent, and the connection stays open"


class Data(NamedTuple):
    """Bytes of a body in which no event is found. `document` is the JSON that they encode, None if they do not."""

    encoded: bytes
    document: Any = None


class Run(NamedTuple):
    """Pieces in a row without time between them, whose bytes are joined once.

    Only faults need the pieces one by one, so `take_apart` makes them when it is called.
    """

    encoded: bytes
    take_apart: Callable[[], Iterable[Event | Data]]


Piece: TypeAlias = Event | Data | Run


class Timed(NamedTuple):
    """A piece of a body, and when it is sent."""

    at: int
    piece: Piece


class Framing(NamedTuple):
    """How HTTP is made of a response.

    Attributes:
        by_piece: Each piece is a chunk and a write of its own; else the pieces of one time are joined.
        is_batch: The response is one of several that make one answer; all but the last have no ending.
        head_sent: The head went out with an earlier batch.
        body_sent: Whether there is a body; False for HEAD, and for a 204.
        reason: The reason phrase of the status line; None for the one that HTTP gives the status.
        malformation: The name of a way to malform the response, '' for none.
        length: How much more than the size of the body a wrong `content-length` says.
        tail: Bytes that follow the response as they are.
    """

    by_piece: bool = False
    is_batch: bool = False
    head_sent: bool = False
    body_sent: bool = True
    reason: str | None = None
    malformation: str = ""
    length: int = 0
    tail: bytes = b""


USUAL = Framing()
BY_PIECE = Framing(by_piece=True)
NO_BODY = Framing(body_sent=False)


class Response(NamedTuple):
    """What one request is answered with. Times never fall, and `end_at` is not before the last piece.

    Attributes:
        status: 0 if nothing is sent.
        headers: Without the headers that frame the body, and without `request-id`.
        complete: Whether the end of the body is marked, so that a client can tell that it is whole.
        is_stream: Whether the body consists of events.
        down_us: How long no connection is accepted afterwards.
    """

    status: int
    headers: Headers
    request_id: str
    body: Sequence[Timed]
    head_at: int = 0
    end: End = End.KEEP
    end_at: int = 0
    complete: bool = True
    is_stream: bool = False
    framing: Framing = USUAL
    down_us: int = 0

    @property
    def is_final(self) -> bool:
        """Whether no fault can be applied any more: nothing is sent, or it is malformed."""
        return self.status == 0 or self.framing.malformation != ""

    @property
    def data(self) -> bytes:
        """The body's bytes."""
        body = self.body
        return body[0].piece.encoded if len(body) == 1 else b"".join([piece.encoded for _, piece in body])

    @property
    def size(self) -> int:
        """The body's bytes, counted."""
        return sum([len(piece.encoded) for _, piece in self.body])

    def with_values(self, values: Mapping[str, str]) -> Response:
        """Return the response with other `values` for headers that it has."""
        return self._replace(headers=self.headers.update(values)) if self.status else self

    def without_body(self) -> Response:
        """Return the response to HEAD: the headers alone, at once."""
        return self._replace(framing=self.framing._replace(body_sent=False), head_at=0)

    def find_events(self, selector: EventSelector) -> list[int]:
        """Return the indices in the body of the events that `selector` selects; each is a piece of its own."""
        if not self.is_stream:
            return []
        indices = [
            index
            for index, (_, piece) in enumerate(self.body)
            if isinstance(piece, Event) and piece.is_called(selector.event)
        ]
        if selector.nth == EVERY:
            return indices
        return indices[-1:] if selector.nth == LAST else indices[selector.nth - 1 : selector.nth]

    def take_apart(self) -> Response:
        """Return the response with every event as a piece of its own."""
        pieces = [
            Timed(at, part)
            for at, piece in self.body
            for part in (piece.take_apart() if isinstance(piece, Run) else (piece,))
        ]
        return self._replace(body=pieces, framing=self.framing._replace(by_piece=True))


class RenderedReply(NamedTuple):
    """The response that sends a reply.

    Attributes:
        response: The response.
        notes: Notes on where the reply gave way to the request.
        content: The content that is sent; None if the reply does not get to its end.
        usage: The usage of the message. It may lack `input_tokens`, which are then those of the request.
    """

    response: Response
    notes: tuple[str, ...]
    content: list[Block] | None
    usage: Mapping[str, Any]


_NO_HEADERS = Headers()


def json_data(document: Any) -> Data:
    """Return a JSON body."""
    return Data(orjson.dumps(document), document)


def run_of(*events: Event) -> Run:
    """Return events without time between them."""
    return Run(b"".join([event.encoded for event in events]), lambda: events)


def whole(
    status: int, headers: Headers, request_id: str, piece: Piece, at: int = 0, *, is_stream: bool = False
) -> Response:
    """Return a complete response that is sent at once, `at` microseconds after the beginning."""
    return Response(status, headers, request_id, (Timed(at, piece),), at, End.KEEP, at, True, is_stream)


def silent(end: End, at: int, down_us: int = 0) -> Response:
    """Return the response that sends nothing at all."""
    return Response(0, _NO_HEADERS, "", (), at, end, at, complete=False, down_us=down_us)


def head_only(status: int, headers: Headers) -> Response:
    """Return a response that has no body by its nature, such as a 204."""
    return Response(status, headers, "", (), framing=NO_BODY)
