"""Translate a response to the dialect of the client: the same events and times, other bytes.

An event keeps its name, its data and its delta; only its bytes change. So the positions of faults that are applied
after the translation, such as `after: text_delta 2`, stay the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.reply.response import (
    Data,
    Piece,
    Response,
    Run,
    TimedPiece,
    json_data,
    new_response,
    new_timed_piece,
)


class StreamEncoder(Protocol):
    """Encodes the events of one stream, in their order."""

    def encode(self, event: Event, at: int) -> bytes:
        """Encode the event at a time; b'' for an event without a counterpart.

        Faults may have changed its data, doubled or left out the event. An encoder begins anew at `message_start`.
        A comment or an inserted text is an event without a name, whose bytes are server-sent events.
        The time is in microseconds after the beginning of the response.
        """
        ...


class TranslatedBody(NamedTuple):
    """A translated JSON body, with its status and its headers."""

    status: int
    headers: Headers
    document: Any


class Dialect(Protocol):
    """The form of the responses to one request. An instance belongs to one request."""

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        """Translate the JSON body of a response with status 200."""
        ...

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        """Translate the body of another response."""
        ...

    def translate_headers(self, response: Response) -> Headers:
        """Translate the headers of a stream."""
        ...

    def open_stream(self) -> StreamEncoder | None:
        """Create the encoder of a stream; None if the events of the API are sent.

        All batches of a live reply share the encoder.
        """
        ...


def translate(response: Response, dialect: Dialect, encoder: StreamEncoder | None = None) -> Response:
    """Translate a response, unless its bytes are in their last form."""
    if response.is_verbatim or response.status == 0:
        return response
    if response.is_stream:
        stream, headers, body = encoder or dialect.open_stream(), dialect.translate_headers(response), response.body
        if stream is not None:
            body = [new_timed_piece((at, _translate_piece(piece, at, stream))) for at, piece in body]
        return new_response((response.status, headers, response.request_id, body, *response[4:-1], True))
    return _translate_json(response, dialect)


def _translate_piece(piece: Piece, at: int, stream: StreamEncoder) -> Piece:
    if isinstance(piece, Event):
        return piece._replace(encoded=stream.encode(piece, at))
    return _translate_run(piece, at, stream.encode) if isinstance(piece, Run) else piece


def _translate_run(run: Run, at: int, encode: Callable[[Event, int], bytes]) -> Run:
    events = [part for part in run.take_apart() if isinstance(part, Event)]
    encoded = [encode(event, at) for event in events]
    return Run(b"".join(encoded), lambda: map(_replace_bytes, events, encoded))


def _replace_bytes(event: Event, encoded: bytes) -> Event:
    return event._replace(encoded=encoded)


def _translate_json(response: Response, dialect: Dialect) -> Response:
    at, piece = response.body[0] if len(response.body) == 1 else _NO_PIECE
    parts = (*piece.take_apart(),) if isinstance(piece, Run) else (piece,)
    document = getattr(parts[0], "document", None) if len(parts) == 1 else None
    if document is None:
        return response._replace(is_verbatim=True)
    change = dialect.translate_document if response.status == 200 else dialect.translate_error
    status, headers, translated = change(document, response)
    body = (new_timed_piece((at, parts[0] if translated is document else json_data(translated))),)
    return new_response((status, headers, response.request_id, body, *response[4:-1], True))


_NO_PIECE = TimedPiece(0, Data(b""))
