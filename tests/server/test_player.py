"""Scripts on real sockets: each byte at its time, and every way to end."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from mockclaude.reply.response import End, TimedPiece
from mockclaude.server.clock import Clock, ManualClock
from mockclaude.server.player import play
from mockclaude.wire.script import Script, Send
from tests.conftest import Serve
from tests.serving import NOW, PATIENCE, TIME_SCALE, post, request

ASK = request("GET", "/")
LARGE = bytes(20_000_000)


@asynccontextmanager
async def playing(script: Script, **given: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Yield a connection to a server that plays `script` to every request."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        web.Server(lambda asked: play(script, asked, **given), handler_cancellation=True), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    async with server, asyncio.timeout(PATIENCE):
        yield reader, writer
        writer.close()


async def test_bytes_are_sent_as_they_are_and_the_connection_lives_on() -> None:
    async with playing(Script(200, [Send(0, b"one "), Send(0, b"two.")])) as (reader, writer):
        for _ in range(2):
            writer.write(ASK)
            assert await reader.readexactly(8) == b"one two."


async def test_nothing_is_sent_before_its_time() -> None:
    script = Script(200, [Send(10_000, b"one "), Send(30_000, b"two "), Send(30_000, b"three ")], End.CLOSE, 50_000)
    async with playing(script) as (reader, writer):
        clock = asyncio.get_running_loop().time
        begin = clock()
        writer.write(ASK)
        times = [(await reader.readuntil(b" "), clock() - begin) for _ in range(3)]
        assert await reader.read() == b""

    assert [text for text, _ in times] == [b"one ", b"two ", b"three "]
    assert all(at >= due for (_, at), due in zip(times, (0.01, 0.03, 0.03), strict=True))
    assert clock() - begin >= 0.05


@pytest.mark.parametrize("end_at", [0, 1000])
@pytest.mark.parametrize("sends", [[], [Send(0, b"some")]])
async def test_a_close_is_the_end_of_the_stream(end_at: int, sends: list[Send]) -> None:
    async with playing(Script(200, sends, End.CLOSE, end_at)) as (reader, writer):
        writer.write(ASK)

        assert await reader.read() == b"".join(send.data for send in sends)


@pytest.mark.parametrize("end_at", [0, 1000])
@pytest.mark.parametrize("data", [b"", b"some", LARGE], ids=["nothing", "little", "much"])
async def test_a_reset_comes_after_everything_that_was_sent(end_at: int, data: bytes) -> None:
    async with playing(Script(200, [Send(0, data)], End.RESET, end_at)) as (reader, writer):
        writer.write(ASK)
        received = await reader.readexactly(len(data))
        with pytest.raises(ConnectionResetError):
            await reader.read()

    assert received == data


async def test_a_reset_works_where_the_system_does_not_say_what_is_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "termios", None)
    async with playing(Script(0, [], End.RESET)) as (reader, writer):
        writer.write(ASK)

        with pytest.raises(ConnectionResetError):
            await reader.read()


async def test_a_hang_sends_nothing_more_and_does_not_end() -> None:
    async with playing(Script(200, [Send(0, b"some")], End.HANG)) as (reader, writer):
        writer.write(ASK)

        assert await reader.readexactly(4) == b"some"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(), 0.05 * TIME_SCALE)


@pytest.mark.parametrize("end_at", [0, 1000])
async def test_much_is_sent_whole_to_a_slow_reader(end_at: int) -> None:
    async with playing(Script(200, [Send(0, LARGE)], End.KEEP, end_at)) as (reader, writer):
        writer.write(ASK)

        assert await reader.readexactly(len(LARGE)) == LARGE


async def test_a_client_that_is_gone_already_is_a_connection_reset() -> None:
    with pytest.raises(ConnectionResetError):
        await play(Script(200, [Send(0, b"some")]), make_mocked_request("GET", "/"))


SLOW = Script(200, [Send(3_600_000_000 * hour, b"%d " % hour) for hour in range(1, 4)], End.CLOSE, 4 * 3_600_000_000)


async def test_without_waiting_everything_comes_at_once_and_in_order() -> None:
    sent: list[int] = []
    async with playing(SLOW, clock=Clock(0.0), sent=sent) as (reader, writer):
        writer.write(ASK)

        assert await reader.read() == b"1 2 3 "
    assert len(sent) == 3
    assert sent == sorted(sent)


async def test_a_faster_clock_plays_the_same_script_faster() -> None:
    sent: list[int] = []
    async with playing(SLOW, clock=Clock(3_600_000.0), sent=sent) as (reader, writer):
        writer.write(ASK)

        assert await reader.read() == b"1 2 3 "
    assert all(at >= due for at, (due, _) in zip(sent, SLOW.sends, strict=True))


async def test_a_clock_that_is_advanced_sends_what_is_due_and_no_more() -> None:
    clock, sent = ManualClock(NOW), list[int]()
    async with playing(SLOW, clock=clock, sent=sent) as (reader, writer):
        writer.write(ASK)
        while not clock.waiting:
            await asyncio.sleep(0)
        clock.advance(2 * 3600)
        assert await reader.readexactly(4) == b"1 2 "
        assert sent == [3_600_000_000, 7_200_000_000]

        clock.advance(3600)
        assert await reader.readexactly(2) == b"3 "
        while not clock.waiting:
            await asyncio.sleep(0)
        clock.advance(3600)
        assert await reader.read() == b""


async def test_two_streams_are_sent_in_the_order_of_their_times() -> None:
    clock, sent = ManualClock(NOW), list[int]()
    async with (
        playing(SLOW, clock=clock, sent=sent) as (reader, writer),
        playing(SLOW, clock=clock, sent=sent) as other,
    ):
        for each in (writer, other[1]):
            each.write(ASK)
        while clock.waiting < 2:
            await asyncio.sleep(0)
        clock.advance(3 * 3600)
        assert await reader.readexactly(6) == await other[0].readexactly(6) == b"1 2 3 "

    assert sent == [3_600_000_000 * hour for hour in (1, 1, 2, 2, 3, 3)]


@pytest.mark.slow
@pytest.mark.parametrize("end_at", [0, 1000])
@pytest.mark.parametrize("end", [End.KEEP, End.CLOSE, End.HANG])
async def test_a_client_that_does_not_read_is_dropped(end_at: int, end: End) -> None:
    size = len(LARGE)
    server = playing(Script(200, [Send(0, bytes(size))], end, end_at), write_timeout=0.05 * TIME_SCALE)
    async with server as (reader, writer):
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(ASK)
        await asyncio.sleep(0.3 * TIME_SCALE)
        reader._transport.resume_reading()  # type: ignore[attr-defined]

        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(size)


class Socket(asyncio.Transport):
    """A transport on which nothing is read; `unread` is what waits to be sent."""

    def __init__(self, unread: int = 0) -> None:
        super().__init__()
        self.unread = unread
        self.closing = False
        self.writes: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.unread

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        """Go on until everything is read, as a real transport does."""

    def abort(self) -> None:
        self.closing = True


def asked_on(transport: Socket) -> web.BaseRequest:
    return make_mocked_request("GET", "/", transport=transport)


@pytest.mark.parametrize("end", [End.KEEP, End.CLOSE])
async def test_a_client_that_leaves_the_last_bytes_unread_is_dropped(end: End) -> None:
    transport = Socket(unread=1000)
    await play(Script(200, [Send(0, b"some")], end), asked_on(transport), write_timeout=0)
    async with asyncio.timeout(PATIENCE):
        while not transport.closing:
            await asyncio.sleep(0)


@pytest.mark.parametrize("left", [0, 999])
async def test_a_client_that_reads_on_is_not_dropped(left: int) -> None:
    transport = Socket(unread=1000)
    await play(Script(200, [Send(0, b"some")]), asked_on(transport), write_timeout=0.01 * TIME_SCALE)
    await asyncio.sleep(0)
    transport.unread = left
    await asyncio.sleep(0.03 * TIME_SCALE)

    assert not transport.closing


async def test_a_client_that_read_the_last_bytes_at_once_is_not_watched() -> None:
    transport = Socket(unread=1000)
    await play(Script(200, [Send(0, b"some")]), asked_on(transport), write_timeout=0)
    transport.unread = 0
    await asyncio.sleep(0.01 * TIME_SCALE)

    assert not transport.closing


async def test_a_client_that_is_gone_when_something_is_due_is_a_connection_reset() -> None:
    clock, transport = ManualClock(NOW), Socket()
    playing = asyncio.ensure_future(play(SLOW, asked_on(transport), clock))
    while not clock.waiting:
        await asyncio.sleep(0)
    transport.closing = True
    clock.advance(3600)

    with pytest.raises(ConnectionResetError):
        await playing


async def test_what_becomes_due_when_the_script_is_cancelled_is_not_sent() -> None:
    clock, sent = ManualClock(NOW), list[int]()
    playing = asyncio.ensure_future(play(SLOW, asked_on(Socket()), clock, sent=sent))
    while not clock.waiting:
        await asyncio.sleep(0)
    playing.cancel()
    clock.advance(3600)

    with pytest.raises(asyncio.CancelledError):
        await playing
    assert sent == []


class LateClock(Clock):
    """A clock by which everything is due."""

    def since(self, begin: float) -> int:  # noqa: ARG002 (the signature of the clock)
        return 3_600_000_000


MANY = bytes(65_537)
LATE = {
    "different times": ([(1, b"a"), (2, b"b"), (3, b"c")], [b"abc"]),
    "the same time": ([(1, b"a"), (1, b"b"), (2, b"c")], [b"a", b"bc"]),
    "many bytes": ([(1, b"a"), (2, MANY), (3, b"c"), (4, b"d")], [b"a" + MANY, b"cd"]),
}


@pytest.mark.parametrize("case", LATE)
async def test_late_bytes_of_different_times_are_one_write(case: str) -> None:
    sends, writes = LATE[case]
    transport, sent = Socket(), list[int]()
    script = Script(200, [Send(*send) for send in sends], End.KEEP, 4)
    await play(script, asked_on(transport), LateClock(), sent=sent)

    assert transport.writes == writes
    assert len(sent) == len(sends)


@pytest.mark.slow
async def test_five_hundred_events_end_when_planned() -> None:
    sent: list[int] = []
    script = Script(200, [Send(1000 * number, b".") for number in range(500)], End.CLOSE, 500_000)
    async with playing(script, sent=sent) as (reader, writer):
        writer.write(ASK)
        assert await reader.read() == b"." * 500

    late = [at - due for at, (due, _) in zip(sent, script.sends, strict=True)]
    assert min(late) >= 0
    assert late[-1] < 250_000


FAULTS = """
as_written: true
rules:
  - {when: {user: reset}, reply: [{text: Half a}, {disconnect: reset}]}
  - {when: {user: close}, reply: [{text: Half a}, {disconnect: close}]}
  - {when: {user: clean}, reply: [{text: Half a}, {disconnect: clean}]}
  - {when: {user: hang}, reply: [{text: Half a}, {pause: forever}]}
  - {when: {user: storm}, reply: [{text: Half a}, {error: overloaded_error}]}
  - {when: {user: slow}, pace: {tokens_per_second: 1000}, reply: The tide is slow and comes and goes and comes again.}
  - {when: {user: wait}, reply: [{pause: 1h}, {text: x}]}
  - {when: {user: much}, reply: '${{ user }}'}
"""


def test_events_are_released_while_their_bytes_are_sent(serve: Serve) -> None:
    server = serve("{pace: {gap: 1h}, rules: [{reply: '${{ user }}'}]}")
    with server.connect() as wire:
        wire.send(post("unique to this test " * 1_000, stream=True))
        assert wire.head().startswith(b"HTTP/1.1 200 OK")
        pieces = [value for value in gc.get_objects() if isinstance(value, TimedPiece)]

    assert not any(b"unique" in piece.encoded for _, piece in pieces)


def test_a_reset_cuts_the_body_without_a_last_chunk(serve: Serve) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post("reset", stream=True))
        received = wire.until_reset()

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\n\n\r\n")
    assert b"content_block_stop" not in received
    assert server.line().ending == "reset"


def test_a_close_cuts_the_body_without_a_last_chunk(serve: Serve) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post("close", stream=True))
        received = wire.rest()

    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\n\n\r\n")
    assert b"content_block_stop" not in received
    assert server.line().ending == "close"


def test_a_clean_end_has_a_last_chunk_but_no_last_event_and_the_connection_lives(serve: Serve) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post("clean", stream=True) * 2)
        both = [wire.response(), wire.response()]

    for received in both:
        assert received.raw.endswith(b"\n\n\r\n0\r\n\r\n")
        assert b"content_block_stop" not in received.body
    assert server.line().ending == ""


def test_an_error_in_the_middle_is_the_last_event_under_a_200(serve: Serve) -> None:
    received = serve(FAULTS).ask(post("storm", stream=True))
    error = (
        '{"type":"error","error":{"details":null,"type":"overloaded_error","message":"Overloaded"},"request_id":"%s"}'
    )

    assert received.status == 200
    assert received.body.decode().endswith(f"event: error\ndata: {error % received.headers['request-id']}\n\n")


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_message_that_is_disconnected_is_no_response_at_all(serve: Serve, how: str) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post(how))
        assert (wire.until_reset() if how == "reset" else wire.rest()) == b""

    line = server.line()
    assert (line.status, line.ending) == (0, how)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_reset_is_in_the_log_whatever_the_version(serve: Serve, version: str) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post("reset").replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
        wire.until_reset()

    assert server.line().ending == "reset"


@pytest.mark.parametrize("what", ["slow", "hang"])
def test_a_client_that_goes_in_the_middle_of_a_stream_is_gone_in_the_log_too(serve: Serve, what: str) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post(what, stream=True))
        wire.read(100)
        wire.reset()

    line = server.line()
    assert (line.status, line.streamed, line.ending) == (200, True, "client gone")
    assert server.ask(post("much")).status == 200


def test_a_client_that_goes_during_a_pause_ends_its_script_at_once(serve: Serve) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post("wait"))
        server.ask(post("slow", stream=True))
        assert server.line().status == 200
        wire.reset()

    assert server.line().ending == "client gone"


@pytest.mark.slow
def test_a_client_that_goes_before_it_has_read_everything_is_gone_in_the_log_too(serve: Serve) -> None:
    server = serve(FAULTS)
    with server.connect() as wire:
        wire.send(post("much " * 800_000, stream=True, x_mockclaude_validation="off"))
        wire.read(1)
        wire.reset()

    assert server.line().ending == "client gone"
