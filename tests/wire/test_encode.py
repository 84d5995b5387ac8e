"""A script is the bytes of an HTTP response, each with its time, and how the connection ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.headers import Headers
from mockclaude.reply.response import (
    SEPARATE_PIECES,
    Data,
    End,
    Response,
    TimedPiece,
    build_bodiless,
    build_response,
    build_silent,
)
from mockclaude.wire.encode import BatchEncoder, encode
from mockclaude.wire.script import Script, Send
from tests.reply.client import received

HEADERS = Headers([("date", "today"), ("content-type", "text/plain")])
HEAD = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-type: text/plain\r\n"
CHUNKED = b"transfer-encoding: chunked\r\nconnection: keep-alive\r\nrequest-id: req_1\r\n\r\n"
CLOSING = b"connection: close\r\nrequest-id: req_1\r\n\r\n"
BODIES = st.lists(st.tuples(st.integers(0, 5), st.binary(min_size=1)), min_size=1, max_size=8).map(sorted)


def response(*body: tuple[int, bytes], end: End = End.KEEP, end_at: int = 0, complete: bool = True) -> Response:
    pieces = [TimedPiece(at, Data(data)) for at, data in body]
    return Response(200, HEADERS, "req_1", pieces, body[0][0] if body else end_at, end, end_at, complete)


def sent(made: Response, *, http11: bool = True) -> bytes:
    return b"".join(send.data for send in encode(made, http11=http11).sends)


def test_a_response_is_chunked() -> None:
    assert encode(response((0, b"Hello "), (5, b"there, friend"), end_at=5), http11=True) == Script(
        200,
        [Send(0, HEAD + CHUNKED + b"6\r\nHello \r\n"), Send(5, b"d\r\nthere, friend\r\n0\r\n\r\n")],
        End.KEEP,
        5,
    )


def test_a_response_to_http_1_0_ends_with_the_connection() -> None:
    made = encode(response((0, b"Hello "), (5, b"there"), end_at=5), http11=False)

    assert made == Script(200, [Send(0, HEAD + CLOSING + b"Hello "), Send(5, b"there")], End.CLOSE, 5)


def test_pieces_of_one_time_are_one_chunk_and_one_send() -> None:
    made = encode(response((3, b"Hello "), (3, b"there"), end_at=3), http11=True)

    assert [*made.sends] == [Send(3, HEAD + CHUNKED + b"b\r\nHello there\r\n0\r\n\r\n")]


@pytest.mark.parametrize("http11", [True, False])
def test_an_empty_piece_is_no_chunk(http11: bool) -> None:
    assert sent(build_response(200, HEADERS, "req_1", Data(b"")), http11=http11) == sent(response(), http11=http11)


def test_a_204_without_a_body_has_no_framing() -> None:
    made = encode(response(end_at=4)._replace(status=204, framing=SEPARATE_PIECES), http11=True)

    assert b"".join(data for _, data in made.sends).endswith(b"content-type: text/plain\r\nrequest-id: req_1\r\n\r\n")
    assert [send.at for send in made.sends] == [4]


def test_separate_pieces_have_a_chunk_and_a_send() -> None:
    made = encode(response((3, b"Hello "), (3, b"there"), end_at=3)._replace(framing=SEPARATE_PIECES), http11=True)

    assert [data for _, data in made.sends] == [HEAD + CHUNKED, b"6\r\nHello \r\n", b"5\r\nthere\r\n", b"0\r\n\r\n"]


def test_ending_after_the_last_byte_has_its_own_time() -> None:
    made = encode(response((1, b"Hi"), end_at=9), http11=True)

    assert [send.at for send in made.sends] == [1, 9]
    assert made.sends[-1].data == b"0\r\n\r\n"


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET, End.HANG])
@pytest.mark.parametrize("http11", [True, False])
def test_a_body_that_is_cut_off_is_not_marked_as_ended(end: End, http11: bool) -> None:
    made = encode(response((0, b"Hi"), end=end, complete=False), http11=http11)

    assert made.end is end
    assert made.sends[-1].data.endswith(b"2\r\nHi\r\n" if http11 else b"\r\n\r\nHi")


def test_a_response_without_a_body_has_a_head_when_it_ends() -> None:
    assert encode(response(end_at=4), http11=True).sends == [Send(4, HEAD + CHUNKED + b"0\r\n\r\n")]
    assert encode(response(end_at=4), http11=False).sends == [Send(4, HEAD + CLOSING)]


@given(body=BODIES, late=st.integers(0, 3), http11=st.booleans())
def test_a_body_arrives_in_order(body: list[tuple[int, bytes]], late: int, http11: bool) -> None:
    end_at = body[-1][0] + late
    made = encode(response(*body, end_at=end_at), http11=http11)
    times = [send.at for send in made.sends]

    assert received(made).body == b"".join(data for _, data in body)
    assert received(made).complete
    assert times == sorted(set(times))
    assert (times[0], made.end_at) == (body[0][0], end_at)


@given(BODIES, st.booleans())
def test_batches_are_the_whole_response_with_relative_times(body: list[tuple[int, bytes]], http11: bool) -> None:
    encoder, clock, scripts = BatchEncoder(http11=http11), 0, []
    for number, (at, data) in enumerate(body):
        batch = response((at, data), end_at=at, complete=number == len(body) - 1)
        batch = batch._replace(framing=SEPARATE_PIECES._replace(is_batch=True, head_sent=number > 0))
        scripts.append(encoder.encode(batch))
    in_one = encode(response(*body, end_at=body[-1][0])._replace(framing=SEPARATE_PIECES), http11=http11)

    assert [*encoder.script.sends] == [*in_one.sends]
    assert (encoder.script.end, encoder.script.end_at) == (in_one.end, in_one.end_at)
    for script in scripts:
        assert all(0 <= send.at <= script.end_at for send in script.sends)
        clock += script.end_at
    assert clock == in_one.end_at


@pytest.mark.parametrize(
    ("status", "line"),
    [(404, b"404 Not Found"), (413, b"413 Content Too Large"), (529, b"529 "), (599, b"599 ")],
)
def test_the_status_line_has_the_reason_that_http_knows(status: int, line: bytes) -> None:
    assert sent(build_response(status, Headers(), "req_1", Data(b"{}"))).startswith(b"HTTP/1.1 " + line + b"\r\n")


def test_a_header_that_is_not_latin_is_made_so() -> None:
    headers = Headers([("x-echo", "café 漢字")])

    assert b"x-echo: caf\xe9 ??\r\n" in sent(build_response(200, headers, "req_1", Data(b"{}")))


def test_response_without_a_body_is_a_head() -> None:
    assert encode(build_bodiless(204, HEADERS), http11=True) == Script(
        204, [Send(0, b"HTTP/1.1 204 No Content\r\ndate: today\r\ncontent-type: text/plain\r\n\r\n")], End.KEEP, 0
    )


@pytest.mark.parametrize(("http11", "head", "end"), [(True, CHUNKED, End.KEEP), (False, CLOSING, End.CLOSE)])
def test_the_response_to_head_is_the_head_at_once(http11: bool, head: bytes, end: End) -> None:
    made = encode(response((7, b"Hi"), end_at=9).without_body(), http11=http11)

    assert made == Script(200, [Send(0, HEAD + head)], end, 9)


def test_silent_response_sends_nothing() -> None:
    assert encode(build_silent(End.HANG, 7, 5), http11=True) == Script(0, (), End.HANG, 7, 5)


def test_header_values_are_replaced_in_place() -> None:
    made = response((0, b"date: of the body\r\n"), (5, b"date"), end_at=5)

    changed = made.with_values({"date": "tomorrow", "x-new": "1"})

    assert sent(changed) == sent(made).replace(b"date: today", b"date: tomorrow")


def test_silent_response_has_no_headers() -> None:
    assert build_silent(End.HANG, 3).with_values({"date": "tomorrow"}) == build_silent(End.HANG, 3)
