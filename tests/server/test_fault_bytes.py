"""Every named fault on the wire: the bytes that arrive, and how the connection ends."""

from __future__ import annotations

import gzip
import json
import re
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import pytest

from mockclaude.api.errors import STATUS
from mockclaude.scenario.format.presets import PRESETS
from mockclaude.scenario.loading.loader import load_text
from tests.serving import PATIENCE, TIME_SCALE, Running, ServerThread, Wire, post

pytestmark = pytest.mark.slow

SCENARIO = """
rules:
  - reply:
      - text: Grüße aus 東京, and a few more words so that there are several pieces of it.
      - tool_use: {name: get_weather, input: {city: Kyōto, unit: celsius, days: 7}}
"""
UNTIL = 2.5 * TIME_SCALE
"""Seconds for which a response is watched that does not come to an end, or not soon."""

ENDLESS = (
    *("hang", "hang_before_body", "stall", "silence", "pings_forever", "comments_forever"),
    *("dribble", "slow", "bytewise"),
)

QUIET = 0.5 * TIME_SCALE
"""Seconds of silence after a complete response that show that the connection stays open."""

LAST_CHUNK = b"0\r\n\r\n"
CUT_JSON = b'event: content_block_delta\ndata: {"type": "content_block_delta", "ind\n\n'
IDS = re.compile(rb"(msg|req|toolu)_01[0-9A-Za-z]{22}")

Ending: TypeAlias = Literal["open", "FIN", "RST"]


class Watching(Wire):
    """A connection whose end is watched."""

    def __enter__(self) -> Watching:
        return self

    def watch(self, until: float = PATIENCE) -> tuple[bytes, Ending]:
        """Return what arrives until the connection ends, or nothing more comes."""
        raw, deadline = b"", time.monotonic() + until
        while True:
            left = QUIET if raw.endswith(b"\r\n" + LAST_CHUNK) else deadline - time.monotonic()
            self._socket.settimeout(max(left, 0.001))
            try:
                piece = self._socket.recv(1 << 20)
            except TimeoutError:
                return raw, "open"
            except ConnectionResetError:
                return raw, "RST"
            if not piece:
                return raw, "FIN"
            raw += piece


class Seen(NamedTuple):
    """What arrived: `body` is without its chunks, `marked` says whether its end was marked by the last of them."""

    raw: bytes
    ending: Ending
    first_line: bytes
    headers: Mapping[str, str]
    framed: bytes
    body: bytes
    marked: bool

    @property
    def events(self) -> list[bytes]:
        return [event + b"\n\n" for event in self.body.split(b"\n\n")[:-1]]

    @property
    def half(self) -> bytes:
        return self.body[: len(self.body) // 2]

    @property
    def whole_half(self) -> bytes:
        """The events that are whole within the first half."""
        return self.half[: self.half.rfind(b"\n\n") + 2]

    def at(self, name: str, nth: int = 0) -> int:
        """Return the place of an event among the events."""
        return [number for number, event in enumerate(self.events) if name.encode() in event][nth]

    def before(self, name: str, nth: int = 0) -> bytes:
        return b"".join(self.events[: self.at(name, nth)])

    def without(self, name: str, nth: int = 0) -> bytes:
        found = self.at(name, nth)
        return b"".join(event for number, event in enumerate(self.events) if number != found)

    def after(self, name: str, more: bytes) -> bytes:
        """Return the body with `more` behind the first event of a name."""
        place = self.at(name) + 1
        return b"".join([*self.events[:place], more, *self.events[place:]])

    def edited(self, name: str, old: str, new: str) -> bytes:
        """Return the body with a text of the first event of a name replaced by another."""
        place = self.at(name)
        changed = re.sub(old.encode(), new.encode(), self.events[place], count=1)
        assert changed != self.events[place]
        return b"".join([*self.events[:place], changed, *self.events[place + 1 :]])


def seen(raw: bytes, ending: Ending) -> Seen:
    raw = masked(raw)
    head, _, framed = raw.partition(b"\r\n\r\n")
    first_line, *lines = head.split(b"\r\n")
    headers = dict(line.decode("latin-1").partition(": ")[::2] for line in lines)
    body, marked = unchunked(framed) if "transfer-encoding" in headers else (framed, False)
    return Seen(raw, ending, first_line, headers, framed, masked(body), marked)


def masked(data: bytes) -> bytes:
    """Return `data` with every id made the same."""
    return IDS.sub(rb"\1_" + b"0" * 24, data)


def unchunked(framed: bytes) -> tuple[bytes, bool]:
    """Return what the chunks of `framed` hold, and whether the last of them came."""
    body = b""
    while match := re.match(rb"([0-9a-f]+)\r\n", framed):
        size, rest = int(match[1], 16), framed[match.end() :]
        if size == 0:
            return body, framed == LAST_CHUNK
        body, framed = body + rest[:size], rest[size + 2 :]
    return body, False


def watched(port: int, name: str, stream: bool) -> Seen:
    lane = f"{name or 'nothing'} {stream}"
    with Watching(port) as wire:
        wire.send(post(stream=stream, x_mockclaude_fault=name or None, x_mockclaude_lane=lane))
        return seen(*wire.watch(UNTIL if name in ENDLESS else PATIENCE))


SHARED = [name for name in PRESETS if name != "refuse"]

Everything: TypeAlias = dict[tuple[str, bool], Seen]


@pytest.fixture(scope="module")
def everything() -> Iterator[Everything]:
    """What arrives with each fault (and with none, ''), streamed and not."""
    cases = [(name, stream) for name in ["", *SHARED] for stream in (True, False)]
    with ServerThread({"": load_text(SCENARIO)}) as server, ThreadPoolExecutor(max_workers=64) as pool:
        yield dict(zip(cases, pool.map(lambda case: watched(server.port, *case), cases), strict=True))


Body: TypeAlias = Callable[[Seen], bytes]


def whole(response: Seen) -> bytes:
    return response.body


def nothing(_: Seen) -> bytes:
    return b""


def half(response: Seen) -> bytes:
    return response.half


def error_event(_: Seen) -> bytes:
    error = {"details": None, "type": "overloaded_error", "message": "Overloaded"}
    data = {"type": "error", "error": error, "request_id": f"req_{'0' * 24}"}
    return f"event: error\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def without(name: str, nth: int = 0) -> Body:
    return lambda response: response.without(name, nth)


def before(name: str) -> Body:
    return lambda response: response.before(name)


def after_start(more: bytes) -> Body:
    return lambda response: response.after("event: message_start", more)


def edited(name: str, old: str, new: str) -> Body:
    return lambda response: response.edited(name, old, new)


def twice(name: str) -> Body:
    return lambda response: response.after(name, response.events[response.at(name)])


def swapped(response: Seen) -> bytes:
    first, second, *rest = response.events
    return b"".join([second, first, *rest])


def interleaved(response: Seen) -> bytes:
    """Return the events of the two blocks in turn. The first is followed by a ping."""
    blocks = [[event for event in response.events if b'"index":%d' % index in event] for index in (0, 1)]
    turns = [event for turn in zip_longest(*blocks, fillvalue=b"") for event in turn]
    start, _, ping, *_, delta, stop = response.events
    return b"".join([start, turns[0], ping, *turns[1:], delta, stop])


def re_indexed(response: Seen) -> bytes:
    return re.sub(rb'(content_block_delta","index":)\d', rb"\g<1>5", response.body)


class Row(NamedTuple):
    """The body that arrives, whether its end is marked, and how the connection ends."""

    body: Body
    marked: bool = True
    ending: Ending = "open"


WHOLE = Row(whole)
TOOL_JSON = "input_json_delta"

CUTS = {
    "reset": Row(half, marked=False, ending="RST"),
    "cut": Row(half, marked=False, ending="FIN"),
    "cut_event": Row(lambda response: response.body[:200], marked=False, ending="FIN"),
    "short": Row(half),
    "no_last_chunk": Row(whole, marked=False, ending="FIN"),
    "empty_body": Row(nothing),
    "hang_before_body": Row(nothing, marked=False),
    "stall": Row(half, marked=False),
    "silence": Row(half, marked=False),
}
"""Where bytes count, and not events: the same streamed and not."""

SAME_BYTES = ("slow", "split_utf8", "split_separator", "early_hints", "many_headers", "huge_header", "header_name")
UNHARMED = (*SAME_BYTES[:3], "wrong_content_type", "no_content_type", "close_idle")

STREAMS: dict[str, Row] = {
    **CUTS,
    **dict.fromkeys(UNHARMED, WHOLE),
    "error_event_first": Row(error_event),
    "error_event": Row(lambda response: response.whole_half + error_event(response)),
    "no_message_stop": Row(before("event: message_stop")),
    "no_message_delta": Row(before("event: message_delta")),
    "pings_forever": Row(lambda response: response.events[0], marked=False),
    "comments_forever": Row(lambda response: response.events[0], marked=False),
    "crlf": Row(lambda response: response.body.replace(b"\n", b"\r\n")),
    "interleaved_blocks": Row(interleaved),
    "drop_message_start": Row(without("event: message_start")),
    "drop_message_stop": Row(without("event: message_stop")),
    "drop_block_start": Row(without("event: content_block_start")),
    "drop_first_tool_json": Row(without(TOOL_JSON, 1)),
    "drop_last_tool_json": Row(without(TOOL_JSON, -1)),
    "duplicate_message_start": Row(twice("event: message_start")),
    "duplicate_delta": Row(twice("event: content_block_delta")),
    "swapped_start": Row(swapped),
    "wrong_index": Row(re_indexed),
    "null_delta": Row(edited("text_delta", '"delta":{.*?}', '"delta":null')),
    "null_text": Row(edited("text_delta", '"text":"[^"]*"', '"text":null')),
    "null_usage": Row(edited("event: message_delta", r'"output_tokens":\d+', '"output_tokens":null')),
    "no_usage": Row(edited("event: message_delta", ',"usage":{.*?}}', "")),
    "no_usage_at_start": Row(edited("event: message_start", ',"usage":{.*?}.*?}', "")),
    "null_content": WHOLE,
    "unknown_event": Row(after_start(b'event: hologram\ndata: {"type":"hologram"}\n\n')),
    "unknown_delta": Row(edited("text_delta", '"delta":{.*?}', '"delta":{"type":"beam_delta","beam":1}')),
    "data_only": Row(after_start(b'data: {"type":"ping"}\n\n')),
    "empty_data": Row(after_start(b"event: ping\n\n")),
    "done": Row(lambda response: response.body + b"data: [DONE]\n\n"),
    "broken_json": Row(lambda response: response.after('content_block_stop","index":1', CUT_JSON)),
    "invalid_utf8": Row(after_start(b"\xff")),
    "restart": Row(lambda response: response.whole_half + response.body),
}

JSONS: dict[str, Row] = {
    **dict.fromkeys(set(STREAMS) - set(CUTS), WHOLE),
    **CUTS,
    "null_content": Row(
        lambda response: re.sub(rb'"content":\[.*\](,"stop_reason)', rb'"content":null\1', response.body)
    ),
}
"""Where an event is dropped or edited of which there is none, the message arrives as it is."""

ERRORS = {
    **STATUS,
    **{name: int(name) for name in PRESETS if name.isdigit()},
    "retry_after_an_hour": 429,
    "retry_after_date": 429,
}
SILENT: dict[str, Ending] = {"reset_at_once": "RST", "empty_reply": "FIN", "hang": "open"}
SILENT_WITHOUT_EVENTS: dict[str, Ending] = {
    "no_message_stop": "FIN",
    "no_message_delta": "FIN",
    "pings_forever": "open",
    "comments_forever": "open",
}
PAGES = {
    "bad_gateway_page": (502, "502 Bad Gateway"),
    "gateway_timeout_page": (504, "504 Gateway Time-out"),
    "cloudflare_524_page": (524, "524: A timeout occurred"),
    "challenge_page": (403, "Just a moment..."),
    "page_with_200": (200, "Welcome"),
}
BARE = {"empty_520": 520, "status_999": 999}


def params(names: Iterable[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("name", sorted(names))


both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "json"])


@params(STREAMS)
def test_a_stream_with_a_fault(everything: Everything, name: str) -> None:
    given, row = everything[name, True], STREAMS[name]

    assert (given.body, given.marked, given.ending) == (row.body(everything["", True]), row.marked, row.ending)
    assert given.first_line == b"HTTP/1.1 200 OK"


@params(set(JSONS) - {"error_event", "error_event_first", *SILENT_WITHOUT_EVENTS})
def test_a_message_with_a_fault(everything: Everything, name: str) -> None:
    given, row = everything[name, False], JSONS[name]

    assert (given.body, given.marked, given.ending) == (row.body(everything["", False]), row.marked, row.ending)
    assert given.first_line == b"HTTP/1.1 200 OK"


@params(SILENT)
@both
def test_nothing_arrives(everything: Everything, name: str, stream: bool) -> None:
    assert everything[name, stream][:2] == (b"", SILENT[name])


@params(SILENT_WITHOUT_EVENTS)
def test_nothing_of_a_message_arrives_where_a_stream_would_be_cut_at_an_event(
    everything: Everything, name: str
) -> None:
    assert everything[name, False][:2] == (b"", SILENT_WITHOUT_EVENTS[name])


@params(ERRORS)
@both
def test_an_error_is_the_apis_own(everything: Everything, name: str, stream: bool) -> None:
    given = everything[name, stream]
    said = json.loads(given.body)

    assert int(given.first_line.split()[1]) == ERRORS[name]
    assert (said["type"], said["request_id"]) == ("error", given.headers["request-id"])
    assert list(said["error"]) == ["details", "type", "message"][said["error"]["type"] != "overloaded_error" :]
    assert STATUS.get(name) is None or said["error"]["type"] == name
    assert (given.marked, given.ending) == (True, "open")


@both
def test_an_hour_to_wait_is_a_header(everything: Everything, stream: bool) -> None:
    assert everything["retry_after_an_hour", stream].headers["retry-after"] == "3600"


@params(["error_event", "error_event_first"])
def test_an_error_event_is_a_status_where_there_are_no_events(everything: Everything, name: str) -> None:
    assert everything[name, False].first_line == b"HTTP/1.1 529 "


@params(PAGES)
@both
def test_a_page_takes_the_place_of_the_response(everything: Everything, name: str, stream: bool) -> None:
    given, (status, title) = everything[name, stream], PAGES[name]

    assert given.first_line == b"HTTP/1.1 %d " % status
    assert given.body.startswith(b"<!DOCTYPE html>\n<html>\n<head><title>%b</title></head>" % title.encode())
    assert given.headers["content-type"] == "text/html"
    assert (given.marked, given.ending) == (True, "open")


@params(BARE)
@both
def test_a_status_comes_alone(everything: Everything, name: str, stream: bool) -> None:
    given = everything[name, stream]

    assert (given.first_line, given.framed, given.ending) == (b"HTTP/1.1 %d " % BARE[name], LAST_CHUNK, "open")


@both
def test_an_error_comes_with_200(everything: Everything, stream: bool) -> None:
    given = everything["error_with_200", stream]

    assert (given.first_line, given.headers["content-type"]) == (b"HTTP/1.1 200 ", "application/json")
    assert json.loads(given.body)["error"]["type"] == "api_error"


@both
def test_a_head_has_something_wrong_with_it(everything: Everything, stream: bool) -> None:
    plain = everything["", stream]
    wrong, no_type, status = (
        everything[name, stream] for name in ("wrong_content_type", "no_content_type", "status_line")
    )

    assert wrong.headers == {**plain.headers, "content-type": "text/html"}
    assert no_type.headers == {name: value for name, value in plain.headers.items() if name != "content-type"}
    assert (status.first_line, status.body, status.ending) == (b"HTTP/1.1 OK 200", plain.body, "FIN")
    assert everything["header_name", stream].headers["bad name"] == "x"
    assert len(everything["huge_header", stream].headers["x-huge"]) == 400_000
    assert {f"x-{number}" for number in range(2000)} <= set(everything["many_headers", stream].headers)


@params(["header_name", "huge_header", "many_headers"])
@both
def test_the_body_of_a_wrong_head_is_right(everything: Everything, name: str, stream: bool) -> None:
    given = everything[name, stream]

    assert (given.body, given.marked, given.ending) == (everything["", stream].body, True, "open")


@both
def test_a_hundred_hints_come_before_the_response(everything: Everything, stream: bool) -> None:
    given = everything["early_hints", stream].raw
    *hints, head, _ = given.split(b"\r\n\r\n", 101)

    assert hints == [b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload"] * 100
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")


@both
def test_a_body_comes_without_a_head(everything: Everything, stream: bool) -> None:
    assert everything["no_head", stream][:2] == (everything["", stream].body, "FIN")


@pytest.mark.parametrize(
    ("name", "said"), [("content_length_too_long", [50]), ("content_length_too_short", [-20])], ids=lambda value: value
)
@both
def test_a_length_is_not_the_length(everything: Everything, name: str, said: list[int], stream: bool) -> None:
    given, body = everything[name, stream], everything["", stream].body

    assert [int(given.headers["content-length"])] == [len(body) + more for more in said]
    assert (given.framed, given.ending) == (body, "FIN")


@both
def test_there_are_two_lengths(everything: Everything, stream: bool) -> None:
    given, body = everything["double_content_length", stream], everything["", stream].body

    assert re.findall(rb"content-length: (\d+)\r\n", given.raw) == [b"%d" % len(body), b"%d" % (len(body) + 1)]
    assert (given.framed, given.ending) == (body, "FIN")


@both
def test_a_chunk_has_a_size_that_is_no_number(everything: Everything, stream: bool) -> None:
    given, plain = everything["chunk_size", stream], everything["", stream]
    first = plain.events[0] if stream else b""

    assert given.framed.startswith((b"%x\r\n%b\r\n" % (len(first), first) if stream else b"") + b"zz\r\n")
    assert (given.framed.count(b"zz\r\n"), given.ending) == (1, "FIN")


@both
def test_bytes_come_one_by_one(everything: Everything, stream: bool) -> None:
    given, plain = everything["bytewise", stream], everything["", stream]

    assert plain.body.startswith(given.body)
    assert re.match(rb"(?:1\r\n(?s:.)\r\n){100}", given.framed)


@both
def test_bytes_come_sixteen_at_a_time(everything: Everything, stream: bool) -> None:
    given, plain = everything["dribble", stream], everything["", stream]

    assert plain.body.startswith(given.body)
    assert given.framed.startswith(b"10\r\n%b\r\n10\r\n" % plain.body[:16])
    assert 0 < len(given.body) <= 16 * 10 * UNTIL + 16


def chunks(response: Seen) -> list[bytes]:
    """Return what each chunk of a response holds."""
    return re.findall(rb"[0-9a-f]+\r\n((?s:.+?))\r\n(?=[0-9a-f]+\r\n)", response.framed)


def test_characters_are_in_two_chunks(everything: Everything) -> None:
    inside = [first[-1:] + second[:1] for first, second in pairwise(chunks(everything["split_utf8", True]))]
    assert {pair for pair in inside if pair[0] >= 0xC0} == {
        bytes(pair) for pair in (b"\xc3\xbc", b"\xc3\x9f", b"\xe6\x9d", b"\xe4\xba", b"\xc5\x8d")
    }


def test_blank_lines_are_in_two_chunks(everything: Everything) -> None:
    events, blank = chunks(everything["split_separator", True])[0::2], chunks(everything["split_separator", True])[1::2]

    assert all(event.endswith(b"}\n") for event in events)
    assert blank == [b"\n"] * len(events)


@both
def test_three_bytes_are_changed(everything: Everything, stream: bool) -> None:
    given, plain = everything["corrupt", stream], everything["", stream]
    bodies = [
        re.sub(rb'"id":"[^,]*', b"", seen.body) for seen in (given, plain)
    ]  # an id with a changed byte is not masked

    assert len(given.body) == len(plain.body)
    assert 1 <= sum(one != other for one, other in zip(*bodies, strict=True)) <= 3
    assert (given.marked, given.ending) == (True, "open")


@both
def test_garbage_is_a_hundred_bytes(everything: Everything, stream: bool) -> None:
    alone, after_head = everything["garbage", stream], everything["garbage_after_headers", stream]

    assert (len(alone.raw), alone.ending) == (100, "FIN")
    assert (len(after_head.framed), after_head.ending) == (100, "FIN")
    assert after_head.headers.keys() == everything["", stream].headers.keys()


@both
def test_gzip_is_valid_and_has_the_same_body(everything: Everything, stream: bool) -> None:
    for name in ("gzip", "gzip_held_back"):
        given = everything[name, stream]
        assert (given.headers["content-encoding"], given.marked, given.ending) == ("gzip", True, "open")
        assert zlib.decompressobj(wbits=-15).decompress(given.body[10:]) == everything["", stream].body
    assert len(chunks(everything["gzip_held_back", True])) == 1


@both
def test_what_claims_to_be_gzip_is_not_or_not_all_of_it(everything: Everything, stream: bool) -> None:
    plain = everything["", stream].body
    given = {name: everything[f"{name}_gzip", stream] for name in ("broken", "truncated")}
    given["not"] = everything["not_gzip", stream]

    assert {response.headers["content-encoding"] for response in given.values()} == {"gzip"}
    assert given["not"].body == plain
    with pytest.raises((zlib.error, gzip.BadGzipFile)):
        gzip.decompress(given["broken"].body)
    unzipped = zlib.decompressobj(wbits=31).decompress(given["truncated"].body)
    assert len(unzipped) < len(plain)


def test_a_connection_that_is_used_again_is_closed() -> None:
    with ServerThread({"": load_text(SCENARIO)}) as server, Watching(server.port) as wire:
        wire.send(post(x_mockclaude_fault="close_idle"))
        assert wire.watch()[1] == "open"
        wire.send(post(x_mockclaude_fault="close_idle"))
        assert wire.watch() == (b"", "FIN")


def test_connections_are_refused_after_a_reset() -> None:
    with ServerThread({"": load_text(SCENARIO)}) as server, Watching(server.port) as wire:
        wire.send(post(x_mockclaude_fault="refuse"))
        assert wire.watch() == (b"", "RST")
        refused(server)


def refused(server: Running) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def test_every_named_fault_is_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    tables = {*STREAMS, *SILENT, *ERRORS, *PAGES, *BARE}
    singly = {name for name in PRESETS if f'"{name}"' in source or name.endswith("_gzip")}

    assert set(PRESETS) <= tables | singly
