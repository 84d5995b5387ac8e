"""From a reply to the script that plays it: as JSON at once, or as a stream of events with their times.

In: a reply, its pace, the draws, and what every response carries. Out: a `Script`.
Knows nothing of sockets, and of time only what is planned: microseconds from the script's beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import orjson

from mockclaude.api import events, headers
from mockclaude.api.errors import ApiError
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.draws import Draws
from mockclaude.reply.pace_clock import Timing
from mockclaude.reply.script import End, Response, Script, Send, script, silent, whole
from mockclaude.reply.stream import Beat, Flow, flow
from mockclaude.scenario.format.pace import Pace

Incident: TypeAlias = Pause | Disconnect | ApiError
"""What ends a reply before its own end; a pause does that if it is for ever."""

_ENDINGS = {"reset": End.RESET, "close": End.CLOSE, "clean": End.KEEP}


class Envelope(NamedTuple):
    """What every response to one request carries: ids, the second it is sent in, and whether it may be chunked.

    Clients are told to retry errors `retry_speed` times as fast as is written; with 0, after a millisecond.
    """

    request_id: str
    message_id: str
    now: int
    chunked: bool = True
    retry_speed: float = 1.0

    def json(self, data: Any) -> Script:
        """Return the response with `data` as its JSON body."""
        return whole(200, headers.json(self.now), self.request_id, orjson.dumps(data), 0, chunked=self.chunked)

    def message(self, body: bytes, at: int = 0) -> Script:
        """Return the response with a message, as JSON, as its body."""
        return whole(200, headers.message(self.now), self.request_id, body, at, chunked=self.chunked)

    def whole_stream(self, body: bytes) -> Script:
        """Return the response with all events of a stream at once as its body."""
        return whole(200, headers.stream(self.now), self.request_id, body, 0, chunked=self.chunked)

    def error(self, error: ApiError, at: int = 0) -> Script:
        """Return the response with `error` as the API words it."""
        retry = {"x-should-retry": "true" if error.should_retry else "false"}
        usual = headers.anonymous(self.now) if error.status == 401 else headers.json(self.now)
        lines = headers.replaced(usual, retry | self._sooner(error) | dict(error.headers))
        body = orjson.dumps(error.envelope(self.request_id))
        return whole(error.status, lines, self.request_id, body, at, chunked=self.chunked)

    def _sooner(self, error: ApiError) -> dict[str, str]:
        """Return the header that makes SDKs retry sooner than `error` says: they obey it before `retry-after`."""
        if self.retry_speed == 1 or not error.should_retry:
            return {}
        if self.retry_speed == 0:
            return {"retry-after-ms": "1"}
        wait = next((value for name, value in error.headers.items() if name.lower() == "retry-after"), "")
        return {"retry-after-ms": f"{float(wait) * 1000 / self.retry_speed:g}"} if wait.isdecimal() else {}

    def stream(self, sends: Sequence[Send], end: End, end_at: int, *, complete: bool) -> Script:
        """Return the response with `sends` as the events of its body."""
        response = Response(200, headers.stream(self.now), self.request_id, sends, end, end_at, complete)
        return script(response, chunked=self.chunked)


def plan(reply: Reply, pace: Pace, draws: Draws, envelope: Envelope, *, stream: bool) -> Script:
    """Return the script of `reply`.

    Streamed, an error before all content is an HTTP error, a later one an `error` event; a disconnect cuts the stream
    where it stands. Not streamed, any error is the response, and a disconnect leaves none; both when the stream would
    have come so far, as the message itself comes when the stream would have ended.
    """
    if pace.instant and not stream and reply.is_plain:
        return envelope.message(orjson.dumps(reply.message))
    played = _timed(flow(reply, whole=pace.instant), Timing(pace.for_model(reply.message["model"]), draws.of_question))
    if isinstance(played.cause, ApiError) and not (stream and played.sends):
        return envelope.error(played.cause, played.at)
    if played.cause is not None and not (stream and played.sends):
        return silent(_silence(played.cause), played.at)
    if not stream:
        return envelope.message(orjson.dumps(reply.message), played.at)
    return streamed(played.sends, played.at, played.cause, envelope)


class _Played(NamedTuple):
    """Events with their times, up to the incident that ends the stream before its time, if one does."""

    sends: list[Send]
    at: int
    cause: Incident | None = None


def _timed(stream: Flow, timing: Timing) -> _Played:
    sends: list[Send] = []
    for part in stream:
        if isinstance(part, Beat):
            sends.append(Send(timing.generate(part.tokens, first=not sends), part.data))
        elif isinstance(part, Pause) and part.microseconds is not None:
            timing.wait(part.microseconds)
        else:
            return _Played(sends, timing.now, part)
    return _Played(sends, timing.now)


def streamed(sends: Sequence[Send], at: int, cause: Incident | None, envelope: Envelope) -> Script:
    """Return the stream of events that ends `at` so many microseconds, by itself or because of an incident."""
    if isinstance(cause, ApiError):
        failure = Send(at, events.error(cause.envelope(envelope.request_id)))
        return envelope.stream([*sends, failure], End.KEEP, at, complete=True)
    if isinstance(cause, Disconnect):
        return envelope.stream(sends, _ENDINGS[cause.how], at, complete=cause.how == "clean")
    end = End.HANG if isinstance(cause, Pause) else End.KEEP
    return envelope.stream(sends, end, at, complete=cause is None)


def _silence(cause: Incident) -> End:
    if isinstance(cause, Pause):
        return End.HANG
    return End.RESET if isinstance(cause, Disconnect) and cause.how == "reset" else End.CLOSE
