"""Render a reply that is sent as another server has sent it."""

from __future__ import annotations

from collections.abc import Sequence

from mockclaude.api import headers as api_headers
from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.api.request import Constants
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
    TimedPiece,
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


def render_recorded(
    recorded: RecordedReply, pace: Pace, scope: TemplateContext, draws: Draws, context: ResponseContext
) -> RenderedReply:
    """Build the response with the recorded bytes.

    A whole message is sent in the other form if the client asks for that, and the rule leaves the form open.

    Raises:
        FillError: The value of a placeholder does not fit in the reply.
    """
    recorded, request = recorded.fill(scope), scope.request
    if recorded.pace is not None and PACE_HEADER not in request.headers:
        pace = recorded.pace
    pace, constants = pace.for_model(request.model), request.constants
    assembled = recorded.assembled
    if assembled is None:
        response = build_recorded_response(recorded, pace, constants, draws, context)
        return RenderedReply(response, _NOT_A_MESSAGE if recorded.status == 200 else (), None, recorded.usage)
    message, is_whole = assembled.message, assembled.is_complete and not recorded.ending
    notes: tuple[str, ...] = ()
    is_other = request.stream != recorded.is_stream and recorded.status == 200 and not recorded.keeps_form
    if is_whole and is_other and all(map(message.get, _NEEDED)):
        notes = (f"not as recorded: it was {'a stream' if recorded.is_stream else 'JSON'}",)
        reply = Reply(message, message["content"], constants=constants)
        response = schedule_reply(reply, pace, draws, context, stream=request.stream)
    else:
        response = build_recorded_response(recorded, pace, constants, draws, context)
    content, message_id = message["content"] if is_whole else None, str(message.get("id") or context.message_id)
    return RenderedReply(response, notes, content, recorded.usage, message_id=message_id)


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
    body = to_timed_pieces(times, pieces) if recorded.body else []
    usual = _build_usual_headers(recorded, context) if recorded.usual_headers else Headers()
    headers, request_id = _put_headers(recorded, usual, context)
    return Response(
        recorded.status,
        headers,
        request_id,
        body,
        times[0],
        _ENDINGS[recorded.ending],
        times[-1],
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


def _build_usual_headers(recorded: RecordedReply, context: ResponseContext) -> Headers:
    if recorded.is_stream:
        usual = api_headers.stream(context.now)
    else:
        usual = (api_headers.message if recorded.status == 200 else api_headers.json)(context.now)
    return usual.put(dict(context.lines)) if context.lines else usual


def _put_headers(recorded: RecordedReply, usual: Headers, context: ResponseContext) -> tuple[Headers, str]:
    """Return the usual headers with the written ones, and the request id."""
    written = {name: value for name, value in recorded.headers.items() if value is not False}
    put = {**resolve_retry_date(written, context.now)}
    request_id = put.pop("request-id", "" if "request-id" in recorded.headers else usual.lines and context.request_id)
    return usual.without(recorded.headers).put(put), request_id or ""
