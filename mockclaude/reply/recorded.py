"""Render a reply that is sent as another server has sent it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mockclaude.api import headers as api_headers
from mockclaude.api.events import Block, Event
from mockclaude.api.headers import Headers
from mockclaude.api.request import Constants, MessagesRequest
from mockclaude.reply.chunks import count_tokens
from mockclaude.reply.compose import Reply
from mockclaude.reply.draws import Draws
from mockclaude.reply.pace_clock import PaceClock
from mockclaude.reply.response import (
    SEPARATE_PIECES,
    Data,
    End,
    Piece,
    RenderedReply,
    Response,
    Run,
    TimedPiece,
    new_rendered_reply,
    new_response,
    to_timed_pieces,
)
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.retry_date import resolve_retry_date
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.pace import NO_PACE, PACE_HEADER, Pace
from mockclaude.scenario.format.respond import Respond
from mockclaude.scenario.recorded_reply import RecordedReply, build_recorded, find_json
from mockclaude.scenario.template.templates import TemplateContext

_ENDINGS = {"": End.KEEP, "reset": End.RESET, "close": End.CLOSE, "clean": End.KEEP, "forever": End.HANG}
_NEEDED = ("id", "model", "usage")
"""Keys without which a message is sent only in the form in which it was recorded."""

_GENERATED = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


_NOT_A_MESSAGE = ("the recorded body is not a message of the API",)


class _Prepared(NamedTuple):
    """A recorded reply for requests with streaming, or for requests without it.

    Attributes:
        response: The response as recorded, without headers and delays.
        is_other: Whether the message is sent in the other form: as a stream, or as JSON.
        content: The content of the message, None if the reply does not have its end.
    """

    response: Response
    is_other: bool
    notes: tuple[str, ...]
    content: list[Block] | None
    usage: Mapping[str, Any]
    message_id: str


def render_recorded(
    recorded: RecordedReply,
    pace: Pace,
    request: MessagesRequest,
    make_scope: Callable[[], TemplateContext],
    draws: Draws,
    context: ResponseContext,
) -> RenderedReply:
    """Build the response with the recorded bytes.

    A whole message is sent in the other form if the client asks for that, and the rule leaves the form open.

    Raises:
        FillError: The value of a placeholder does not fit in the reply.
    """
    if recorded.template is None:
        prepared = _prepare(recorded, request.stream)
    else:
        recorded = recorded.fill(make_scope())
        prepared = _prepare.__wrapped__(recorded, request.stream)
    if recorded.pace is not None and PACE_HEADER not in request.headers:
        pace = recorded.pace
    pace = pace.for_model(request.model)
    response, is_other, notes, content, usage, message_id = prepared
    if is_other:
        assert recorded.assembled is not None
        message = recorded.assembled.message
        reply = Reply(message, message["content"], constants=request.constants)
        response = schedule_reply(reply, pace, draws, context, stream=request.stream)
    elif pace.instant:
        headers = _keep_headers(recorded, context.now, context.lines)
        response = new_response((response[0], headers, _find_request_id(recorded, context), *response[3:]))
    else:
        response = build_recorded_response(recorded, pace, request.constants, draws, context)
    return new_rendered_reply((response, notes, content, usage, (), message_id))


@lru_cache(maxsize=1024)
def _prepare(recorded: RecordedReply, stream: bool) -> _Prepared:
    whole = (
        Run(recorded.body, lambda: recorded.events) if recorded.is_stream else Data(recorded.body, recorded.document)
    )
    response = _build_response(recorded, [TimedPiece(0, whole)], Headers(), "")
    assembled = recorded.assembled
    if assembled is None:
        return _Prepared(response, False, _NOT_A_MESSAGE if recorded.status == 200 else (), None, recorded.usage, "")
    message, is_whole = assembled.message, assembled.is_complete and not recorded.ending
    is_open = recorded.status == 200 and not recorded.keeps_form and all(map(message.get, _NEEDED))
    is_other = is_whole and is_open and stream != recorded.is_stream
    notes = (f"not as recorded: it was {'a stream' if recorded.is_stream else 'JSON'}",) if is_other else ()
    content = message["content"] if is_whole else None
    return _Prepared(response, is_other, notes, content, recorded.usage, str(message.get("id") or ""))


def build_recorded_response(
    recorded: RecordedReply, pace: Pace, constants: Constants, draws: Draws, context: ResponseContext
) -> Response:
    """Build the response with the recorded bytes.

    Without the usual headers, it has the written headers only.
    """
    pieces: list[Piece] = [*recorded.events] or [Data(recorded.body, recorded.document)]
    if pace.instant:
        times = [0] * len(pieces)
    else:
        clock = PaceClock(pace, draws.of_question)
        times = clock.generate_all([0, *_count(recorded.events[1:], pace, constants)], first=True)
    headers = _build_headers(recorded, context.now, context.lines)
    return _build_response(recorded, to_timed_pieces(times, pieces), headers, _find_request_id(recorded, context))


def _build_response(recorded: RecordedReply, body: Sequence[TimedPiece], headers: Headers, request_id: str) -> Response:
    return Response(
        recorded.status,
        headers,
        request_id,
        body if recorded.body else (),
        body[0].at,
        _ENDINGS[recorded.ending],
        body[-1].at,
        recorded.ending in ("", "clean"),
        recorded.is_stream,
        is_verbatim=recorded.assembled is None and not isinstance(recorded.document, dict),
    )


def build_fault_response(written: Respond, at: int, draws: Draws, context: ResponseContext) -> Response:
    """Build the response of a fault, which is sent unchanged and in separate writes."""
    recorded = build_recorded(written, usual_headers=written.usual_headers is True)
    response = build_recorded_response(recorded, recorded.pace or NO_PACE, Constants(), draws, context)
    pieces = response.body if recorded.pace else [TimedPiece(0, Data(recorded.body, find_json(recorded.body)))]
    body = [TimedPiece(at + after, piece) for after, piece in pieces if piece.encoded]
    head_at, end_at, framing = at + response.head_at, at + response.end_at, SEPARATE_PIECES._replace(reason="")
    return response._replace(body=body, head_at=head_at, end_at=end_at, framing=framing, is_verbatim=True)


def _count(events: Sequence[Event], pace: Pace, constants: Constants) -> list[float]:
    """Count the tokens of each event; 1 for each where the pace has a time for each."""
    if pace.tokens_per_second is None:
        return [1.0] * len(events)
    texts = [event.data["delta"].get(_GENERATED.get(event.delta, "")) if event.delta else "" for event in events]
    return list(count_tokens([text if isinstance(text, str) else "" for text in texts], constants.weights))


def _build_headers(recorded: RecordedReply, now: int, lines: tuple[tuple[str, str], ...]) -> Headers:
    """Return the usual headers with the written ones, without the request id."""
    usual = _build_usual_headers(recorded, now).put(dict(lines)) if recorded.usual_headers else Headers()
    written = {name: value for name, value in recorded.headers.items() if value is not False and name != "request-id"}
    return usual.without(recorded.headers).put(resolve_retry_date(written, now))


_keep_headers = lru_cache(maxsize=256)(_build_headers)


def _build_usual_headers(recorded: RecordedReply, now: int) -> Headers:
    if recorded.is_stream:
        return api_headers.stream(now)
    return (api_headers.message if recorded.status == 200 else api_headers.json)(now)


def _find_request_id(recorded: RecordedReply, context: ResponseContext) -> str:
    default = context.request_id if recorded.usual_headers else ""
    return recorded.headers.get("request-id", default) or ""
