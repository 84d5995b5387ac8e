"""Faults done to a response: what is sent, when, and how it ends."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from mockclaude.reply.faults.apply import BREAK, break_
from mockclaude.reply.script import End, Send, silent
from mockclaude.scenario.format.faults import KINDS
from mockclaude.scenario.format.presets import NAMED
from tests.reply.breakage import ENVELOPE, SLOW, body, broken, events, faults, parts, sent, struck, whole
from tests.reply.making import DRAWS

ALL = events(whole())
EDITS = [
    name
    for name, named in NAMED.items()
    if {"drop", "duplicate", "swap", "edit", "insert", "restart"} & set(named.fault)
]


def test_every_kind_of_fault_can_be_done() -> None:
    assert set(KINDS) - {"script", "nothing"} == set(BREAK)


def test_without_a_fault_a_response_says_what_it_said() -> None:
    assert body(broken().script) == body(whole())


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_takes_the_place_of_the_reply(stream: bool) -> None:
    script = struck({"error": {"type": "rate_limit_error", "headers": {"retry-after": 2}}}, stream=stream)

    assert (script.status, script.end_at) == (429, 0)
    assert b"retry-after: 2" in parts(script).headers
    assert orjson.loads(body(script))["error"]["type"] == "rate_limit_error"


def test_an_error_in_a_stream_is_an_event_and_the_end() -> None:
    script = struck({"error": 529, "after": "message_start"})

    assert (script.status, script.end, events(script)) == (200, End.KEEP, ["message_start", "error"])
    assert sent(script).endswith(b"0\r\n\r\n")


def test_an_error_in_the_middle_of_what_is_not_streamed_is_its_status() -> None:
    assert struck({"error": 529, "after": "50%"}, stream=False).status == 529


@pytest.mark.parametrize("stream", [True, False])
def test_a_page_takes_the_place_of_the_reply(stream: bool) -> None:
    page = parts(
        struck({"respond": {"status": 502, "headers": {"Content-Type": "text/html"}, "body": "<p>"}}, stream=stream)
    )

    assert (page.status_line, page.headers, page.data) == (b"HTTP/1.1 502 ", (b"content-type: text/html",), b"<p>")
    assert body(struck({"respond": {"body": {"a": 1}}}, stream=stream)) == b'{"a":1}'
    assert body(struck("empty_520", stream=stream)) == b""


@pytest.mark.parametrize(
    ("how", "end", "complete"), [("reset", End.RESET, False), ("close", End.CLOSE, False), ("clean", End.KEEP, True)]
)
def test_a_disconnect_leaves_what_was_sent(how: str, end: End, complete: bool) -> None:
    script = struck({"disconnect": how, "before": "message_delta"})

    assert (events(script), script.end) == (ALL[:-2], end)
    assert sent(script).endswith(b"0\r\n\r\n") is complete


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("how", "end"), [("reset", End.RESET), ("close", End.CLOSE), ("clean", End.CLOSE)])
def test_a_disconnect_before_the_headers_leaves_nothing(how: str, end: End, stream: bool) -> None:
    assert struck({"disconnect": how}, stream=stream) == silent(end, 0)


@pytest.mark.parametrize("stream", [True, False])
def test_a_body_is_cut_at_any_byte(stream: bool) -> None:
    data = body(whole(stream=stream))

    assert body(struck({"disconnect": "close", "after": "100 bytes"}, stream=stream)) == data[:100]
    assert body(struck({"disconnect": "close", "after": "25%"}, stream=stream)) == data[: len(data) // 4]
    assert body(struck("no_last_chunk", stream=stream)) == data
    assert not sent(struck("no_last_chunk", stream=stream)).endswith(b"0\r\n\r\n")


def test_a_stall_shifts_what_comes_after_it() -> None:
    usual, late = parts(whole(pace=SLOW)), parts(struck({"stall": "2s", "before": "text_delta 2"}, pace=SLOW))
    delays = [after.at - before.at for before, after in zip(usual.body, late.body, strict=True)]

    assert delays == [0] * 4 + [2_000_000] * (len(ALL) - 4)
    assert (late.end_at - usual.end_at, late.head_at) == (2_000_000, usual.head_at)


@pytest.mark.parametrize("stream", [True, False])
def test_a_stall_before_the_headers_shifts_everything(stream: bool) -> None:
    usual, late = parts(whole(stream=stream, pace=SLOW)), parts(struck({"stall": "2s"}, stream=stream, pace=SLOW))

    assert late.head_at - usual.head_at == late.end_at - usual.end_at == 2_000_000
    assert [piece.at - 2_000_000 for piece in late.body] == [piece.at for piece in usual.body]


def test_a_stall_for_ever_hangs() -> None:
    script = struck({"stall": "forever", "after": "message_start"})

    assert (events(script), script.end) == (["message_start"], End.HANG)
    assert struck("hang") == silent(End.HANG, 0)


def test_a_stall_may_send_pings() -> None:
    body = parts(struck({"stall": "1s", "after": "message_start", "pings": "400ms"})).body
    forever = parts(struck("pings_forever"))

    assert [(piece.at, b"ping" in piece.data) for piece in body[:4]] == [
        (0, False),
        (400_000, True),
        (800_000, True),
        (1_000_000, False),
    ]
    assert {piece.data for piece in forever.body[1:]} == {b'event: ping\ndata: {"type": "ping"}\n\n'}
    assert (forever.end, forever.end_at) == (End.HANG, forever.body[-1].at)


def test_headers_are_replaced_added_and_left_out() -> None:
    given = {"headers": {"Content-Type": "text/plain", "x-new": "1", "server": False}}
    lines = parts(struck(given)).headers

    assert {b"content-type: text/plain", b"x-new: 1"} < set(lines)
    assert not [line for line in lines if line.startswith((b"server:", b"content-type: text/event-stream"))]


def test_bytes_are_corrupted_at_drawn_places_or_from_a_moment_on() -> None:
    good, bad, there = body(whole()), sent(struck({"corrupt": 3})), sent(struck({"corrupt": 2, "after": "10 bytes"}))
    changed = [at for at, byte in enumerate(sent(struck({"corrupt": 2, "after": "10 bytes"}))) if byte != there[at]]

    assert bad == sent(struck({"corrupt": 3}))
    assert good[:10] + good[12:] == (found := b"".join(p.data for p in parts_of(there)))[:10] + found[12:]
    assert (good[10:12] != found[10:12], changed) == (True, [])


def parts_of(data: bytes) -> tuple[Send, ...]:
    return parts(whole()._replace(sends=[Send(0, data)])).body


def test_garbage_and_raw_bytes_come_instead_or_in_the_middle() -> None:
    assert struck({"raw": "hello"}).sends == [Send(0, b"hello")]
    assert struck({"raw": {"base64": "aGVsbG8="}}, stream=False).sends == [Send(0, b"hello")]
    middle = struck({"raw": {"hex": "ff 00"}, "after": "message_start"})
    assert sent(middle).endswith(b"\r\n\xff\x00")
    assert (middle.end, len(sent(struck({"garbage": 70})))) == (End.CLOSE, 70)
    assert sent(struck("garbage")) == sent(struck("garbage"))


def test_a_refused_connection_is_down_for_a_while() -> None:
    script = struck("refuse")

    assert (script.sends, script.end, script.down) == ((), End.RESET, 5_000_000)


@pytest.mark.parametrize("name", EDITS)
def test_what_needs_events_finds_none_in_json(name: str) -> None:
    script, notes = broken(name, stream=name == "null_content")

    assert notes == (f"fault: {name} found nothing to strike",)
    assert body(script) == body(whole(stream=name == "null_content"))


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
    script, (note,) = broken(fault)

    assert note.endswith("found nothing to strike")
    assert body(script) == body(whole())


def test_several_faults_are_done_in_one_order() -> None:
    ways = [
        {"disconnect": "close", "before": "message_stop"},
        {"drop": "every ping"},
        {"stall": "1s", "before": "body"},
    ]
    one, other = broken(*ways), broken(*reversed(ways))

    assert one == other
    assert events(one.script) == [name for name in ALL[:-1] if name != "ping"]
    assert (parts(one.script).body[0].at, one.script.end) == (1_000_000, End.CLOSE)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("moment", [{"before": "message_stop"}, {"after": "3 events"}])
def test_an_error_has_no_events_to_be_cut_at(stream: bool, moment: dict[str, str]) -> None:
    script, notes = broken({"error": 529}, {"disconnect": "close", **moment}, stream=stream)

    assert (script.status, script.end) == (529, End.KEEP)
    assert notes[1].endswith("found nothing to strike")


def test_after_the_end_of_a_response_nothing_is_left_to_strike() -> None:
    assert broken("reset_at_once", "garbage").notes == (
        "fault: reset_at_once",
        "fault: garbage found nothing to strike",
    )


def test_what_sends_nothing_cannot_be_broken() -> None:
    assert break_(silent(End.RESET, 0), faults("cut"), ENVELOPE, DRAWS).script == silent(End.RESET, 0)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", NAMED)
def test_every_named_fault_is_the_same_each_time(name: str, stream: bool) -> None:
    assert broken(name, stream=stream, pace=SLOW) == broken(name, stream=stream, pace=SLOW)


def test_what_decided_a_fault_is_told_so_that_it_can_be_decided_again() -> None:
    notes = break_(whole(), faults("cut"), ENVELOPE, DRAWS._replace(occurrence=2)).notes

    assert notes == ("fault: cut", "seed 0, rule rule, fingerprint fingerprint, lane lane, occurrence 3")


def test_bytes_beyond_the_last_are_not_there_to_be_corrupted() -> None:
    good = body(whole())
    bad = body(struck({"corrupt": 2, "after": f"{len(good) - 1} bytes"}))

    assert (bad[:-1], len(bad)) == (good[:-1], len(good))
