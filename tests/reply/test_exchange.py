"""Responses taken apart and put together: nothing is lost, and a moment falls where it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.exchange import Exchange, Point, apart, locate, names, select, split, together
from mockclaude.reply.plan import Envelope, plan
from mockclaude.reply.script import End, Script, Send, silent
from mockclaude.scenario.format import positions
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.format.positions import Moment
from tests.reply.making import DRAWS, INSTANT, block_steps, composed
from tests.serving import NOW

SLOW = Pace.model_validate({"ttft": "100ms", "tokens_per_second": 100})


def planned(*steps: dict[str, Any], stream: bool = True, pace: Pace = INSTANT, chunked: bool = True) -> Script:
    written = steps or ({"text": {"text": "Hello there, and more than one piece of it"}},)
    return plan(composed(*written), pace, DRAWS, Envelope("req_1", "msg_1", NOW, chunked), stream=stream)


def exchange(*steps: dict[str, Any], **how: Any) -> Exchange:
    parts = apart(planned(*steps, **how))
    assert parts
    return parts


def sent(script: Script) -> bytes:
    return b"".join(send.data for send in script.sends)


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("pace", [INSTANT, SLOW])
def test_what_is_taken_apart_and_put_together_says_the_same(pace: Pace, stream: bool, chunked: bool) -> None:
    script = planned(stream=stream, pace=pace, chunked=chunked)
    parts = apart(script)
    assert parts
    again = together(parts)

    assert (again.status, again.end, again.end_at) == (script.status, script.end, script.end_at)
    assert apart(again) == parts
    assert parts.is_stream is stream


@given(st.lists(block_steps, max_size=3), st.booleans())
def test_every_event_of_a_stream_is_a_piece_of_its_own(steps: list[dict[str, Any]], slow: bool) -> None:
    body = exchange(*steps, pace=SLOW if slow else INSTANT).body

    assert all(piece.data.startswith(b"event: ") and piece.data.count(b"\n\n") == 1 for piece in body)
    assert names(body[0]) == ("message_start",)
    assert names(body[-1]) == ("message_stop",)
    assert [piece.at for piece in body] == sorted(piece.at for piece in body)


def test_what_sends_no_response_has_no_parts() -> None:
    assert apart(silent(End.RESET, 0)) is None


def test_a_stream_that_is_cut_stays_cut() -> None:
    cut = exchange({"text": {"text": "Hello"}}, {"disconnect": "close"})

    assert not cut.complete
    assert not sent(together(cut)).endswith(b"0\r\n\r\n")


def at(when: str, **how: Any) -> Point | None:
    word, _, rest = when.partition(" ")
    return locate(exchange(**how), getattr(positions, word)(rest))


def test_a_moment_falls_before_or_after_an_event() -> None:
    body = exchange().body
    sizes = [len(piece.data) for piece in body]
    assert [names(piece)[-1] for piece in body[:4]] == ["message_start", "content_block_start", "ping", "text_delta"]

    assert at("before headers") == Point(None, 0)
    assert at("before body") == Point(0, 0)
    assert at("before end") == Point(sum(sizes), 0)
    assert at("before message_start") == Point(0, 0)
    assert at("after message_start") == at("after 1 event") == Point(sizes[0], 0)
    assert at("before text_delta 2") == at("after text_delta") == at("after 4 events") == Point(sum(sizes[:4]), 0)
    assert at("before last message_stop") == Point(sum(sizes[:-1]), 0)
    assert at("after 7 bytes") == Point(7, 0)
    assert at("after 50%") == Point(sum(sizes) // 2, 0)


def test_a_moment_has_the_time_of_what_is_there() -> None:
    parts = exchange(pace=SLOW)
    first_text, second_text = (parts.body[position].at for position in (3, 4))

    assert (parts.head_at, first_text) == (100_000, 120_000)
    assert at("before text_delta", pace=SLOW) == Point(sum(len(piece.data) for piece in parts.body[:3]), first_text)
    assert at("before text_delta 2", pace=SLOW) == Point(sum(len(piece.data) for piece in parts.body[:4]), second_text)
    assert at("after 0 events", pace=SLOW) == Point(0, 100_000)
    assert at("after 1 byte", pace=SLOW) == Point(1, 100_000)
    assert at("after 50ms", pace=SLOW) == Point(None, 50_000)
    assert at(f"after {len(parts.body)} events", pace=SLOW) == Point(len(parts.data), parts.body[-1].at)
    assert at("after 121ms", pace=SLOW) == Point(sum(len(piece.data) for piece in parts.body[:4]), 121_000)


@pytest.mark.parametrize("when", ["after 99 events", "before thinking_delta", "after 90000 bytes", "after 1h"])
def test_a_moment_that_never_comes_is_nowhere(when: str) -> None:
    assert at(when) is None


@pytest.mark.parametrize("when", ["after 3 events", "before message_stop", "after text_delta"])
def test_among_events_that_are_not_there_nothing_is_sent_yet(when: str) -> None:
    assert at(when, stream=False, pace=SLOW) == Point(None, exchange(stream=False, pace=SLOW).head_at)


def test_events_are_selected_by_name_by_number_the_last_or_all() -> None:
    parts = exchange()
    texts = select(parts, positions.selector("every text_delta"))

    assert len(texts) == 3
    assert select(parts, positions.selector("text_delta 2")) == texts[1:2]
    assert select(parts, positions.selector("last content_block_delta")) == texts[-1:]
    assert select(parts, positions.selector("text_delta 9")) == []
    assert select(exchange(stream=False), positions.selector("every ping")) == []


@given(st.lists(st.binary(min_size=1), max_size=5), st.integers(0, 60))
def test_a_body_is_split_where_it_is_told(pieces: list[bytes], offset: int) -> None:
    body = tuple(Send(at, data) for at, data in enumerate(pieces))
    parts = Exchange(200, b"HTTP/1.1 200 OK", (), 0, body, End.KEEP, 0)
    before, after = split(parts, offset)
    data = b"".join(pieces)

    assert b"".join(piece.data for piece in before) == data[:offset]
    assert b"".join(piece.data for piece in after) == data[offset:]
    assert all(piece.data for piece in (*before, *after))


def test_a_moment_is_told_as_it_is_written() -> None:
    texts = [
        "before headers",
        "before last text_delta",
        "after every ping",
        "after 3 events",
        "after 50%",
        "after 1.5s",
    ]
    read = [positions.after, positions.before]

    assert [str(read[text.startswith("before")](text.partition(" ")[2])) for text in texts if "every" not in text] == [
        text for text in texts if "every" not in text
    ]
    assert str(Moment("after", selector=positions.selector("every ping"))) == "after every ping"
