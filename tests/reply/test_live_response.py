"""Replies that are made while they are sent: the content, the events and the faults of those that are made at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mockclaude.api import events
from mockclaude.api.request import MessagesRequest
from mockclaude.reply.compose import PLAIN, Reply, ReplyContext, compose
from mockclaude.reply.dialect import Dialect
from mockclaude.reply.faults import resolve
from mockclaude.reply.faults.apply import apply_faults
from mockclaude.reply.live.live_faults import LiveFaults
from mockclaude.reply.live.live_response import LiveResponse
from mockclaude.reply.response import End, Response
from mockclaude.reply.response_context import ResponseContext
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format.faults import KINDS
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.rules import CompiledStep, ReplyTemplate
from mockclaude.scenario.template.templates import TemplateContext
from mockclaude.wire.encode import BatchEncoder, encode
from mockclaude.wire.script import Script
from tests.counting import calls
from tests.reply.breakage import CONTEXT, SLOW, faults
from tests.reply.client import received
from tests.reply.making import DRAWS, INSTANT, SHOWN, any_replies, messages_request, reply_template, template_context
from tests.reply.test_dialect import LINES

Yield = dict[str, Any] | str


def part(value: Yield) -> ReplyTemplate:
    """Return what a function yields: a text goes on with the text before it."""
    if isinstance(value, str):
        return ReplyTemplate(reply_template({"text": {"text": value}}).steps, fixed=False, continues=True)
    short = isinstance(value.get("thinking"), str)
    return ReplyTemplate(reply_template(value).steps, fixed=False, continues=short)


def live(
    request: MessagesRequest,
    *,
    pace: Pace = INSTANT,
    written: tuple[Any, ...] = (),
    reply_context: ReplyContext = PLAIN,
    context: ResponseContext = CONTEXT,
    dialect: Dialect | None = None,
) -> LiveResponse:
    applied = LiveFaults(faults(*written), context, DRAWS, dialect)
    return LiveResponse(template_context(request), pace, DRAWS, context, reply_context, applied, lambda _: {})


def texts(script: Script) -> list[str]:
    deltas = [event["delta"] for event in received(script).events if event["type"] == "content_block_delta"]
    return [delta["text"] for delta in deltas if delta["type"] == "text_delta"]


class Made:
    """A live response, made of all that is yielded."""

    def __init__(
        self,
        *yields: Yield,
        pace: Pace = INSTANT,
        written: tuple[Any, ...] = (),
        reply_context: ReplyContext = PLAIN,
        dialect: Dialect | None = None,
        **fields: Any,
    ) -> None:
        self.request = messages_request(**{"stream": True, **fields})
        self.response = live(self.request, pace=pace, written=written, reply_context=reply_context, dialect=dialect)
        self.encoder = BatchEncoder(http11=True)
        self.scripts: list[Script] = []
        self.used = 0
        for value in yields:
            if self.response.ended:
                break
            self.used += 1
            if batch := self.response.add(part(value)):
                self.scripts.append(self.encoder.encode(batch))
        if batch := self.response.finish():
            self.scripts.append(self.encoder.encode(batch))

    @property
    def reply(self) -> Reply:
        return self.response.reply

    @property
    def content(self) -> Any:
        return self.reply.message["content"]

    @property
    def script(self) -> Script:
        return self.encoder.script


def kinds(script: Script) -> list[str]:
    return [event.get("delta", {}).get("type") or event["type"] for event in received(script).events]


def at_once(*steps: dict[str, Any], reply_context: ReplyContext = PLAIN, **fields: Any) -> Reply:
    request: MessagesRequest = messages_request(**{"stream": True, **fields})
    return compose(reply_template(*steps), template_context(request), DRAWS, CONTEXT.message_id, reply_context)


def flat(script: Script) -> list[tuple[int, int]]:
    """Return each byte with its time, in whatever writes they are."""
    return [(at, byte) for at, data in script.sends for byte in data]


def same(live: Script, whole: Response) -> None:
    """Raise `AssertionError` unless the same bytes are sent in the same order at the same times, and end as they do."""
    by_piece = encode(whole.take_apart(), http11=True)
    assert (live.status, live.end, live.end_at, live.down_us) == (200, by_piece.end, by_piece.end_at, 0)
    assert received(live) == received(by_piece)
    assert [at for at, data in live.sends if data][-1] == [at for at, data in by_piece.sends if data][-1]


def planned(reply: Reply, pace: Pace = INSTANT) -> Response:
    return schedule_reply(reply, pace, DRAWS, CONTEXT, stream=True)


@given(any_replies, st.sampled_from([INSTANT, SLOW]))
def test_steps_one_by_one_are_the_reply_made_at_once(steps: list[dict[str, Any]], pace: Pace) -> None:
    assume(not any("thinking" in step and "pause" in after for step, after in pairwise(steps)))  # signed after it
    made = Made(*steps, pace=pace)
    whole = at_once(*steps[: made.used])

    assert made.reply.message == whole.message
    assert made.reply.is_complete is whole.is_complete
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
    {"swap": ["content_block_start 2", "message_delta"]},
    {"swap": ["content_block_stop 3", "content_block_stop 2"]},
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
    {"stall": "1s", "after": "2 events", "comments": "300ms"},
    "interleaved_blocks",
    "crlf",
    {"gzip": 3},
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
    assert {fault.kind for fault in faults(*FAULTS)} == set(KINDS) - {"script", "nothing"}


def check_faults(written: list[Any], pace: Pace, dialect: Dialect | None = None) -> None:
    made = Made(*TALK, pace=pace, written=tuple(written), dialect=dialect)
    whole, notes = apply_faults(planned(at_once(*TALK), pace), faults(*written), CONTEXT, DRAWS, dialect)

    assert len(written) > 1 or made.response.notes == notes
    script = encode(whole, http11=True)
    assert made.script._replace(sends=()) == script._replace(sends=())
    assert flat(made.script) == flat(script)


@pytest.mark.parametrize("pace", [INSTANT, SLOW], ids=["instant", "slow"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_is_applied_part_by_part_as_to_the_whole(fault: Any, pace: Pace) -> None:
    for dialect in (None, LINES):
        check_faults([fault], pace, dialect)


@given(
    st.lists(st.sampled_from(FAULTS), min_size=2, max_size=3),
    st.sampled_from([INSTANT, SLOW]),
    st.sampled_from([None, LINES]),
)
def test_several_faults_are_applied_part_by_part_as_to_the_whole(
    written: list[Any], pace: Pace, dialect: Dialect | None
) -> None:
    assume(sum("restart" in str(fault) for fault in written) < 2)  # each has an id of its own
    check_faults(written, pace, dialect)


@dataclass
class Counted:
    """A text whose fillings are counted."""

    filled: int = 0

    def fill(self, _: TemplateContext) -> dict[str, Any]:
        self.filled += 1
        return {"text": f"word {self.filled} ", "citations": []}


@pytest.mark.parametrize("written", [(), ({"drop": "ping"}, {"disconnect": "close", "after": "10000 events"})], ids=len)
def test_each_part_is_made_once_and_sent_once(written: tuple[Any, ...]) -> None:
    counted: Any = Counted()
    response = live(messages_request(stream=True, max_tokens=10_000), written=written)
    step = ReplyTemplate((CompiledStep("text", counted),), fixed=False, continues=True)
    sizes = []
    for _ in range(800):
        batch = response.add(step)
        assert batch
        sizes.append(batch.size)
    end = response.finish()

    assert end
    assert counted.filled == 800
    assert max(sizes[1:]) < 400
    assert end.size < 800


PARTS = st.lists(st.text(st.sampled_from("abc"), max_size=4), min_size=1, max_size=6)


@given(
    PARTS,
    st.lists(st.text(st.sampled_from("abc"), min_size=1, max_size=4), max_size=3),
    st.integers(1, 8),
    st.text(st.sampled_from("abcö"), max_size=4),
)
def test_a_text_in_parts_is_cut_as_the_whole_is(
    parts: list[str], sequences: list[str], most: int, prefill: str
) -> None:
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": prefill}]
    fields: dict[str, Any] = {
        "stop_sequences": sequences,
        "max_tokens": most,
        "messages": messages[: 1 + bool(prefill)],
    }
    parts = [part.replace("b", "ö") for part in parts]
    fields["stop_sequences"] = [sequence.replace("b", "ö") for sequence in sequences]
    made = Made(*parts, **fields)
    whole = at_once({"text": "".join(parts)}, **fields)

    assert made.reply.message == whole.message
    if made.scripts:
        assert "".join(texts(made.script)) == "".join(block["text"] for block in whole.message["content"])


def test_thinking_that_is_cut_is_not_signed() -> None:
    made = Made({"thinking": "Let me"}, {"thinking": " see what it may be."}, "So", max_tokens=4, thinking=SHOWN)

    assert made.content == [{"type": "thinking", "thinking": "Let me see ", "signature": ""}]
    assert "signature_delta" not in kinds(made.script)


@pytest.mark.parametrize("max_tokens", [1, 1024])
@pytest.mark.parametrize("more", [{"thinking": {"thinking": "It is sunny.", "chunks": 2}}, {"generate": "auto"}])
def test_thinking_in_parts_is_signed_as_at_once(more: dict[str, Any], max_tokens: int) -> None:
    steps = ({"thinking": "Let me see what it may be."}, more)

    made = Made(*steps, max_tokens=max_tokens)

    assert made.content == at_once(*steps, max_tokens=max_tokens).message["content"]


def test_thinking_without_its_text_is_noted_as_at_once() -> None:
    steps = ({"thinking": "Let me see what it may be."}, {"text": "So"})

    assert Made(*steps).reply.notes == at_once(*steps).notes != ()
    assert Made(*steps, thinking=SHOWN).reply.notes == at_once(*steps, thinking=SHOWN).notes == ()


def test_hidden_thinking_in_parts_is_cut_as_shown_thinking() -> None:
    hidden = {"type": "adaptive", "display": "omitted"}
    made = Made({"thinking": "Let me"}, {"thinking": " see what it may be."}, "So", max_tokens=4, thinking=hidden)

    assert made.content == [{"type": "thinking", "thinking": "", "signature": ""}]
    assert made.reply.message["usage"]["output_tokens"] == 4


def test_thinking_after_the_last_token_is_not_signed() -> None:
    made = Made(
        "One two", {"thinking": {"thinking": "Hm.", "chunks": 1}}, max_tokens=1, stop_sequences=["One two three"]
    )

    assert [block["type"] for block in made.content] == ["text"]


def test_a_reply_as_it_is_written_is_not_cut() -> None:
    made = Made("One, two,", " three.", {"thinking": "Hm."}, max_tokens=1, reply_context=ReplyContext(as_written=True))

    assert made.content[0] == {"type": "text", "text": "One, two, three."}
    assert made.content[1]["thinking"] == "Hm."


def test_a_block_after_the_last_token_is_not_sent() -> None:
    made = Made("One", {"json": {"a": 1}}, {"text": "x"}, max_tokens=1)

    assert made.content == [{"type": "text", "text": "One"}]
    assert (made.used, made.reply.message["stop_reason"]) == (2, "max_tokens")


def test_held_back_text_is_sent_before_the_next_part() -> None:
    made = Made("ab", {"json": {"a": 1}}, stop_sequences=["abc"])
    other = Made("ab", {"error": "overloaded_error"}, stop_sequences=["abc"])
    stopped = [Made("abc", after, stop_sequences=["abcd", "abc"]) for after in ({"text": "x"}, {"json": 1})]

    assert [block["text"] for block in made.content] == ["ab", '{"a":1}']
    assert kinds(other.script)[-2:] == ["text_delta", "error"]
    assert [(made.content, made.reply.message["stop_sequence"], made.scripts) for made in stopped] == [
        ([], "abc", [])
    ] * 2


def test_citations_come_before_the_text() -> None:
    cited = {"text": "As it says", "citations": [{"type": "char_location", "cited_text": "It"}]}
    made = Made({"text": cited}, ", it is.")

    assert kinds(made.script)[1:5] == ["content_block_start", "ping", "citations_delta", "text_delta"]
    assert made.content[0]["text"] == "As it says, it is."


def test_a_response_for_http_1_0_ends_with_the_connection() -> None:
    response, encoder = live(messages_request(stream=True)), BatchEncoder(http11=False)
    for batch in (response.add(part("One,")), response.finish()):
        assert batch
        encoder.encode(batch)

    assert encoder.script.end is End.CLOSE
    assert b"".join(send.data for send in encoder.script.sends).endswith(events.MESSAGE_STOP.encoded)


def test_an_event_that_is_cut_is_not_edited() -> None:
    cut = {"stall": "1s", "after": "1280 bytes"}
    check_faults([cut, {"edit": "every content_block_delta", "set": {"index": 5}}], INSTANT)


def test_a_chunk_size_may_be_wrong_without_a_body() -> None:
    check_faults(["empty_body", "chunk_size"], INSTANT)


@pytest.mark.parametrize(
    "fault",
    [{"duplicate": "every text_delta", "copies": 30}, {"slice": 1}, {"rate": "10B/s"}, {"restart": True}],
    ids=str,
)
def test_a_fault_that_makes_too_much_at_once_is_left_out(fault: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MAX_PIECES", 12)
    made = Made({"text": "Größe and more than one piece"}, written=(fault,))
    whole, notes = apply_faults(
        planned(at_once({"text": "Größe and more than one piece"})), faults(fault), CONTEXT, DRAWS
    )

    assert made.response.notes == notes
    assert "not applied: makes more than 12 pieces or 64 MB" in notes[0]
    assert flat(made.script) == flat(encode(whole, http11=True))


def test_pieces_of_a_fault_are_counted_over_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, "MAX_PIECES", 100)
    made = Made(*["a", "b"] * 50, written=({"duplicate": "every text_delta", "copies": 9},))

    assert texts(made.script)[:11] == ["a"] * 10 + ["b"]
    assert texts(made.script)[90:] == ["b", "a"] * 45 + ["b"]
    assert made.response.notes[0].endswith(" not applied: makes more than 100 pieces or 64 MB, from there on")


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [
        {"swap": ["message_start", "text_delta 9999"]},
        {"drop": "last text_delta"},
        {"corrupt": 10_000, "after": "100 bytes"},
    ],
    ids=str,
)
def test_work_of_a_waiting_fault_grows_with_the_parts(fault: Any) -> None:
    few = calls(lambda: Made(*["a"] * 300, max_tokens=9_999, written=(fault,)))

    assert calls(lambda: Made(*["a"] * 1_200, max_tokens=9_999, written=(fault,))) < 4.4 * few


@pytest.mark.parametrize("swap", [["ping", "text_delta 4"], ["text_delta 9", "ping"]])
def test_events_that_are_swapped_may_be_far_apart(swap: list[str]) -> None:
    check_faults([{"swap": swap}], SLOW)


def test_no_later_event_is_edited_for_one_that_is_cut() -> None:
    place = received(Made("a", "b").script).body.index(b"event: content_block_delta") + 40
    cut = {"stall": "1s", "after": f"{place} bytes"}
    made = Made("a", "b", written=(cut, {"edit": "content_block_delta", "set": {"index": 5}}))

    assert (
        made.response.notes[1]
        == "fault: edit content_block_delta, not applied: the response has no such event or position"
    )
    assert b'"index":5' not in b"".join(send.data for send in made.script.sends)
