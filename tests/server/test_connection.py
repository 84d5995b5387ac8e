"""Connections: a request with a known head has the response and the entry that aiohttp's handler would produce."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.journal import Journal
from mockclaude.scenario.loading.loader import load_text
from mockclaude.server import protocol
from mockclaude.server.clock import ManualClock
from mockclaude.server.connection import Connection, SlowConnection
from tests.conftest import Serve
from tests.server.pipes import PipedSite, turn
from tests.serving import NOW, asking, post, request

SCENARIO = load_text(f"""
rules:
  - {{when: {{user: twice}}, times: 2, reply: a reply of two}}
  - {{when: {{user: sequence}}, sequence: [one, two, three]}}
  - {{when: {{user: paced}}, pace: {{ttft: 1s, gap: 20ms}}, reply: a paced reply}}
  - {{when: {{user: cut}}, reply: a reply with an end, fault: {{disconnect: reset, after: text_delta 1}}}}
  - {{when: {{user: closed}}, reply: closed, fault: {{disconnect: close, before: headers}}}}
  - {{when: {{user: long}}, reply: {"long" * 20_000}}}
  - {{when: {{user: Hello}}, reply: Hello!}}
""")
CHUNKED = {"transfer-encoding": "chunked"}

REQUESTS = {
    "a message": post(),
    "a longer message": post("Hello " * 9),
    "a stream": post(stream=True),
    "a lane": post(x_mockclaude_lane="b"),
    "a counted rule": post("twice"),
    "a sequence": post("sequence"),
    "a paced reply": post("paced", stream=True),
    "a cut stream": post("cut", stream=True),
    "a closed connection": post("closed"),
    "a long reply": request("POST", "/v1/messages", asking("long", max_tokens=64_000)),
    "no rule": post("nothing"),
    "a requested fault": post(x_mockclaude_fault="529"),
    "a page": post(origin="http://evil.example"),
    "another host": post(host="evil.example"),
    "no key": post(x_api_key=None),
    "another content type": post(content_type="text/plain"),
    "no JSON": request("POST", "/v1/messages", b"{"),
    "no body": request("POST", "/v1/messages", content_length="0"),
    "no length": request("POST", "/v1/messages"),
    "a query": post(path="/v1/messages?beta=true"),
    "a whole URL": post(path="http://localhost/v1/messages"),
    "a scenario": post(path="/other/v1/messages"),
    "a path without v1": post(path="/messages"),
    "tokens": request("POST", "/v1/messages/count_tokens", asking()),
    "models": request("GET", "/v1/models"),
    "a model": request("GET", "/v1/models/claude-sonnet-5"),
    "the head of models": request("HEAD", "/v1/models"),
    "another method": request("DELETE", "/v1/messages"),
    "a tunnel": request("CONNECT", "/v1/messages", asking()),
    "a preflight": request("OPTIONS", "/v1/messages", access_control_request_headers="x-api-key"),
    "the root": request("GET", "/"),
    "the admin API": request("GET", "/_mockclaude/health"),
    "the whole server": request("OPTIONS", "*"),
    "an unknown path": request("GET", "/v2"),
    "HTTP/1.0": request("POST", "/v1/messages", asking(), "1.0"),
    "a close": post(connection="close"),
    "gzip": request("POST", "/v1/messages", gzip.compress(asking(), mtime=0), content_encoding="gzip"),
    "chunks": request("POST", "/v1/messages", b"%x\r\n%b\r\n0\r\n\r\n" % (len(asking()), asking()), **CHUNKED),
    "an invalid chunk": request("POST", "/v1/messages", b"zz\r\n\r\n", **CHUNKED),
    "an expectation": post(expect="100-continue"),
    "an upgrade": post(connection="upgrade", upgrade="h2c"),
    "two lengths": post().replace(b"\r\nx-api-key", b"\r\ncontent-length: 5\r\nx-api-key"),
    "a length with a sign": request("POST", "/v1/messages", asking(), content_length="+5"),
    "a length with zeros": request("POST", "/v1/messages", asking(), content_length=f"000{len(asking())}"),
    "a length without a space": post().replace(b"content-length: ", b"content-length:"),
    "a longer body": request("POST", "/v1/messages", asking() + b"POST", content_length=str(len(asking()))),
    "a shorter body": request("POST", "/v1/messages", asking(), content_length=str(len(asking()) + 9)),
    "too large": request("POST", "/v1/messages", asking(), content_length="999999999"),
    "empty lines": b"\r\n\r\n",
    "no HTTP": b"hello\r\n\r\n",
    "a word": b"PO",
}
"""Bytes of clients. Most are one request."""


async def answer(connection: type[Connection], streams: Sequence[Sequence[bytes]]) -> tuple[list[bytes], list[Any]]:
    """Return the bytes for the segments of each connection, and the entries."""
    piped = PipedSite(SCENARIO, connection)
    written = [await piped.send(segments) for segments in streams]
    await piped.close()
    return written, piped.journal()


def assert_equal_ways(streams: Sequence[Sequence[bytes]]) -> None:
    fast, slow = (asyncio.run(answer(connection, streams)) for connection in (Connection, SlowConnection))

    assert fast == slow


@pytest.mark.parametrize("name", REQUESTS)
def test_a_known_head_has_the_response_of_an_unknown_one(name: str) -> None:
    assert_equal_ways([[REQUESTS[name]], [REQUESTS[name], post(), REQUESTS[name], post()], [REQUESTS[name] * 2]])


@st.composite
def segments(draw: st.DrawFn) -> list[bytes]:
    """Draw requests on one connection, and their segments."""
    data = b"".join(REQUESTS[name] for name in draw(st.lists(st.sampled_from(list(REQUESTS)), min_size=1, max_size=4)))
    cuts = draw(st.sets(st.integers(1, len(data)), max_size=4))
    return [data[start:end] for start, end in pairwise(sorted({0, *cuts, len(data)}))]


@given(st.lists(segments() | st.sampled_from([[data] for data in REQUESTS.values()]), min_size=1, max_size=6))
def test_segments_of_requests_do_not_change_responses(streams: list[list[bytes]]) -> None:
    assert_equal_ways([[post()], *streams])


@pytest.mark.parametrize("name", ["a message", "a stream", "tokens", "models", "chunks"])
def test_a_request_may_be_split_at_every_byte(name: str) -> None:
    data = REQUESTS[name]

    assert_equal_ways([[data], *([data[:at], data[at:] + data, data] for at in range(1, len(data)))])


def test_requests_on_a_socket_may_be_split_at_every_byte(serve: Serve) -> None:
    data, server = post(stream=True), serve("rules: [{reply: Hello!}]")
    with server.connect() as wire:
        for at in range(len(data)):
            wire.send(data[:at])
            wire.send(data[at:])
            assert b"message_stop" in wire.response().body


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("a message", 1),
        ("a stream", 1),
        ("a lane", 1),
        ("a sequence", 1),
        ("no rule", 1),
        ("no key", 1),
        ("tokens", 1),
        ("models", 1),
        ("a length with zeros", 1),
        ("a paced reply", 3),
        ("a long reply", 3),
        ("a page", 3),
        ("chunks", 3),
        ("gzip", 3),
        ("an expectation", 3),
        ("the root", 3),
    ],
)
async def test_aiohttp_receives_only_requests_without_a_known_head(name: str, count: int) -> None:
    piped = PipedSite(SCENARIO)

    await piped.send([REQUESTS[name]] * 3)
    await piped.close()

    assert piped.handled == count


async def test_requests_of_another_length_have_the_same_head() -> None:
    piped = PipedSite(SCENARIO)

    await piped.send([post("Hello"), post("Hello, how are you?")])
    await piped.close()

    assert piped.handled == 1
    assert [entry.headers["content-length"] for entry in piped.entries] == ["117", "131"]


@pytest.mark.parametrize(("seconds", "count"), [(60, 1), (0, 2)])
async def test_aiohttp_receives_a_known_head_only_if_the_body_is_slow(
    seconds: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mockclaude.server.connection._KEEP_FOR", seconds)
    piped, data = PipedSite(SCENARIO), post()

    written = await piped.send([data, data[:-99], data[-99:-9], data[-9:]])
    await piped.close()

    assert (written.count(b"Hello!"), piped.handled) == (2, count)


async def test_a_client_that_goes_within_a_body_is_gone_in_the_journal() -> None:
    piped = PipedSite(SCENARIO)

    await piped.send([post(), post()[:-9]])
    await piped.close()

    assert [(entry.ending, entry.status) for entry in piped.entries] == [("", 200), ("client gone", 0)]


@pytest.mark.parametrize("name", ["chunks", "models", "an upgrade"])
async def test_known_heads_are_used_after_a_request_without_a_length(name: str) -> None:
    piped = PipedSite(SCENARIO)

    await piped.send([REQUESTS[name], post(), post(), post()])
    await piped.close()

    assert piped.handled == 2


async def test_a_new_scenario_has_no_known_heads() -> None:
    piped = PipedSite(SCENARIO)
    connection, pipe = await piped.connect()
    data = post()
    for segment in (data, data[:-9]):
        connection.data_received(segment)
        await turn()

    piped.site.use({"": load_text("rules: [{reply: another}]"), "more": SCENARIO})
    for segment in (data[-9:], data):
        connection.data_received(segment)
        await turn()
    await piped.close()

    assert [text in pipe.written for text in (b"Hello!", b"another")] == [True, True]
    assert pipe.written.count(b"another") == 2


async def test_a_slow_body_is_for_the_site_before_a_reset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockclaude.server.connection._KEEP_FOR", 0)
    piped, data = PipedSite(SCENARIO), post()
    await piped.send([data])
    client, pipe = await piped.connect()
    client.data_received(data[:-9])

    site = piped.replace_site({"": load_text("rules: [{reply: another}]")})
    await turn()
    client.data_received(data[-9:])
    await turn()
    await piped.close()

    assert (b"Hello!" in pipe.written, len(piped.entries), len(site.journal)) == (True, 2, 0)


@pytest.mark.parametrize("connection", [Connection, SlowConnection])
@pytest.mark.parametrize(
    ("framing", "segments"),
    [
        ("transfer-encoding: chunked", [b"%x\r\n\r\n" % (2 + len(post())), post(), b"\r\n0\r\n\r\n"]),
        (f"content-length:\t{len(post())}", [post()]),
    ],
)
async def test_a_request_within_a_body_is_not_answered(
    framing: str, segments: list[bytes], connection: type[Connection]
) -> None:
    piped, head = PipedSite(SCENARIO, connection), request("POST", "/v1/messages", host="localhost")
    await piped.send([post()])

    written = await piped.send([head.replace(b"host:", framing.encode() + b"\r\nhost:"), *segments])
    await piped.close()

    assert (written.count(b"HTTP/1.1 400"), b"Hello!" in written) == (1, False)


async def test_a_client_that_does_not_read_is_answered_by_aiohttp() -> None:
    piped = PipedSite(SCENARIO)
    connection, pipe = await piped.connect()
    connection.data_received(post())
    await turn()
    pipe.unsent = 1

    connection.data_received(post())
    await turn()

    assert piped.handled == 2
    await piped.close()


async def test_a_client_that_never_reads_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockclaude.server.connection.WRITE_TIMEOUT", 0)
    piped = PipedSite(SCENARIO)
    await piped.send([post()])
    connection, pipe = await piped.connect()
    pipe.reads = False

    connection.data_received(post())
    await turn()

    assert pipe.is_closing()
    await piped.close()


async def test_a_client_that_goes_before_its_paced_reply_is_gone_in_the_journal() -> None:
    piped = PipedSite(SCENARIO, clock=ManualClock(NOW))
    await piped.send([post()])
    connection, pipe = await piped.connect()

    connection.data_received(post("paced"))
    pipe.close()
    await piped.close()

    assert [entry.ending for entry in piped.entries] == ["", "client gone"]


class FailingJournal(Journal):
    """A journal that cannot keep the second entry."""

    def keep(self, entry: JournalEntry) -> None:
        if entry.number == 2:
            raise ArithmeticError


async def test_an_error_behind_a_known_head_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    piped = PipedSite(SCENARIO, journal=FailingJournal())

    written = await piped.send([post(), post()])
    await piped.close()

    assert b"HTTP/1.1 500" in written
    assert ([entry.ending for entry in piped.entries], "ArithmeticError" in caplog.text) == (
        ["", "internal error"],
        True,
    )
    caplog.clear()


async def test_a_request_with_a_known_head_keeps_the_connection_alive() -> None:
    piped = PipedSite(SCENARIO)
    connection, _ = await piped.connect()
    connection.data_received(post())
    await turn()
    connection._next_keepalive_close_time = 0.0

    connection.data_received(post())

    assert connection._next_keepalive_close_time > asyncio.get_running_loop().time() + protocol.KEEPALIVE_TIMEOUT - 1
    await piped.close()
