"""Build the responses to one request with their common headers and ids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from mockclaude.api import headers
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import Headers
from mockclaude.reply.response import (
    DEFAULT_FRAMING,
    Data,
    End,
    Piece,
    Response,
    TimedPiece,
    build_response,
    json_data,
    new_response,
    new_timed_piece,
)
from mockclaude.reply.retry_date import find_retry_delay, resolve_retry_date
from mockclaude.scenario.format.response_headers import RETRY_AFTER


class ResponseContext(NamedTuple):
    """The values that every response to one request has.

    Attributes:
        now: The Unix time of the response in seconds.
        retry_speed: The divisor of retry delays; with 0, a retry delay is 1 ms.
        lines: The headers of a response without an error, in addition to the usual ones.
    """

    request_id: str
    message_id: str
    now: int
    retry_speed: float = 1.0
    lines: tuple[tuple[str, str], ...] = ()

    def json(self, data: Any, at: int = 0) -> Response:
        """Build a response with `data` as its JSON body."""
        return build_response(200, self._add_lines(headers.json(self.now)), self.request_id, json_data(data), at)

    def content(self, data: bytes, media_type: str, at: int = 0) -> Response:
        """Build a response with bytes of another media type as its body."""
        lines = _put_values(self._add_lines(headers.json(self.now)), (("content-type", media_type),))
        return build_response(200, lines, self.request_id, Data(data), at)

    def message(self, piece: Piece, at: int = 0) -> Response:
        """Build a response with a message as its JSON body."""
        usual = headers.message(self.now)
        lines = _put_values(usual, self.lines) if self.lines else usual
        body = (new_timed_piece((at, piece)),)
        return new_response(
            (200, lines, self.request_id, body, at, End.KEEP, at, True, False, DEFAULT_FRAMING, 0, False)
        )

    def whole_stream(self, piece: Piece) -> Response:
        """Build a stream with all events at the same time."""
        lines, body = headers.stream(self.now), (new_timed_piece((0, piece)),)
        return new_response((200, lines, self.request_id, body, 0, End.KEEP, 0, True, True, DEFAULT_FRAMING, 0, False))

    def error(self, error: ApiError, at: int = 0) -> Response:
        """Build the API's response with an error."""
        retry = {"x-should-retry": "true" if error.should_retry else "false"}
        usual = headers.anonymous(self.now) if error.status == 401 else headers.json(self.now)
        written = resolve_retry_date(error.headers, self.now) if error.headers else error.headers
        lines = _put_values(usual, (*{**retry, **self._hasten_retry(error), **written}.items(),))
        return build_response(error.status, lines, self.request_id, json_data(error.envelope(self.request_id)), at)

    def _hasten_retry(self, error: ApiError) -> dict[str, str]:
        """Return the header that shortens the retry delay: SDKs prefer it to `retry-after`."""
        if self.retry_speed == 1 or not error.should_retry:
            return {}
        if self.retry_speed == 0:
            return {"retry-after-ms": "1"}
        delay = find_retry_delay(error.headers)
        written = next((value for name, value in error.headers.items() if name.lower() == RETRY_AFTER), "")
        wait = written if delay is None else str(delay)
        return {"retry-after-ms": f"{float(wait) * 1000 / self.retry_speed:g}"} if wait.isdecimal() else {}

    def stream(self, body: Sequence[TimedPiece], end: End, end_at: int, *, complete: bool) -> Response:
        """Build a stream with the events of `body`."""
        head_at, lines = body[0].at if body else end_at, self._add_lines(headers.stream(self.now))
        return Response(200, lines, self.request_id, body, head_at, end, end_at, complete, is_stream=True)

    def _add_lines(self, usual: Headers) -> Headers:
        return _put_values(usual, self.lines) if self.lines else usual


new_response_context: Callable[[tuple[str, str, int, float, tuple[tuple[str, str], ...]]], ResponseContext]
new_response_context = partial(tuple.__new__, ResponseContext)
"""A constructor that calls no Python code."""


@lru_cache(maxsize=64)
def _put_values(headers: Headers, values: tuple[tuple[str, str], ...]) -> Headers:
    """Return the same object for the same values: the encoder caches bytes by headers."""
    return headers.put(dict(values))
