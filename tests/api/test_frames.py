"""The bytes of a stream are split into events without losing one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.frames import split_frames

DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
LINE = b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}'


@pytest.mark.parametrize(
    ("frame", "name", "data", "delta"),
    [
        (b"event: content_block_delta\n" + LINE + b"\n\n", "content_block_delta", DELTA, "text_delta"),
        (b"event: content_block_delta\r\n" + LINE + b"\r\n\r\n", "content_block_delta", DELTA, "text_delta"),
        (b"event: content_block_delta\r" + LINE + b"\r\r", "content_block_delta", DELTA, "text_delta"),
        (b"event:content_block_delta\n" + LINE + b"     \n\n", "content_block_delta", DELTA, "text_delta"),
        (b"\nid: 7\nevent: content_block_delta\n" + LINE + b"\n\n", "content_block_delta", DELTA, "text_delta"),
        (LINE + b"\n\n", "content_block_delta", DELTA, "text_delta"),
        (b'event: ping\ndata: {"type":\ndata: "ping"}\n\n', "ping", {"type": "ping"}, ""),
        (b'data: ["a"]\n\n', "", ["a"], ""),
        (b": keep-alive\n\n", "", None, ""),
        (b"event: ping\ndata: [DONE]\n\n", "", None, ""),
        (b"event: content_block_delta\n" + LINE + b"\n", "", None, ""),
    ],
)
def test_an_event_is_read(frame: bytes, name: str, data: object, delta: str) -> None:
    assert split_frames(frame) == [(name, data, delta, frame)]


def test_a_stream_without_bytes_has_no_events() -> None:
    assert split_frames(b"") == []


PARTS = st.sampled_from([b"\n", b"\r", b"\r\n", b"event: ping", LINE, b"data: {}", b":", b"data", b"\xff", b" "])


@given(st.lists(PARTS).map(b"".join))
def test_events_have_the_bytes_of_the_stream(data: bytes) -> None:
    assert b"".join(event.encoded for event in split_frames(data)) == data


WITHOUT_CR = st.sampled_from(
    [
        b"\n",
        b"\n\n",
        b"event: ",
        b"ping",
        b"\ndata: ",
        b"{}",
        b'{"type": "a"}',
        b"event: a\ndata: {}\n\n",
        b"\xff",
        b":",
    ]
)


@given(st.lists(WITHOUT_CR).map(b"".join))
def test_events_are_the_same_with_other_line_ends(data: bytes) -> None:
    events, others = split_frames(data), split_frames(data.replace(b"\n", b"\r\n"))
    assert [event[:3] for event in events] == [event[:3] for event in others]
    assert [event.encoded for event in events] == [event.encoded.replace(b"\r", b"") for event in others]
