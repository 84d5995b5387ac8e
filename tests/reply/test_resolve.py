"""The events and positions that a fault names, in a response whose events are pieces of their own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.reply.faults.resolve import ResolvedPosition, resolve, split
from mockclaude.reply.response import Data, Response, TimedPiece, build_response
from mockclaude.reply.schedule import schedule_reply
from mockclaude.scenario.format import positions
from mockclaude.scenario.format.file import Pace
from mockclaude.scenario.format.positions import Position
from tests.reply.breakage import CONTEXT, SLOW
from tests.reply.making import DRAWS, INSTANT, block_steps, composed


def exchange(*steps: dict[str, Any], stream: bool = True, pace: Pace = INSTANT) -> Response:
    written = steps or ({"text": {"text": "Hello there, and more than one piece of it"}},)
    return schedule_reply(composed(*written), pace, DRAWS, CONTEXT, stream=stream).take_apart()


def names(response: Response) -> list[str]:
    return [piece.delta or piece.name for _, piece in response.body if isinstance(piece, Event)]


@given(st.lists(block_steps, max_size=3), st.booleans())
def test_every_event_of_a_stream_is_a_piece_of_its_own(steps: list[dict[str, Any]], slow: bool) -> None:
    response = exchange(*steps, pace=SLOW if slow else INSTANT)
    usual = schedule_reply(
        composed(*steps or [{"text": "Hello there, and more than one piece of it"}]),
        INSTANT,
        DRAWS,
        CONTEXT,
        stream=True,
    )

    assert all(piece.encoded.startswith(b"event: ") and piece.encoded.count(b"\n\n") == 1 for _, piece in response.body)
    assert (names(response)[0], names(response)[-1]) == ("message_start", "message_stop")
    assert [at for at, _ in response.body] == sorted(at for at, _ in response.body)
    assert response.data == usual.data


def at(when: str, **how: Any) -> ResolvedPosition | None:
    word, _, rest = when.partition(" ")
    return resolve(exchange(**how), getattr(positions, f"parse_{word}")(rest))


def test_position_is_before_or_after_an_event() -> None:
    body = exchange().body
    sizes = [len(piece.encoded) for _, piece in body]
    assert names(exchange())[:4] == ["message_start", "content_block_start", "ping", "text_delta"]

    assert at("before headers") == ResolvedPosition(None, 0)
    assert at("before body") == ResolvedPosition(0, 0)
    assert at("before end") == ResolvedPosition(sum(sizes), 0)
    assert at("before message_start") == ResolvedPosition(0, 0)
    assert at("after message_start") == at("after 1 event") == ResolvedPosition(sizes[0], 0)
    assert (
        at("before text_delta 2")
        == at("after text_delta")
        == at("after 4 events")
        == ResolvedPosition(sum(sizes[:4]), 0)
    )
    assert at("before last message_stop") == ResolvedPosition(sum(sizes[:-1]), 0)
    assert at("after 7 bytes") == ResolvedPosition(7, 0)
    assert at("after 50%") == ResolvedPosition(sum(sizes) // 2, 0)


def test_position_has_the_time_of_its_piece() -> None:
    parts = exchange(pace=SLOW)
    sizes = [len(piece.encoded) for _, piece in parts.body]
    first_text, second_text = (parts.body[position].at for position in (3, 4))

    assert (parts.head_at, first_text) == (100_000, 111_429)
    assert at("before text_delta", pace=SLOW) == ResolvedPosition(sum(sizes[:3]), first_text)
    assert at("before text_delta 2", pace=SLOW) == ResolvedPosition(sum(sizes[:4]), second_text)
    assert at("after 0 events", pace=SLOW) == ResolvedPosition(0, 100_000)
    assert at("after 1 byte", pace=SLOW) == ResolvedPosition(1, 100_000)
    assert at("after 50ms", pace=SLOW) == ResolvedPosition(None, 50_000)
    assert at(f"after {len(parts.body)} events", pace=SLOW) == ResolvedPosition(parts.size, parts.body[-1].at)
    assert at("after 121ms", pace=SLOW) == ResolvedPosition(sum(sizes[:4]), 121_000)


@pytest.mark.parametrize("when", ["after 99 events", "before thinking_delta", "after 90000 bytes", "after 1h"])
def test_absent_position_is_none(when: str) -> None:
    assert at(when) is None


@pytest.mark.parametrize("when", ["after 3 events", "before message_stop", "after text_delta"])
def test_event_position_is_before_the_headers_of_json(when: str) -> None:
    assert at(when, stream=False, pace=SLOW) == ResolvedPosition(None, exchange(stream=False, pace=SLOW).head_at)


def test_events_are_selected_by_name_by_number_the_last_or_all() -> None:
    parts = exchange()
    texts = parts.find_events(positions.parse_selector("every text_delta"))

    assert len(texts) == 3
    assert parts.find_events(positions.parse_selector("text_delta 2")) == texts[1:2]
    assert parts.find_events(positions.parse_selector("last content_block_delta")) == texts[-1:]
    assert parts.find_events(positions.parse_selector("text_delta 9")) == []
    assert exchange(stream=False).find_events(positions.parse_selector("every ping")) == []


@given(st.lists(st.binary(min_size=1), max_size=5), st.integers(0, 60))
def test_body_is_split_at_the_offset(pieces: list[bytes], offset: int) -> None:
    body = [TimedPiece(at, Data(data)) for at, data in enumerate(pieces)]
    response = build_response(200, Headers(), "", Data(b""))._replace(body=body)
    before, after = split(response, offset)
    data = b"".join(pieces)

    assert b"".join(piece.encoded for _, piece in before) == data[:offset]
    assert b"".join(piece.encoded for _, piece in after) == data[offset:]
    assert all(piece.encoded for _, piece in (*before, *after))


def test_position_is_formatted_as_written() -> None:
    texts = [
        "before headers",
        "before last text_delta",
        "after every ping",
        "after 3 events",
        "after 50%",
        "after 1.5s",
    ]
    read = [positions.parse_after, positions.parse_before]

    assert [str(read[text.startswith("before")](text.partition(" ")[2])) for text in texts if "every" not in text] == [
        text for text in texts if "every" not in text
    ]
    assert str(Position("after", selector=positions.parse_selector("every ping"))) == "after every ping"
