"""Faults done to a response: what is sent, when, and how it ends."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.reply.faults.apply import APPLY, apply_faults
from mockclaude.reply.response import End, build_silent
from mockclaude.scenario.format.faults import FAULT_TYPES, NothingFault, ScriptFault
from mockclaude.scenario.format.presets import PRESETS
from tests.reply.breakage import CONTEXT, SLOW, broken, events, faults, sent, struck, whole, written
from tests.reply.making import DRAWS

ALL = events(whole())
EDITS = [
    name
    for name, named in PRESETS.items()
    if {"drop", "duplicate", "swap", "edit", "insert", "restart"} & set(named.fault)
]


def test_every_kind_of_fault_can_be_done() -> None:
    assert [*APPLY, ScriptFault, NothingFault] == [*FAULT_TYPES]


def test_without_a_fault_a_response_says_what_it_said() -> None:
    assert broken().response.data == whole().data


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_takes_the_place_of_the_reply(stream: bool) -> None:
    response = struck({"error": {"type": "rate_limit_error", "headers": {"retry-after": 2}}}, stream=stream)

    assert (response.status, response.end_at) == (429, 0)
    assert ("retry-after", "2") in response.headers.lines
    assert orjson.loads(response.data)["error"]["type"] == "rate_limit_error"


def test_an_error_in_a_stream_is_an_event_and_the_end() -> None:
    response = struck({"error": 529, "after": "message_start"})

    assert (response.status, response.end, events(response)) == (200, End.KEEP, ["message_start", "error"])
    assert sent(response).endswith(b"0\r\n\r\n")


def test_an_error_in_the_middle_of_what_is_not_streamed_is_its_status() -> None:
    assert struck({"error": 529, "after": "50%"}, stream=False).status == 529


@pytest.mark.parametrize("stream", [True, False])
def test_a_page_takes_the_place_of_the_reply(stream: bool) -> None:
    html = {"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<p>"}
    page = struck({"respond": html}, stream=stream)

    assert (page.status, page.headers.lines, page.data) == (502, (("content-type", "text/html"),), b"<p>")
    assert sent(page).startswith(b"HTTP/1.1 502 \r\n")
    assert struck({"respond": {"body": {"a": 1}}}, stream=stream).data == b'{"a":1}'
    assert struck("empty_520", stream=stream).data == b""


@pytest.mark.parametrize(
    ("how", "end", "complete"), [("reset", End.RESET, False), ("close", End.CLOSE, False), ("clean", End.KEEP, True)]
)
def test_a_disconnect_leaves_what_was_sent(how: str, end: End, complete: bool) -> None:
    response = struck({"disconnect": how, "before": "message_delta"})

    assert (events(response), response.end) == (ALL[:-2], end)
    assert sent(response).endswith(b"0\r\n\r\n") is complete


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("how", "end"), [("reset", End.RESET), ("close", End.CLOSE), ("clean", End.CLOSE)])
def test_a_disconnect_before_the_headers_leaves_nothing(how: str, end: End, stream: bool) -> None:
    assert struck({"disconnect": how}, stream=stream) == build_silent(end, 0)


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_is_cut_at_any_byte(stream: bool) -> None:
    data = whole(stream=stream).data

    assert struck({"disconnect": "close", "after": "100 bytes"}, stream=stream).data == data[:100]
    assert struck({"disconnect": "close", "after": "25%"}, stream=stream).data == data[: len(data) // 4]
    assert struck("no_last_chunk", stream=stream).data == data
    assert not sent(struck("no_last_chunk", stream=stream)).endswith(b"0\r\n\r\n")


def test_a_stall_shifts_what_comes_after_it() -> None:
    usual, late = whole(pace=SLOW), struck({"stall": "2s", "before": "text_delta 2"}, pace=SLOW)
    delays = [after.at - before.at for before, after in zip(usual.body, late.body, strict=True)]

    assert delays == [0] * 4 + [2_000_000] * (len(ALL) - 4)
    assert (late.end_at - usual.end_at, late.head_at) == (2_000_000, usual.head_at)


@pytest.mark.parametrize("stream", [True, False])
def test_a_stall_before_the_headers_shifts_everything(stream: bool) -> None:
    usual, late = whole(stream=stream, pace=SLOW), struck({"stall": "2s"}, stream=stream, pace=SLOW)

    assert late.head_at - usual.head_at == late.end_at - usual.end_at == 2_000_000
    assert [piece.at - 2_000_000 for piece in late.body] == [piece.at for piece in usual.body]


def test_a_stall_for_ever_hangs() -> None:
    response = struck({"stall": "forever", "after": "message_start"})

    assert (events(response), response.end) == (["message_start"], End.HANG)
    assert struck("hang") == build_silent(End.HANG, 0)


def test_a_stall_may_send_pings() -> None:
    body = struck({"stall": "1s", "after": "message_start", "pings": "400ms"}).body
    forever = struck("pings_forever")

    assert [(at, b"ping" in piece.encoded) for at, piece in body[:4]] == [
        (0, False),
        (400_000, True),
        (800_000, True),
        (1_000_000, False),
    ]
    assert {piece.encoded for _, piece in forever.body[1:]} == {b'event: ping\ndata: {"type": "ping"}\n\n'}
    assert (forever.end, forever.end_at) == (End.HANG, forever.body[-1].at)


def test_headers_are_replaced_added_and_left_out() -> None:
    given = {"headers": {"Content-Type": "text/plain", "x-new": "1", "server": False}}
    lines = struck(given).headers.lines

    assert {("content-type", "text/plain"), ("x-new", "1")} < set(lines)
    assert [name for name, _ in lines].count("content-type") == 1
    assert "server" not in dict(lines)


def test_bytes_are_corrupted_at_drawn_places_or_from_a_moment_on() -> None:
    good, drawn, there = whole().data, struck({"corrupt": 3}).data, struck({"corrupt": 2, "after": "10 bytes"}).data

    assert drawn == struck({"corrupt": 3}).data
    assert 1 <= sum(one != other for one, other in zip(good, drawn, strict=True)) <= 3
    assert (good[:10], good[12:]) == (there[:10], there[12:])
    assert good[10:12] != there[10:12]


def test_garbage_and_raw_bytes_come_instead_or_in_the_middle() -> None:
    assert sent(struck({"raw": "hello"})) == b"hello"
    assert sent(struck({"raw": {"base64": "aGVsbG8="}}, stream=False)) == b"hello"
    middle = struck({"raw": {"hex": "ff 00"}, "after": "message_start"})
    assert sent(middle).endswith(b"\r\n\xff\x00")
    assert (middle.end, len(sent(struck({"garbage": 70})))) == (End.CLOSE, 70)
    assert sent(struck("garbage")) == sent(struck("garbage"))


def test_a_refused_connection_is_down_for_a_while() -> None:
    response = struck("refuse")

    assert response == build_silent(End.RESET, 0, 5_000_000)


@pytest.mark.parametrize("name", EDITS)
def test_what_needs_events_finds_none_in_json(name: str) -> None:
    response, notes = broken(name, stream=name == "null_content")

    assert notes == (f"fault: {name} found nothing to strike",)
    assert response.data == whole(stream=name == "null_content").data


@pytest.mark.parametrize(
    "fault",
    [
        {"error": 529, "after": "99 events"},
        {"stall": "1s", "after": "1h"},
        {"disconnect": "reset", "before": "thinking_delta"},
        {"insert": "x", "before": "headers"},
        {"restart": True, "after": "99 events"},
        {"corrupt": 1, "before": "end"},
        {"raw": "x", "after": "1MB/s" and "99 events"},
        {"swap": ["message_start", "text_delta 9"]},
    ],
)
def test_a_moment_that_never_comes_leaves_the_response_whole(fault: dict[str, Any]) -> None:
    response, (note,) = broken(fault)

    assert note.endswith("found nothing to strike")
    assert response.data == whole().data


def test_several_faults_are_done_in_one_order() -> None:
    ways = [
        {"disconnect": "close", "before": "message_stop"},
        {"drop": "every ping"},
        {"stall": "1s", "before": "body"},
    ]
    one = broken(*ways)

    assert written(*ways) == written(*reversed(ways))
    assert events(one.response) == [name for name in ALL[:-1] if name != "ping"]
    assert (one.response.body[0].at, one.response.end) == (1_000_000, End.CLOSE)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("moment", [{"before": "message_stop"}, {"after": "3 events"}])
def test_an_error_has_no_events_to_be_cut_at(stream: bool, moment: dict[str, str]) -> None:
    response, notes = broken({"error": 529}, {"disconnect": "close", **moment}, stream=stream)

    assert (response.status, response.end) == (529, End.KEEP)
    assert notes[1].endswith("found nothing to strike")


def test_after_the_end_of_a_response_nothing_is_left_to_strike() -> None:
    assert broken("reset_at_once", "garbage").notes == (
        "fault: reset_at_once",
        "fault: garbage found nothing to strike",
    )


def test_what_sends_nothing_cannot_be_broken() -> None:
    assert apply_faults(build_silent(End.RESET, 0), faults("cut"), CONTEXT, DRAWS).response == build_silent(
        End.RESET, 0
    )


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", PRESETS)
def test_every_named_fault_is_the_same_each_time(name: str, stream: bool) -> None:
    assert written(name, stream=stream, pace=SLOW) == written(name, stream=stream, pace=SLOW)


def test_what_decided_a_fault_is_told_so_that_it_can_be_decided_again() -> None:
    notes = apply_faults(whole(), faults("cut"), CONTEXT, DRAWS._replace(occurrence=2)).notes

    assert notes == ("fault: cut", "seed 0, rule rule, fingerprint fingerprint, lane lane, occurrence 3")


def test_bytes_beyond_the_last_are_not_there_to_be_corrupted() -> None:
    good = whole().data
    bad = struck({"corrupt": 2, "after": f"{len(good) - 1} bytes"}).data

    assert (bad[:-1], len(bad)) == (good[:-1], len(good))


@pytest.mark.parametrize("fault", ["cut", {"stall": "1s", "after": "3 events"}, {"drop": "ping"}], ids=str)
def test_a_fault_leaves_the_order_of_headers_alone(fault: Any) -> None:
    usual, faulted = (sent(response).partition(b"\r\n\r\n")[0] for response in (whole(), struck(fault)))

    assert faulted == usual
