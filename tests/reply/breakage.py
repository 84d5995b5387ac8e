"""Responses to apply faults to, and faults as a scenario file writes them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from mockclaude.api.events import Event
from mockclaude.reply.faults.apply import FaultedResponse, apply_faults
from mockclaude.reply.response import Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.faults import AnyFault, Fault
from mockclaude.scenario.format.file import Pace
from mockclaude.wire.encode import encode
from mockclaude.wire.script import Script
from tests.reply.making import DRAWS, INSTANT, composed
from tests.serving import NOW

CONTEXT = ResponseContext("req_1", "msg_1", NOW)
TALK = ({"text": {"text": "Größe and more than one piece of it"}}, {"tool_use": {"name": "f", "input": {"a": "b"}}})
SLOW = Pace.model_validate({"ttft": "100ms", "tokens_per_second": 100})

_FAULT: TypeAdapter[Fault] = TypeAdapter(AnyFault)


def faults(*specs: Any) -> list[Fault]:
    return [_FAULT.validate_python(fault) for fault in specs]


def plain_response(*, stream: bool = True, pace: Pace = INSTANT) -> Response:
    """Return a response to apply faults to, taken apart: a text of two pieces, and a tool use."""
    return schedule_reply(composed(*TALK), pace, DRAWS, CONTEXT, stream=stream).take_apart()


def fault_result(*specs: Any, stream: bool = True, pace: Pace = INSTANT) -> FaultedResponse:
    response, notes = apply_faults(plain_response(stream=stream, pace=pace), faults(*specs), CONTEXT, DRAWS)
    return FaultedResponse(response, notes[:-1])


def response_with(*specs: Any, stream: bool = True, pace: Pace = INSTANT) -> Response:
    """Return the response with faults, each of which must have been applied."""
    response, notes = fault_result(*specs, stream=stream, pace=pace)
    assert not [note for note in notes if "nothing" in note]
    return response


def event_names(response: Response) -> list[str]:
    """Return the names of the events of a stream, those of deltas by their kind."""
    return [piece.delta or piece.name if isinstance(piece, Event) else "" for _, piece in response.body]


def bytes_of(response: Response) -> bytes:
    return b"".join(send.data for send in encode(response, http11=True).sends)


def script_with(*names: Any, stream: bool = True, pace: Pace = INSTANT) -> tuple[Script, tuple[str, ...]]:
    """Return what is sent of the response with faults, and the notes on them."""
    response, notes = fault_result(*names, stream=stream, pace=pace)
    return encode(response, http11=True), notes
