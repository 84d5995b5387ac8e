"""Responses to break, and faults as a scenario file writes them."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from mockclaude.reply.exchange import Exchange, apart, names
from mockclaude.reply.faults.apply import Broken, break_
from mockclaude.reply.plan import Envelope, plan
from mockclaude.reply.script import Script
from mockclaude.scenario.format.faults import AnyFault, Fault
from mockclaude.scenario.format.file import Pace
from tests.reply.making import DRAWS, INSTANT, composed
from tests.serving import NOW

ENVELOPE = Envelope("req_1", "msg_1", NOW)
TALK = ({"text": {"text": "Größe and more than one piece of it"}}, {"tool_use": {"name": "f", "input": {"a": "b"}}})
SLOW = Pace.model_validate({"ttft": "100ms", "tokens_per_second": 100})

_FAULT: TypeAdapter[Fault] = TypeAdapter(AnyFault)


def faults(*written: Any) -> list[Fault]:
    return [_FAULT.validate_python(fault) for fault in written]


def whole(*, stream: bool = True, pace: Pace = INSTANT) -> Script:
    """Return the script that is to be broken: a text of two pieces, and a tool use."""
    return plan(composed(*TALK), pace, DRAWS, ENVELOPE, stream=stream)


def broken(*written: Any, stream: bool = True, pace: Pace = INSTANT) -> Broken:
    script, notes = break_(whole(stream=stream, pace=pace), faults(*written), ENVELOPE, DRAWS)
    return Broken(script, notes[:-1])


def struck(*written: Any, stream: bool = True, pace: Pace = INSTANT) -> Script:
    """Return the broken script; every fault must have found something to strike."""
    script, notes = broken(*written, stream=stream, pace=pace)
    assert not [note for note in notes if "nothing" in note]
    return script


def parts(script: Script) -> Exchange:
    exchange = apart(script)
    assert exchange
    return exchange


def events(script: Script) -> list[str]:
    """Return the names of the events of a stream."""
    return [names(piece)[-1] for piece in parts(script).body]


def body(script: Script) -> bytes:
    return parts(script).data


def sent(script: Script) -> bytes:
    return b"".join(send.data for send in script.sends)
