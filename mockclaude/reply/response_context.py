"""Make the responses to one request: what all of them carry, and what the API words the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mockclaude.api import headers
from mockclaude.api.errors import ApiError
from mockclaude.api.headers import Headers
from mockclaude.reply.response import End, Piece, Response, Timed, json_data, whole


class ResponseContext(NamedTuple):
    """What every response to one request carries: ids, and the second it is sent in.

    The retry delays of errors are divided by `retry_speed`; with 0 they are a millisecond.
    """

    request_id: str
    message_id: str
    now: int
    retry_speed: float = 1.0

    def json(self, data: Any) -> Response:
        """Return the response with `data` as its JSON body."""
        return whole(200, headers.json(self.now), self.request_id, json_data(data))

    def message(self, piece: Piece, at: int = 0) -> Response:
        """Return the response with a message as its JSON body."""
        return Response(200, headers.message(self.now), self.request_id, (Timed(at, piece),), at, End.KEEP, at)

    def whole_stream(self, piece: Piece) -> Response:
        """Return the response with all events of a stream at once as its body."""
        return Response(200, headers.stream(self.now), self.request_id, (Timed(0, piece),), is_stream=True)

    def error(self, error: ApiError, at: int = 0) -> Response:
        """Return the response with `error` as the API words it."""
        retry = {"x-should-retry": "true" if error.should_retry else "false"}
        usual = headers.anonymous(self.now) if error.status == 401 else headers.json(self.now)
        lines = _with(usual, (*(retry | self._sooner(error) | dict(error.headers)).items(),))
        return whole(error.status, lines, self.request_id, json_data(error.envelope(self.request_id)), at)

    def _sooner(self, error: ApiError) -> dict[str, str]:
        """Return the header that makes SDKs retry sooner than `error` says: they obey it before `retry-after`."""
        if self.retry_speed == 1 or not error.should_retry:
            return {}
        if self.retry_speed == 0:
            return {"retry-after-ms": "1"}
        wait = next((value for name, value in error.headers.items() if name.lower() == "retry-after"), "")
        return {"retry-after-ms": f"{float(wait) * 1000 / self.retry_speed:g}"} if wait.isdecimal() else {}

    def stream(self, body: Sequence[Timed], end: End, end_at: int, *, complete: bool) -> Response:
        """Return the response with `body` as the events of a stream."""
        head_at = body[0].at if body else end_at
        return Response(
            200, headers.stream(self.now), self.request_id, body, head_at, end, end_at, complete, is_stream=True
        )


@lru_cache(maxsize=64)
def _with(headers: Headers, values: tuple[tuple[str, str], ...]) -> Headers:
    """Return the same headers for the same values: the encoder keeps their bytes."""
    return headers.put(dict(values))
