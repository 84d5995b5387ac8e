"""Schedule a reply: build its JSON response, or its stream of events with their times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeAlias

from mockclaude.api import events
from mockclaude.api.errors import ApiError
from mockclaude.reply.compose import Disconnect, Pause, Reply
from mockclaude.reply.draws import Draws
from mockclaude.reply.pace_clock import PaceClock
from mockclaude.reply.response import End, Response, TimedPiece, build_silent, json_data, to_timed_pieces
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.stream import CountedPieces, Flow, stream_events
from mockclaude.scenario.format.pace import Pace

Incident: TypeAlias = Pause | Disconnect | ApiError
"""An ending of a reply before its last step. A pause is one if it lasts indefinitely."""

_ENDINGS = {"reset": End.RESET, "close": End.CLOSE, "clean": End.KEEP}


def schedule_reply(reply: Reply, pace: Pace, draws: Draws, context: ResponseContext, *, stream: bool) -> Response:
    """Build the response with `reply`.

    With streaming, an error before any content is an HTTP error. A later error is an `error` event, and a disconnect
    cuts the stream. Without streaming, an error replaces the message, and a disconnect sends nothing. A JSON response,
    an error and a disconnect have the time at which the stream would reach them.
    """
    if pace.instant and not stream and reply.is_plain:
        return context.message(json_data(reply.message))
    clock = PaceClock(pace.for_model(reply.message["model"]), draws.of_question)
    scheduled = _schedule(stream_events(reply, whole=pace.instant), clock)
    if not stream or (scheduled.cause is not None and not scheduled.body):
        return json_response(reply, scheduled.at, scheduled.cause, context)
    return stream_response(scheduled.body, scheduled.at, scheduled.cause, context)


class _Schedule(NamedTuple):
    """Timed events up to the incident that ends the stream early; `cause` is None without an incident."""

    body: list[TimedPiece]
    at: int
    cause: Incident | None = None


def _schedule(stream: Flow, clock: PaceClock) -> _Schedule:
    body: list[TimedPiece] = []
    for part in stream:
        if isinstance(part, CountedPieces):
            body += to_timed_pieces(clock.generate_all(part.tokens, first=not body), part.pieces)
        elif isinstance(part, Pause) and part.microseconds is not None:
            clock.wait(part.microseconds)
        else:
            return _Schedule(body, clock.now, part)
    return _Schedule(body, clock.now)


def json_response(reply: Reply, at: int, cause: Incident | None, context: ResponseContext) -> Response:
    """Build the JSON response, or the incident, at the time `at`."""
    return context.message(json_data(reply.message), at) if cause is None else _incident_response(cause, at, context)


def schedule_document(
    build: Callable[[int], Response], parts: Iterable[Incident], context: ResponseContext
) -> Response:
    """Build the response after the pauses in `parts`, or the other incident."""
    at = 0
    for part in parts:
        if not isinstance(part, Pause) or part.microseconds is None:
            return _incident_response(part, at, context)
        at += part.microseconds
    return build(at)


def _incident_response(cause: Incident, at: int, context: ResponseContext) -> Response:
    return context.error(cause, at) if isinstance(cause, ApiError) else build_silent(_end_without_response(cause), at)


def stream_response(body: Sequence[TimedPiece], at: int, cause: Incident | None, context: ResponseContext) -> Response:
    """Build the stream that ends at the time `at`, complete or with an incident."""
    if isinstance(cause, ApiError):
        failure = TimedPiece(at, events.error(cause.envelope(context.request_id)))
        return context.stream([*body, failure], End.KEEP, at, complete=True)
    if isinstance(cause, Disconnect):
        return context.stream(body, _ENDINGS[cause.how], at, complete=cause.how == "clean")
    end = End.HANG if isinstance(cause, Pause) else End.KEEP
    return context.stream(body, end, at, complete=cause is None)


def _end_without_response(cause: Incident) -> End:
    if isinstance(cause, Pause):
        return End.HANG
    return End.RESET if isinstance(cause, Disconnect) and cause.how == "reset" else End.CLOSE
