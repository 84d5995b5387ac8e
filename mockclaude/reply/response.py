"""Define a response as a value: status, headers, a body of timed pieces, and an ending.

Paces, faults, limit headers, HEAD and live replies take a `Response` and return a `Response`. `wire/` encodes it as
HTTP. Times are microseconds after the beginning of the response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api.events import Block, Event, MadeFile
from mockclaude.api.headers import Headers
from mockclaude.scenario.format.positions import EVERY, LAST, EventSelector


class End(Enum):
    """An ending: the state of the connection after the last byte."""

    KEEP = "the connection waits for the next request"
    CLOSE = "the connection is closed (FIN)"
    RESET = "the connection is reset (RST)"
    HANG = "nothing more is sent, and the connection stays open"


class Data(NamedTuple):
    """Bytes of a body that are not an event.

    Attributes:
        document: The JSON that the bytes encode; None for other bytes.
    """

    encoded: bytes
    document: Any = None


class Run(NamedTuple):
    """Successive pieces with the same time and joined bytes.

    Only faults need the single pieces: `take_apart` builds them on demand.
    """

    encoded: bytes
    take_apart: Callable[[], Iterable[Event | Data]]


Piece: TypeAlias = Event | Data | Run


class TimedPiece(NamedTuple):
    """A piece of a body, and its time."""

    at: int
    piece: Piece


class Framing(NamedTuple):
    """The HTTP framing of a response.

    Attributes:
        separate_pieces: Each piece is a chunk and a write of its own; else pieces with the same time are joined.
        is_batch: The response is a batch of a live reply; only the last batch has the ending.
        head_sent: The head was sent with an earlier batch.
        body_sent: Whether the body is sent; False for HEAD and 204.
        reason: The reason phrase of the status line; None for the standard phrase.
        malformation: The key of a malformation in `wire/malformed.py`; '' for none.
        length: The difference of a wrong `content-length` to the size of the body.
        tail: Bytes that are sent after the response without framing.
    """

    separate_pieces: bool = False
    is_batch: bool = False
    head_sent: bool = False
    body_sent: bool = True
    reason: str | None = None
    malformation: str = ""
    length: int = 0
    tail: bytes = b""


DEFAULT_FRAMING = Framing()
SEPARATE_PIECES = Framing(separate_pieces=True)
NO_BODY = Framing(body_sent=False)


class Response(NamedTuple):
    """The response to one request.

    The times in `body` never decrease, and `end_at` is not before the last piece.

    Attributes:
        status: The status code; 0 if nothing is sent.
        headers: All headers except `request-id` and the headers that frame the body.
        complete: Whether the end of the body is marked, so that a client can detect a cut.
        is_stream: Whether the body consists of events.
        down_us: The time for which the server refuses connections afterwards.
        is_verbatim: Whether the bytes are in their last form, so that no dialect translates them.
    """

    status: int
    headers: Headers
    request_id: str
    body: Sequence[TimedPiece]
    head_at: int = 0
    end: End = End.KEEP
    end_at: int = 0
    complete: bool = True
    is_stream: bool = False
    framing: Framing = DEFAULT_FRAMING
    down_us: int = 0
    is_verbatim: bool = False

    @property
    def is_final(self) -> bool:
        """Whether the response takes no more faults: it sends nothing, or is malformed."""
        return self.status == 0 or self.framing.malformation != ""

    @property
    def data(self) -> bytes:
        """The bytes of the body."""
        body = self.body
        return body[0].piece.encoded if len(body) == 1 else b"".join([piece.encoded for _, piece in body])

    @property
    def size(self) -> int:
        """The number of bytes of the body."""
        return sum([len(piece.encoded) for _, piece in self.body])

    def with_values(self, values: Mapping[str, str]) -> Response:
        """Return the response with new values of headers that it already has."""
        return self._replace(headers=self.headers.update(values)) if self.status else self

    def without_body(self) -> Response:
        """Return the response to HEAD: the headers without the body, without delay."""
        return self._replace(framing=self.framing._replace(body_sent=False), head_at=0)

    def find_events(self, selector: EventSelector) -> list[int]:
        """Find the indices in the body of the selected events."""
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
        """Return the response with each event as a separate piece."""
        pieces = [
            TimedPiece(at, part)
            for at, piece in self.body
            for part in (piece.take_apart() if isinstance(piece, Run) else (piece,))
        ]
        return self._replace(body=pieces, framing=self.framing._replace(separate_pieces=True))


class RenderedReply(NamedTuple):
    """The response that sends a reply.

    Attributes:
        response: The response.
        notes: Notes on truncation by the request and on mismatches with it.
        content: The content of the message; None if the reply does not reach its end.
        usage: The usage of the message. Without `input_tokens`, the count of the request applies.
        files: The files that the tools of the reply make.
        message_id: The id of a recorded message, or of one whose id the reply has; '' for a drawn id.
    """

    response: Response
    notes: tuple[str, ...]
    content: list[Block] | None
    usage: Mapping[str, Any]
    files: tuple[MadeFile, ...] = ()
    message_id: str = ""


_NO_HEADERS = Headers()

new_run: Callable[[tuple[bytes, Callable[[], Iterable[Event | Data]]]], Run] = partial(tuple.__new__, Run)
new_timed_piece: Callable[[tuple[int, Piece]], TimedPiece] = partial(tuple.__new__, TimedPiece)
new_response: Callable[
    [tuple[int, Headers, str, Sequence[TimedPiece], int, End, int, bool, bool, Framing, int, bool]], Response
] = partial(tuple.__new__, Response)
new_rendered_reply: Callable[
    [tuple[Response, tuple[str, ...], list[Block] | None, Mapping[str, Any], tuple[MadeFile, ...], str]], RenderedReply
] = partial(tuple.__new__, RenderedReply)
"""Constructors that call no Python code."""


def to_timed_pieces(times: Iterable[int], pieces: Iterable[Piece]) -> list[TimedPiece]:
    """Combine successive pieces with their times."""
    return list(map(new_timed_piece, zip(times, pieces, strict=True)))


def json_data(document: Any) -> Data:
    """Encode a JSON body."""
    return Data(orjson.dumps(document), document)


def to_run(*events: Event) -> Run:
    """Join events with the same time."""
    return Run(b"".join([event.encoded for event in events]), lambda: events)


def build_response(
    status: int, headers: Headers, request_id: str, piece: Piece, at: int = 0, *, is_stream: bool = False
) -> Response:
    """Build a complete response with one piece."""
    return Response(status, headers, request_id, (TimedPiece(at, piece),), at, End.KEEP, at, True, is_stream)


def build_silent(end: End, at: int, down_us: int = 0) -> Response:
    """Build a response that sends nothing."""
    return Response(0, _NO_HEADERS, "", (), at, end, at, complete=False, down_us=down_us)


def build_bodiless(status: int, headers: Headers) -> Response:
    """Build a response without a body, such as a 204."""
    return Response(status, headers, "", (), framing=NO_BODY)
