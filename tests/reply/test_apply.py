"""Faults done to a response: what is sent, when, and how it ends."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import orjson
import pytest

from mockclaude.api.events import PING
from mockclaude.reply.faults.apply import APPLY, apply_faults
from mockclaude.reply.response import End, build_silent
from mockclaude.scenario.format.faults import FAULT_TYPES, NothingFault, ScriptFault
from mockclaude.scenario.format.presets import PRESETS
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
from tests.reply.making import DRAWS
from tests.serving import NOW

ALL = event_names(plain_response())
EDITS = [
    name
    for name, named in PRESETS.items()
    if {"interleave", "drop", "duplicate", "swap", "edit", "insert", "restart"} & set(named.fault)
]


def test_every_kind_of_fault_can_be_done() -> None:
    assert {*APPLY, ScriptFault, NothingFault} == {*FAULT_TYPES}


def test_response_is_unchanged_without_faults() -> None:
    assert fault_result().response.data == plain_response().data


@pytest.mark.parametrize("stream", [True, False])
def test_error_replaces_the_reply(stream: bool) -> None:
    response = response_with({"error": {"type": "rate_limit_error", "headers": {"retry-after": 2}}}, stream=stream)

    assert (response.status, response.end_at) == (429, 0)
    assert ("retry-after", "2") in response.headers.lines
    assert orjson.loads(response.data)["error"]["type"] == "rate_limit_error"


def test_an_error_in_a_stream_is_an_event_and_the_end() -> None:
    response = response_with({"error": 529, "after": "message_start"})

    assert (response.status, response.end, event_names(response)) == (200, End.KEEP, ["message_start", "error"])
    assert bytes_of(response).endswith(b"0\r\n\r\n")


def test_error_is_a_status_if_not_streamed() -> None:
    assert response_with({"error": 529, "after": "50%"}, stream=False).status == 529


@pytest.mark.parametrize("stream", [True, False])
def test_respond_replaces_the_reply(stream: bool) -> None:
    html = {"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<p>"}
    page = response_with({"respond": html}, stream=stream)

    assert (page.status, page.headers.lines, page.data) == (502, (("content-type", "text/html"),), b"<p>")
    assert bytes_of(page).startswith(b"HTTP/1.1 502 \r\n")
    assert response_with({"respond": {"body": {"a": 1}}}, stream=stream).data == b'{"a":1}'
    assert response_with("empty_520", stream=stream).data == b""


@pytest.mark.parametrize(
    ("how", "end", "complete"), [("reset", End.RESET, False), ("close", End.CLOSE, False), ("clean", End.KEEP, True)]
)
def test_a_disconnect_leaves_what_was_sent(how: str, end: End, complete: bool) -> None:
    response = response_with({"disconnect": how, "before": "message_delta"})

    assert (event_names(response), response.end) == (ALL[:-2], end)
    assert bytes_of(response).endswith(b"0\r\n\r\n") is complete


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("how", "end"), [("reset", End.RESET), ("close", End.CLOSE), ("clean", End.CLOSE)])
def test_a_disconnect_before_the_headers_leaves_nothing(how: str, end: End, stream: bool) -> None:
    assert response_with({"disconnect": how}, stream=stream) == build_silent(end, 0)


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_is_cut_at_any_byte(stream: bool) -> None:
    data = plain_response(stream=stream).data

    assert response_with({"disconnect": "close", "after": "100 bytes"}, stream=stream).data == data[:100]
    assert response_with({"disconnect": "close", "after": "25%"}, stream=stream).data == data[: len(data) // 4]
    assert response_with("no_last_chunk", stream=stream).data == data
    assert not bytes_of(response_with("no_last_chunk", stream=stream)).endswith(b"0\r\n\r\n")


def test_a_stall_shifts_what_comes_after_it() -> None:
    usual, late = plain_response(pace=SLOW), response_with({"stall": "2s", "before": "text_delta 2"}, pace=SLOW)
    delays = [after.at - before.at for before, after in zip(usual.body, late.body, strict=True)]

    assert delays == [0] * 4 + [2_000_000] * (len(ALL) - 4)
    assert (late.end_at - usual.end_at, late.head_at) == (2_000_000, usual.head_at)


@pytest.mark.parametrize("stream", [True, False])
def test_a_stall_before_the_headers_shifts_everything(stream: bool) -> None:
    usual, late = plain_response(stream=stream, pace=SLOW), response_with({"stall": "2s"}, stream=stream, pace=SLOW)

    assert late.head_at - usual.head_at == late.end_at - usual.end_at == 2_000_000
    assert [piece.at - 2_000_000 for piece in late.body] == [piece.at for piece in usual.body]


def test_stall_forever_hangs() -> None:
    response = response_with({"stall": "forever", "after": "message_start"})

    assert (event_names(response), response.end) == (["message_start"], End.HANG)
    assert response_with("hang") == build_silent(End.HANG, 0)


def test_a_stall_may_send_pings() -> None:
    body = response_with({"stall": "1s", "after": "message_start", "pings": "400ms"}).body
    forever = response_with("pings_forever")

    assert [(at, b"ping" in piece.encoded) for at, piece in body[:4]] == [
        (0, False),
        (400_000, True),
        (800_000, True),
        (1_000_000, False),
    ]
    assert {piece.encoded for _, piece in forever.body[1:]} == {b'event: ping\ndata: {"type": "ping"}\n\n'}
    assert (forever.end, forever.end_at) == (End.HANG, forever.body[-1].at)


def test_a_stall_may_send_comments() -> None:
    body = response_with({"stall": "1s", "before": "body", "comments": "400ms"}).body
    forever = response_with("comments_forever")

    assert [(at, piece.encoded) for at, piece in body[:2]] == [
        (400_000, b": keep-alive\n\n"),
        (800_000, b": keep-alive\n\n"),
    ]
    assert body[2].at == 1_000_000
    assert {piece.encoded for _, piece in forever.body[1:]} == {b": keep-alive\n\n"}
    assert {piece.encoded for _, piece in response_with({"stall": "1s"}).body} >= {PING.encoded}


@pytest.mark.parametrize(
    "fault",
    [
        "retry_after_date",
        {"error": {"type": "rate_limit_error", "headers": {"Retry-After": "in 59.5s"}}},
        {"respond": {"status": 503, "headers": {"retry-after": "in 60s"}}},
        {"headers": {"retry-after": "in 1m"}},
    ],
)
def test_retry_after_is_a_date(fault: Any) -> None:
    lines = response_with(fault).headers.lines

    assert ("retry-after", formatdate(NOW + 60, usegmt=True)) in lines


def test_headers_are_replaced_added_and_left_out() -> None:
    fault = {"headers": {"Content-Type": "text/plain", "x-new": "1", "server": False}}
    lines = response_with(fault).headers.lines

    assert {("content-type", "text/plain"), ("x-new", "1")} < set(lines)
    assert [name for name, _ in lines].count("content-type") == 1
    assert "server" not in dict(lines)


def test_corrupt_changes_bytes_at_drawn_offsets_or_a_position() -> None:
    good, drawn, there = (
        plain_response().data,
        response_with({"corrupt": 3}).data,
        response_with({"corrupt": 2, "after": "10 bytes"}).data,
    )

    assert drawn == response_with({"corrupt": 3}).data
    assert 1 <= sum(one != other for one, other in zip(good, drawn, strict=True)) <= 3
    assert (good[:10], good[12:]) == (there[:10], there[12:])
    assert good[10:12] != there[10:12]


def test_garbage_and_raw_bytes_replace_or_end_the_body() -> None:
    assert bytes_of(response_with({"raw": "hello"})) == b"hello"
    assert bytes_of(response_with({"raw": {"base64": "aGVsbG8="}}, stream=False)) == b"hello"
    middle = response_with({"raw": {"hex": "ff 00"}, "after": "message_start"})
    assert bytes_of(middle).endswith(b"\r\n\xff\x00")
    assert (middle.end, len(bytes_of(response_with({"garbage": 70})))) == (End.CLOSE, 70)
    assert bytes_of(response_with("garbage")) == bytes_of(response_with("garbage"))


def test_refuse_has_a_time_without_connections() -> None:
    response = response_with("refuse")

    assert response == build_silent(End.RESET, 0, 5_000_000)


@pytest.mark.parametrize("name", EDITS)
def test_event_faults_are_not_applied_to_json(name: str) -> None:
    response, notes = fault_result(name, stream=name == "null_content")

    assert notes == (f"fault: {name}, not applied: the response has no such event or position",)
    assert response.data == plain_response(stream=name == "null_content").data


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
def test_fault_is_not_applied_without_its_position(fault: dict[str, Any]) -> None:
    response, (note,) = fault_result(fault)

    assert note.endswith("not applied: the response has no such event or position")
    assert response.data == plain_response().data


def test_faults_are_applied_in_one_order() -> None:
    ways = [
        {"disconnect": "close", "before": "message_stop"},
        {"drop": "every ping"},
        {"stall": "1s", "before": "body"},
    ]
    one = fault_result(*ways)

    assert script_with(*ways) == script_with(*reversed(ways))
    assert event_names(one.response) == [name for name in ALL[:-1] if name != "ping"]
    assert (one.response.body[0].at, one.response.end) == (1_000_000, End.CLOSE)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("moment", [{"before": "message_stop"}, {"after": "3 events"}])
def test_error_has_no_event_positions(stream: bool, moment: dict[str, str]) -> None:
    response, notes = fault_result({"error": 529}, {"disconnect": "close", **moment}, stream=stream)

    assert (response.status, response.end) == (529, End.KEEP)
    assert notes[1].endswith("not applied: the response has no such event or position")


def test_faults_are_not_applied_after_the_end() -> None:
    assert fault_result("reset_at_once", "garbage").notes == (
        "fault: reset_at_once",
        "fault: garbage, not applied: an earlier fault has replaced the response",
    )


def test_faults_are_not_applied_to_a_silent_response() -> None:
    assert apply_faults(build_silent(End.RESET, 0), faults("cut"), CONTEXT, DRAWS).response == build_silent(
        End.RESET, 0
    )


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", PRESETS)
def test_preset_has_the_same_bytes_each_time(name: str, stream: bool) -> None:
    assert script_with(name, stream=stream, pace=SLOW) == script_with(name, stream=stream, pace=SLOW)


def test_notes_have_the_draws_of_the_faults() -> None:
    notes = apply_faults(plain_response(), faults("cut"), CONTEXT, DRAWS._replace(occurrence=2)).notes

    assert notes == ("fault: cut", "seed 0, rule rule, fingerprint fingerprint, lane lane, occurrence 3")


def test_corrupt_is_not_applied_beyond_the_last_byte() -> None:
    good = plain_response().data
    bad = response_with({"corrupt": 2, "after": f"{len(good) - 1} bytes"}).data

    assert (bad[:-1], len(bad)) == (good[:-1], len(good))


@pytest.mark.parametrize("fault", ["cut", {"stall": "1s", "after": "3 events"}, {"drop": "ping"}], ids=str)
def test_fault_keeps_the_order_of_headers(fault: Any) -> None:
    usual, faulted = (
        bytes_of(response).partition(b"\r\n\r\n")[0] for response in (plain_response(), response_with(fault))
    )

    assert faulted == usual
