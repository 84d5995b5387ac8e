"""A dialect: other bytes of the same events, at the same times."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.api.events import Event
from mockclaude.api.headers import Headers
from mockclaude.reply.dialect import Dialect, StreamEncoder, TranslatedBody, translate
from mockclaude.reply.faults.apply import apply_faults
from mockclaude.reply.response import Data, Response, TimedPiece
from mockclaude.reply.schedule import schedule_reply
from mockclaude.wire.encode import encode
from tests.reply.breakage import CONTEXT, SLOW, faults, plain_response
from tests.reply.making import DRAWS, INSTANT, any_replies, composed

HEADERS = Headers([("content-type", "text/lines")])


class Lines:
    """A dialect that writes a line for each event, and no line for a ping."""

    def translate_document(self, document: Any, response: Response) -> TranslatedBody:
        return TranslatedBody(201, HEADERS, {"type": document["type"], "was": response.status})

    def translate_error(self, error: Any, response: Response) -> TranslatedBody:
        return TranslatedBody(response.status, HEADERS, {"failed": error["error"]["type"]})

    def translate_headers(self, _: Response) -> Headers:
        return HEADERS

    def open_stream(self) -> StreamEncoder | None:
        return LineEncoder()


class LineEncoder:
    def __init__(self) -> None:
        self.number = 0

    def encode(self, event: Event, _: int) -> bytes:
        self.number = 1 if event.name == "message_start" else self.number + 1
        return b"" if event.name == "ping" else f"{self.number} {event.name}|{event.delta}\n".encode()


LINES: Dialect = Lines()

PAGE = {"respond": {"status": 502, "headers": {"content-type": "text/html"}, "body": '{"a": 1}'}}
BEFORE = [
    *({"error": 529}, {"error": 529, "after": "text_delta"}, {"error": 529, "after": "50%"}, PAGE),
    *({"stall": "2s", "before": "text_delta"}, {"stall": "1h", "pings": "20m", "after": "message_start"}),
    *({"drop": "ping"}, {"drop": "every content_block_delta"}, {"duplicate": "text_delta"}, {"insert": "ping"}),
    *(
        {"swap": ["message_start", "text_delta"]},
        {"edit": "message_start", "set": {"type": "x"}},
        {"interleave": True},
        "restart",
    ),
]
"""Faults of events."""
AFTER = [
    *({"slice": 3, "every": "1s"}, {"disconnect": "close", "after": "text_delta"}, {"disconnect": "reset"}),
    *({"headers": {"x-own": "1"}}, {"rate": "1KB/s"}, {"corrupt": 2}, "gzip", {"malformed": "status_line"}),
    *({"stall": "1s", "after": "50%"}, {"stall": "forever", "after": "10 bytes"}),
]
"""Faults of the header and of bytes."""


def response_to(steps: list[dict[str, Any]], *, stream: bool, paced: bool) -> Response:
    return schedule_reply(composed(*steps), SLOW if paced else INSTANT, DRAWS, CONTEXT, stream=stream)


def with_faults(response: Response, *written: Any, dialect: Dialect | None = LINES) -> Response:
    return apply_faults(response, faults(*written), CONTEXT, DRAWS, dialect).response


def as_tuple(response: Response) -> tuple[Any, ...]:
    """Return the response as a value that equals one with the same lines and events."""
    return (response.headers.lines, *response.take_apart()._replace(headers=HEADERS))


@given(any_replies, st.booleans(), st.booleans(), st.lists(st.sampled_from(BEFORE), max_size=3))
def test_faults_of_events_are_translated_as_if_they_were_sent_by_the_api(
    steps: list[dict[str, Any]], stream: bool, paced: bool, written: list[Any]
) -> None:
    whole = response_to(steps, stream=stream, paced=paced)
    usual, ours = with_faults(whole, *written, dialect=None), with_faults(whole, *written)

    assert as_tuple(ours) == as_tuple(translate(usual, LINES))
    assert [at for at, _ in ours.take_apart().body] == [at for at, _ in usual.take_apart().body]
    assert ours._replace(status=0, headers=HEADERS, body=()) == usual._replace(
        status=0, headers=HEADERS, body=(), is_verbatim=usual.status != 0
    )
    assert as_tuple(translate(ours, LINES)) == as_tuple(ours)


@given(any_replies, st.booleans(), st.sampled_from([*BEFORE, *AFTER]), st.sampled_from([*BEFORE, *AFTER]))
def test_no_byte_of_the_api_is_left(steps: list[dict[str, Any]], stream: bool, one: Any, other: Any) -> None:
    response = with_faults(response_to(steps, stream=stream, paced=True), one, other)

    assert response.status == 0 or response.is_verbatim
    assert b"event: " not in response.data
    assert b"data: " not in response.data


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_of_the_user_is_sent_as_written(stream: bool) -> None:
    response = plain_response(stream=stream)
    assert as_tuple(with_faults(response, PAGE)) == as_tuple(with_faults(response, PAGE, dialect=None))


def test_headers_of_the_user_come_after_the_translation() -> None:
    response = with_faults(plain_response(), {"headers": {"content-type": "text/html"}})
    assert response.headers.lines == (("content-type", "text/html"),)


def test_positions_at_events_stay_and_those_in_bytes_are_of_the_dialect() -> None:
    whole = translate(plain_response(), LINES).data
    cut = with_faults(plain_response(), {"disconnect": "close", "after": "text_delta"})
    assert cut.data == whole[: whole.index(b"text_delta\n") + len(b"text_delta\n")]

    halted = with_faults(plain_response(), {"stall": "forever", "after": "50%"})
    assert halted.data == whole[: len(whole) // 2]


def test_a_document_and_an_error_are_translated_with_their_status() -> None:
    message = translate(plain_response(stream=False), LINES)
    assert (message.status, orjson.loads(message.data)) == (201, {"type": "message", "was": 200})

    error = with_faults(plain_response(stream=False), {"error": 529})
    assert (error.status, orjson.loads(error.data)) == (529, {"failed": "overloaded_error"})


def test_without_faults_the_pieces_of_one_time_are_one_write() -> None:
    joined = translate(response_to([{"text": "Hello there"}], stream=True, paced=False), LINES)
    assert len(encode(joined, http11=True).sends) == 1
    assert joined.data.startswith(b"1 message_start|\n")
    assert b"".join(piece.encoded for _, piece in joined.take_apart().body) == joined.data


def test_a_dialect_can_keep_the_events_of_the_api() -> None:
    class Unchanged(Lines):
        def open_stream(self) -> None:
            """Keep the events."""

    usual = response_to([{"text": "Hello there"}], stream=True, paced=True)
    kept = translate(usual, Unchanged())
    assert kept == usual._replace(headers=HEADERS, is_verbatim=True)


def test_a_response_without_a_json_body_keeps_its_bytes() -> None:
    for body in ((), (TimedPiece(0, Data(b"text")),)):
        plain = plain_response(stream=False)._replace(body=body)
        assert translate(plain, LINES) == plain._replace(is_verbatim=True)
