"""A script is the bytes of an HTTP response, each with its time, and how the connection ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.reply.script import End, Response, Script, Send, head_only, joined, script, silent, whole, with_headers
from tests.reply.client import received

HEADERS = "date: today\r\ncontent-type: text/plain\r\n"
HEAD = b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-type: text/plain\r\n"
CHUNKED = b"transfer-encoding: chunked\r\nconnection: keep-alive\r\nrequest-id: req_1\r\n\r\n"
CLOSING = b"connection: close\r\nrequest-id: req_1\r\n\r\n"

sends = st.lists(st.builds(Send, st.integers(0, 5), st.binary(min_size=1)), min_size=1, max_size=8).map(sorted)


def response(*body: Send, end: End = End.KEEP, end_at: int = 0, complete: bool = True) -> Response:
    return Response(200, HEADERS, "req_1", body, end, end_at, complete)


def test_a_response_is_chunked() -> None:
    made = script(response(Send(0, b"Hello "), Send(5, b"there, friend"), end_at=5), chunked=True)

    assert made == Script(
        200,
        [Send(0, HEAD + CHUNKED + b"6\r\nHello \r\n"), Send(5, b"d\r\nthere, friend\r\n0\r\n\r\n")],
        End.KEEP,
        5,
    )


def test_a_response_to_http_1_0_ends_with_the_connection() -> None:
    made = script(response(Send(0, b"Hello "), Send(5, b"there"), end_at=5), chunked=False)

    assert made == Script(200, [Send(0, HEAD + CLOSING + b"Hello "), Send(5, b"there")], End.CLOSE, 5)


def test_what_is_due_at_once_is_one_chunk_and_one_send() -> None:
    made = script(response(Send(3, b"Hello "), Send(3, b"there"), end_at=3), chunked=True)

    assert made.sends == [Send(3, HEAD + CHUNKED + b"b\r\nHello there\r\n0\r\n\r\n")]


def test_an_end_after_the_last_byte_is_sent_when_it_is_due() -> None:
    made = script(response(Send(1, b"Hi"), end_at=9), chunked=True)

    assert [send.at for send in made.sends] == [1, 9]
    assert made.sends[-1].data == b"0\r\n\r\n"


@pytest.mark.parametrize("end", [End.CLOSE, End.RESET, End.HANG])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_is_cut_off_is_not_marked_as_ended(end: End, chunked: bool) -> None:
    made = script(response(Send(0, b"Hi"), end=end, complete=False), chunked=chunked)

    assert made.end is end
    assert made.sends[-1].data.endswith(b"2\r\nHi\r\n" if chunked else b"\r\n\r\nHi")


def test_a_response_without_a_body_has_a_head_when_it_ends() -> None:
    assert script(response(end_at=4), chunked=True).sends == [Send(4, HEAD + CHUNKED + b"0\r\n\r\n")]
    assert script(response(end_at=4), chunked=False).sends == [Send(4, HEAD + CLOSING)]


@given(body=sends, late=st.integers(0, 3), chunked=st.booleans())
def test_whatever_is_sent_arrives_in_order(body: list[Send], late: int, chunked: bool) -> None:
    end_at = body[-1].at + late
    made = script(response(*body, end_at=end_at), chunked=chunked)
    times = [send.at for send in made.sends]

    assert received(made).body == b"".join(send.data for send in body)
    assert received(made).complete
    assert times == sorted(set(times))
    assert (times[0], made.end_at) == (body[0].at, end_at)


@given(body=sends)
def test_sends_of_the_same_time_are_joined_and_keep_their_order(body: list[Send]) -> None:
    made = joined(body)

    assert [send.at for send in made] == sorted({send.at for send in body})
    assert b"".join(send.data for send in made) == b"".join(send.data for send in body)


@given(body=st.binary(min_size=1), at=st.integers(0, 9), chunked=st.booleans())
def test_a_response_in_one_piece_has_the_bytes_of_one_in_pieces(body: bytes, at: int, chunked: bool) -> None:
    made = whole(200, HEADERS, "req_1", body, at, chunked=chunked)
    pieces = script(response(Send(at, body), end_at=at), chunked=chunked)

    assert (made.status, list(made.sends), made.end, made.end_at) == (200, list(pieces.sends), pieces.end, at)


@pytest.mark.parametrize(
    ("status", "line"),
    [(404, b"404 Not Found"), (413, b"413 Content Too Large"), (529, b"529 "), (599, b"599 ")],
)
def test_the_status_line_has_the_reason_that_http_knows(status: int, line: bytes) -> None:
    assert whole(status, "", "req_1", b"{}", 0, chunked=True).sends[0].data.startswith(b"HTTP/1.1 " + line + b"\r\n")


def test_a_header_that_is_not_latin_is_made_so() -> None:
    assert (
        b"x-echo: caf\xe9 ??\r\n" in whole(200, "x-echo: café 漢字\r\n", "req_1", b"{}", 0, chunked=True).sends[0].data
    )


def test_a_response_that_has_no_body_by_its_nature_is_only_a_head() -> None:
    assert head_only(204, HEADERS) == Script(
        204, [Send(0, b"HTTP/1.1 204 No Content\r\ndate: today\r\ncontent-type: text/plain\r\n\r\n")], End.KEEP, 0
    )


def test_silence_sends_nothing_and_has_no_status() -> None:
    assert silent(End.HANG, 7) == Script(0, (), End.HANG, 7)


def test_headers_that_a_response_has_get_other_values_in_their_place() -> None:
    made = script(response(Send(0, b"date: of the body\r\n"), Send(5, b"date"), end_at=5), chunked=True)
    changed = with_headers(made, {"date": "tomorrow", "x-new": "1"})

    assert changed == made._replace(
        sends=[Send(0, made.sends[0].data.replace(b"date: today", b"date: tomorrow")), made.sends[1]]
    )


def test_what_sends_nothing_has_no_headers_to_change() -> None:
    assert with_headers(silent(End.HANG, 3), {"date": "tomorrow"}) == silent(End.HANG, 3)
