"""Apply faults to a response in a fixed order: status, latency, events, bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from mockclaude.api import events
from mockclaude.api.errors import ApiError
from mockclaude.reply.dialect import Dialect, translate
from mockclaude.reply.draws import Draws
from mockclaude.reply.faults import event_edits
from mockclaude.reply.faults.body_encodings import compress, replace_line_ends
from mockclaude.reply.faults.resolve import (
    ResolvedPosition,
    TooLargeError,
    replace_bytes,
    resolve,
    select_whole_pieces,
    split,
)
from mockclaude.reply.faults.slices import limit_rate, slice_body
from mockclaude.reply.recorded import build_fault_response
from mockclaude.reply.response import (
    End,
    Framing,
    Response,
    TimedPiece,
    build_silent,
)
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.retry_date import resolve_retry_date
from mockclaude.scenario.format.faults import (
    FAULT_TYPES,
    ContentLengthFault,
    CorruptFault,
    DisconnectFault,
    DropFault,
    DuplicateFault,
    EditFault,
    ErrorFault,
    Fault,
    GarbageFault,
    HeadersFault,
    InsertFault,
    MalformedFault,
    PlacedFault,
    RawFault,
    RefuseFault,
    RespondFault,
    RestartFault,
    StallFault,
    SwapFault,
)
from mockclaude.scenario.format.positions import Position
from mockclaude.scenario.format.stream_faults import GzipFault, InterleaveFault, LineEndsFault, RateFault, SliceFault

_ENDS = {"reset": End.RESET, "close": End.CLOSE, "clean": End.KEEP}


class FaultContext(NamedTuple):
    """The inputs of a fault besides the response.

    These are the ids of errors, its own draws, and the dialect of the client.
    """

    responses: ResponseContext
    draws: Draws
    dialect: Dialect | None = None


class FaultedResponse(NamedTuple):
    """A response with faults, and a note for the log on each fault."""

    response: Response
    notes: tuple[str, ...]


def apply_faults(
    response: Response,
    faults: Sequence[Fault],
    context: ResponseContext,
    draws: Draws,
    dialect: Dialect | None = None,
) -> FaultedResponse:
    """Apply `faults` to `response` and write a note on each fault and on the draws.

    The note on a fault states why the fault was not applied. The events are translated to `dialect` between the faults
    of events and those of the header and of bytes.
    """
    if not faults:
        return FaultedResponse(response if dialect is None else translate(response, dialect), ())
    response = response if response.is_final else response.take_apart()
    notes: list[str] = []
    for position, fault in number_faults(faults, dialect):
        if dialect is not None and not precedes_translation(fault):
            response = translate(response, dialect)
        applied, outcome = None, TOO_LATE
        if not response.is_final:
            of_fault = FaultContext(context, draws.with_scope(f"fault/{position}"), dialect)
            applied, outcome = try_fault(partial(APPLY[type(fault)], response, fault, of_fault))
        notes.append(f"fault: {fault.label}{outcome}")
        response = applied or response
    if dialect is not None:
        response = translate(response, dialect)
    return FaultedResponse(response, (*notes, str(draws)))


def number_faults(faults: Iterable[Fault], dialect: Dialect | None) -> Iterable[tuple[int, Fault]]:
    """Sort the faults by the order of application, each with its number.

    The number keys the draws of a fault, and is the same in every dialect.
    """
    numbered = enumerate(sorted(faults, key=lambda fault: _ORDER[type(fault)]))
    return numbered if dialect is None else sorted(numbered, key=lambda each: _find_place(each[1]))


def precedes_translation(fault: Fault) -> bool:
    """Return whether a fault is applied to the API's events, before a dialect."""
    return _find_place(fault) < _ORDER[HeadersFault]


def _find_place(fault: Fault) -> int:
    """Return the place of a fault in a dialect.

    A stall inside an event comes after the translation. So does a stall that drops the body, since the head remains.
    """
    is_late = isinstance(fault, StallFault) and fault.position and _is_late(fault.position.unit, fault)
    return _ORDER[SliceFault if is_late else type(fault)]


def _is_late(unit: str, fault: StallFault) -> bool:
    return unit in ("bytes", "share") or (unit == "body" and fault.stall == "forever")


NOT_APPLIED = ", not applied: the response has no such event or position"
"""The outcome of a fault whose events or position are not in the response."""

TOO_LATE = ", not applied: an earlier fault has replaced the response"
"""The outcome of a fault after another has removed or malformed the response."""


def try_fault(fault: Callable[[], Response | None]) -> tuple[Response | None, str]:
    """Call `fault`; return its response, or None if not applied, and the outcome."""
    try:
        applied = fault()
    except TooLargeError as error:
        return None, f", not applied: {error}"
    return applied, "" if applied is not None else NOT_APPLIED


def _apply_error(response: Response, fault: ErrorFault, context: FaultContext) -> Response | None:
    spec = fault.error
    error = ApiError(spec.type, spec.message, spec.status or 0, spec.headers, spec.details)
    place = resolve(response, fault.position) if fault.position else ResolvedPosition(None, 0)
    if place is None:
        return None
    if place.offset is None or not response.is_stream:
        return context.responses.error(error, place.at).take_apart()
    failure = TimedPiece(place.at, events.error(error.envelope(context.responses.request_id)))
    body = (*select_whole_pieces(response, place.offset), failure)
    return response._replace(body=body, end=End.KEEP, end_at=place.at, complete=True)


def _respond(response: Response, fault: RespondFault, context: FaultContext) -> Response:
    return build_fault_response(fault.respond, response.head_at, context.draws, context.responses)


def _stall(response: Response, fault: StallFault, context: FaultContext) -> Response | None:
    place = resolve(response, fault.position or Position("headers"))
    if place is None:
        return None
    if fault.stall == "forever":
        return _hang(response, place, fault, context)
    length = fault.length
    if place.offset is None:
        later = response._replace(body=_delay(response.body, length), head_at=response.head_at + length)
        return later._replace(end_at=response.end_at + length)
    before, after = split(response, place.offset)
    pings = _make_pings(response, place.at, fault, context)
    return response._replace(body=(*before, *pings, *_delay(after, length)), end_at=response.end_at + length)


def _hang(response: Response, place: ResolvedPosition, fault: StallFault, context: FaultContext) -> Response:
    if place.offset is None:
        return build_silent(End.HANG, place.at)
    before, _ = split(response, place.offset)
    body = (*before, *_make_pings(response, place.at, fault, context))
    end_at = max(place.at, body[-1].at if body else 0)
    return response._replace(body=body, end=End.HANG, end_at=end_at, complete=False)


def _make_pings(response: Response, at: int, fault: StallFault, context: FaultContext) -> Iterator[TimedPiece]:
    between = fault.pings or fault.comments
    if between and response.is_stream:
        piece = events.PING if fault.pings else _COMMENT
        encoder = context.dialect.open_stream() if context.dialect and response.is_verbatim else None
        if encoder is not None:
            piece = piece._replace(encoded=encoder.encode(piece, at))
        yield from (TimedPiece(at + after, piece) for after in range(between, fault.length, between))


_COMMENT = events.Event("", None, "", b": keep-alive\n\n")


def _delay(pieces: Iterable[TimedPiece], microseconds: int) -> tuple[TimedPiece, ...]:
    return tuple(TimedPiece(at + microseconds, piece) for at, piece in pieces)


def _apply_headers(response: Response, fault: HeadersFault, context: FaultContext) -> Response:
    changes = {name.lower(): value for name, value in fault.headers.items()}
    request_id = changes.pop("request-id", response.request_id) or ""
    values = {name: value for name, value in changes.items() if value is not False}
    headers = response.headers.without(changes).put(resolve_retry_date(values, context.responses.now))
    return response._replace(headers=headers, request_id=request_id)


def _corrupt(response: Response, fault: CorruptFault, context: FaultContext) -> Response | None:
    """Change bytes from the position on, or without a position at drawn offsets."""
    data = bytearray(response.data)
    place = resolve(response, fault.position) if fault.position else ResolvedPosition(0, 0)
    if not data or place is None or place.offset is None or place.offset >= len(data):
        return None
    draws = context.draws
    for number in range(fault.corrupt):
        at = place.offset + number if fault.position else draws.integer(f"place/{number}", 0, len(data) - 1)
        data[min(at, len(data) - 1)] ^= draws.integer(f"bits/{number}", 1, 255)
    return response._replace(body=list(_refill(response.body, bytes(data))))


def _refill(pieces: Sequence[TimedPiece], data: bytes) -> Iterator[TimedPiece]:
    begin = 0
    for at, piece in pieces:
        end = begin + len(piece.encoded)
        yield TimedPiece(at, piece if data[begin:end] == piece.encoded else replace_bytes(piece, data[begin:end]))
        begin = end


def _disconnect(response: Response, fault: DisconnectFault, _context: FaultContext) -> Response | None:
    how = fault.disconnect
    place = resolve(response, fault.position or Position("headers"))
    if place is None:
        return None
    if place.offset is None:
        return build_silent(End.RESET if how == "reset" else End.CLOSE, place.at)
    before, _ = split(response, place.offset)
    return response._replace(body=before, end=_ENDS[how], end_at=place.at, complete=how == "clean")


def _apply_content_length(response: Response, fault: ContentLengthFault, _: FaultContext) -> Response:
    framing = response.framing._replace(malformation="content_length", length=fault.content_length)
    return response._replace(framing=framing)


def _apply_malformed(response: Response, fault: MalformedFault, _: FaultContext) -> Response:
    return response._replace(framing=response.framing._replace(malformation=fault.malformed))


def _apply_garbage(response: Response, fault: GarbageFault, context: FaultContext) -> Response | None:
    return _append_tail(response, fault, context.draws.noise("garbage", fault.garbage))


def _apply_raw(response: Response, fault: RawFault, _context: FaultContext) -> Response | None:
    return _append_tail(response, fault, fault.raw.content())


def _append_tail(response: Response, fault: PlacedFault, data: bytes) -> Response | None:
    """End the response at the position with `data` without framing and FIN."""
    place = resolve(response, fault.position or Position("headers"))
    if place is None:
        return None
    if place.offset is None:
        return build_silent(End.CLOSE, place.at)._replace(framing=Framing(tail=data))
    before, _ = split(response, place.offset)
    framing = response.framing._replace(malformation="tail", tail=data)
    return response._replace(body=before, end=End.CLOSE, end_at=place.at, complete=False, framing=framing)


Apply: TypeAlias = Callable[[Response, Any, FaultContext], Response | None]

APPLY: dict[type[Fault], Apply] = {
    ErrorFault: _apply_error,
    RespondFault: _respond,
    InterleaveFault: lambda response, _, __: event_edits.interleave(response),
    StallFault: _stall,
    DropFault: lambda response, fault, _: event_edits.drop(response, fault),
    DuplicateFault: lambda response, fault, _: event_edits.duplicate(response, fault),
    SwapFault: lambda response, fault, _: event_edits.swap(response, fault),
    EditFault: lambda response, fault, _: event_edits.edit(response, fault),
    InsertFault: lambda response, fault, _: event_edits.insert(response, fault),
    RestartFault: lambda response, fault, context: event_edits.restart(response, fault, context.draws),
    HeadersFault: _apply_headers,
    LineEndsFault: lambda response, fault, _: replace_line_ends(response, fault),
    GzipFault: lambda response, fault, _: compress(response, fault),
    CorruptFault: _corrupt,
    SliceFault: lambda response, fault, _: slice_body(response, fault.slice, fault.every),
    RateFault: lambda response, fault, _: limit_rate(response, fault.rate),
    DisconnectFault: _disconnect,
    ContentLengthFault: _apply_content_length,
    MalformedFault: _apply_malformed,
    GarbageFault: _apply_garbage,
    RawFault: _apply_raw,
    RefuseFault: lambda response, fault, _: build_silent(End.RESET, response.head_at, fault.refuse),
}
"""Class of a fault -> function that applies it and returns None if the response does not have its position."""

_ORDER = {kind: position for position, kind in enumerate(FAULT_TYPES)}
