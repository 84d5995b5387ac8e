"""Bodies with other line ends or with gzip: the client gets the same content."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.headers import Headers
from mockclaude.reply.faults.apply import apply_faults
from mockclaude.reply.response import Data, Response, TimedPiece
from tests.reply.breakage import (
    CONTEXT,
    SLOW,
    bytes_of,
    event_names,
    fault_result,
    faults,
    plain_response,
    response_with,
    script_with,
)
from tests.reply.client import received, unchunked
from tests.reply.making import DRAWS

PLAIN = plain_response().data
NOTHING = "the response has no such event or position"


@pytest.mark.parametrize(("name", "end"), [("crlf", b"\r\n"), ("cr", b"\r")])
def test_each_line_of_a_stream_has_another_end(name: str, end: bytes) -> None:
    response = response_with({"line_ends": name})

    assert response.data == PLAIN.replace(b"\n", end)
    assert event_names(response) == event_names(plain_response())


@pytest.mark.parametrize("fault", ["crlf", "interleaved_blocks"])
def test_a_message_has_no_lines_and_no_blocks_of_a_stream(fault: str) -> None:
    assert NOTHING in fault_result(fault, stream=False).notes[0]


@pytest.mark.parametrize(("name", "end"), [("crlf", b"\r\n"), ("cr", b"\r")])
def test_a_blank_line_of_another_kind_is_split_too(name: str, end: bytes) -> None:
    response = response_with({"line_ends": name}, "split_separator")
    pieces = [piece.encoded for _, piece in response.body]

    assert pieces[1::2] == [end] * (len(pieces) // 2)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("fault", ["gzip", "gzip_held_back", {"gzip": 3}])
def test_gzip_has_the_same_content(fault: Any, stream: bool) -> None:
    script, _ = script_with(fault, stream=stream)
    got = received(script)

    assert got.headers["content-encoding"] == "gzip"
    assert got.complete
    assert gzip.decompress(got.body) == plain_response(stream=stream).data


@given(st.lists(st.binary(max_size=70_000), min_size=1, max_size=5), st.integers(1, 6))
def test_any_body_can_be_compressed(data: list[bytes], group: int) -> None:
    response = Response(200, Headers(), "", [TimedPiece(at, Data(piece)) for at, piece in enumerate(data)], end_at=9)
    compressed, _ = apply_faults(response, faults({"gzip": group}), CONTEXT, DRAWS)

    assert gzip.decompress(compressed.data) == b"".join(data)


@pytest.mark.parametrize(("fault", "times"), [({"gzip": "end"}, 1), ({"gzip": 4}, 4), ({"gzip": 1}, 14)])
def test_a_group_of_events_is_sent_with_its_last(fault: Any, times: int) -> None:
    usual = plain_response(pace=SLOW)
    response = response_with(fault, pace=SLOW)
    sent = [at for at, piece in response.body if piece.encoded]

    assert [at for at, _ in response.body] == [at for at, _ in usual.body]
    assert len(sent) == times
    assert sent[-1] == usual.end_at


def test_a_cut_body_does_not_send_its_last_group() -> None:
    response = response_with({"gzip": 2}, {"disconnect": "close", "before": "message_delta"})
    body, complete = unchunked(bytes_of(response).partition(b"\r\n\r\n")[2])

    assert not complete
    with pytest.raises(EOFError):
        gzip.decompress(body)
    assert response_with({"gzip": "end"}, "stall").data == b""
    assert not received(script_with({"gzip": "end"}, "stall")[0]).body


class _JoinedBytes(bytes):
    """Bytes that are never added to others: the time for that grows with the square of their number."""

    def __radd__(self, other: bytes) -> bytes:
        raise AssertionError("added, not joined")


def test_events_are_joined_once() -> None:
    body = [TimedPiece(0, Data(_JoinedBytes(b"ab"))) for _ in range(3)]
    compressed, _ = apply_faults(Response(200, Headers(), "", body), faults({"gzip": "end"}), CONTEXT, DRAWS)

    assert gzip.decompress(compressed.data) == b"ababab"


def test_a_response_without_a_body_has_nothing_to_compress() -> None:
    assert NOTHING in fault_result({"respond": {"status": 204}}, "gzip").notes[1]
