"""Replies that are made while they are sent: the same content, the same events and the same faults as those made at once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mockclaude.api.errors import ApiError
from mockclaude.reply import live_draft
from mockclaude.reply.breaking import break_
from mockclaude.reply.compose import PLAIN, Asking, Reply, compose
from mockclaude.reply.exchange import apart, names
from mockclaude.reply.live import LiveResponse
from mockclaude.reply.plan import plan
from mockclaude.reply.script import End, Script
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.format import Pace
from mockclaude.scenario.rules import Outline
from tests.reply.breakage import ENVELOPE, SLOW, faults
from tests.reply.making import DRAWS, INSTANT, any_replies, conversation, outline, plain_replies, scope

Yield = dict[str, Any] | str


def part(said: Yield) -> Outline:
    """Return what a function yields: a text goes on with the text before it."""
    if isinstance(said, str):
        return Outline(outline({"text": {"text": said}}).steps, fixed=False, continues=True)
    short = isinstance(said.get("thinking"), str)
    return Outline(outline(said).steps, fixed=False, continues=short)


class Made:
    """A live response, made of all that is yielded."""

    def __init__(
        self,
        *yields: Yield,
        pace: Pace = INSTANT,
        written: tuple[Any, ...] = (),
        asking: Asking = PLAIN,
        error: ApiError | None = None,
        **fields: Any,
    ) -> None:
        self.asked = conversation(**{"stream": True, **fields})
        self.response = LiveResponse(scope(self.asked), pace, DRAWS, ENVELOPE, asking, faults(*written), lambda _: {})
        self.scripts: list[Script] = []
        self.used = 0
        for said in yields:
            if self.response.ended:
                break
            self.used += 1
            if script := self.response.add(part(said)):
                self.scripts.append(script)
        if script := self.response.finish(error):
            self.scripts.append(script)

    @property
    def reply(self) -> Reply:
        return self.response.reply

    @property
    def content(self) -> Any:
        return self.reply.message["content"]

    @property
    def script(self) -> Script:
        return self.response.sent


def texts(script: Script) -> list[str]:
    return [event.partition('"text":"')[2].partition('"')[0] for event in data(script) if "text_delta" in event]


def data(script: Script) -> list[str]:
    exchange = apart(script)
    assert exchange
    return [piece.data.decode() for piece in exchange.body]


def kinds(script: Script) -> list[str]:
    exchange = apart(script)
    assert exchange
    return [names(piece)[-1] for piece in exchange.body]


def at_once(*steps: dict[str, Any], asking: Asking = PLAIN, **fields: Any) -> Reply:
    asked: Conversation = conversation(**{"stream": True, **fields})
    return compose(outline(*steps), scope(asked), DRAWS, ENVELOPE.message_id, asking)


def flat(script: Script) -> list[tuple[int, int]]:
    """Return each byte with its time, in whatever writes they are."""
    return [(at, byte) for at, data in script.sends for byte in data]


def same(live: Script, whole: Script) -> None:
    """Raise `AssertionError` unless the same bytes are sent in the same order at the same times, and end as they do."""
    assert (live.status, live.end, live.end_at, live.down) == (whole.status, whole.end, whole.end_at, whole.down)
    one, other = apart(live), apart(whole)
    assert (one is None) is (other is None)
    if one and other:
        assert one._replace(body=()) == other._replace(body=())
        assert [(at, byte) for at, piece in one.body for byte in piece] == [
            (at, byte) for at, piece in other.body for byte in piece
        ]


def planned(reply: Reply, pace: Pace = INSTANT) -> Script:
    return plan(reply, pace, DRAWS, ENVELOPE, stream=True)


@given(any_replies, st.sampled_from([INSTANT, SLOW]))
def test_steps_one_by_one_are_the_reply_made_at_once(steps: list[dict[str, Any]], pace: Pace) -> None:
    assume(not any("thinking" in step and "pause" in after for step, after in pairwise(steps)))  # signed after it
    made = Made(*steps, pace=pace)
    whole = at_once(*steps[: made.used])

    assert made.reply.message == whole.message
    assert made.reply.arrives is whole.arrives
    if made.scripts:
        same(made.script, planned(whole, pace))


FAULTS: list[Any] = [
    *({"drop": name} for name in ("ping", "message_start", "content_block_stop", "every text_delta", "text_delta 2")),
    *({"drop": name} for name in ("last content_block_stop", "message_stop", "message_delta")),
    {"duplicate": "content_block_delta 2", "copies": 2},
    {"duplicate": "every ping"},
    {"swap": ["message_start", "content_block_start"]},
    {"swap": ["content_block_delta", "content_block_delta 3"]},
    {"swap": ["ping", "message_stop"]},
    {"swap": ["ping", "last content_block_stop"]},
    {"edit": "every content_block_delta", "set": {"index": 5}},
    {"edit": "message_delta", "delete": "usage"},
    {"insert": {"data": {"type": "ping"}}, "after": "message_start"},
    {"insert": {"hex": "ff"}, "after": "4 events"},
    {"insert": "x", "after": "700 bytes"},
    "done",
    {"restart": True, "after": "5 events"},
    {"restart": True, "after": "content_block_stop"},
    "restart",
    {"restart": True},
    {"headers": {"x-more": "1", "content-type": False}},
    "wrong_content_type",
    {"slice": 7},
    {"slice": 50, "every": "20ms"},
    {"rate": "2KB/s"},
    "split_utf8",
    "split_separator",
    *({"disconnect": how, "after": "4 events"} for how in ("reset", "close", "clean")),
    {"disconnect": "clean", "after": "text_delta 2"},
    {"disconnect": "close", "after": "650 bytes"},
    {"disconnect": "close", "before": "message_stop"},
    {"disconnect": "close", "before": "end"},
    {"disconnect": "close", "after": "150ms"},
    "reset_at_once",
    "empty_body",
    "cut",
    {"error": "overloaded_error"},
    {"error": "overloaded_error", "after": "3 events"},
    "error_event_first",
    "error_event",
    {"stall": "1s", "before": "headers"},
    {"stall": "1s", "after": "3 events", "pings": "300ms"},
    "pings_forever",
    "hang",
    "hang_before_body",
    "stall",
    "corrupt",
    {"corrupt": 5, "before": "content_block_stop"},
    {"corrupt": 900, "after": "4 events"},
    "garbage",
    "garbage_after_headers",
    {"raw": "junk", "after": "600 bytes"},
    "content_length_too_long",
    "chunk_size",
    "early_hints",
    "error_with_200",
    "529",
    {"refuse": "1s"},
]
TALK: list[dict[str, Any]] = [
    {"text": "Größe and more than one piece of it"},
    {"text": " and more"},
    {"tool_use": {"name": "f", "input": {"a": "b"}}},
    {"thinking": "Hm."},
]


def test_every_kind_of_fault_is_among_those_tried() -> None:
    from mockclaude.scenario.faults import KINDS

    assert {fault.kind for fault in faults(*FAULTS)} == set(KINDS) - {"script", "nothing", "respond"} | {"respond"}


def check_faults(written: list[Any], pace: Pace) -> None:
    made = Made(*TALK, pace=pace, written=tuple(written))
    whole, notes = break_(planned(at_once(*TALK), pace), faults(*written), ENVELOPE, DRAWS)

    assert len(written) > 1 or made.response.notes == notes
    assert made.script._replace(sends=()) == whole._replace(sends=())
    assert flat(made.script) == flat(whole)


@pytest.mark.parametrize("pace", [INSTANT, SLOW], ids=["instant", "slow"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_applied_part_by_part_as_to_the_whole(fault: Any, pace: Pace) -> None:
    check_faults([fault], pace)


@given(st.lists(st.sampled_from(FAULTS), min_size=2, max_size=3), st.sampled_from([INSTANT, SLOW]))
def test_several_faults_are_applied_part_by_part_as_to_the_whole(written: list[Any], pace: Pace) -> None:
    assume(sum("restart" in str(fault) for fault in written) < 2)  # each has an id of its own
    check_faults(written, pace)
