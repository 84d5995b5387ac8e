from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mockclaude.engine.trust import Trust
from mockclaude.journal.entry import MAX_BODY, JournalEntry
from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import Scenario, built_in
from mockclaude.server import process, run
from mockclaude.server.run import CannotListenError, base_url, serve
from mockclaude.server.site import Site
from tests.serving import PATIENCE, post, received, request

pytestmark = pytest.mark.slow

HELLO = {"": load_text("rules: [{name: hello, reply: Hello!}]")}


@pytest.fixture(autouse=True)
def _unchanged_process() -> Iterator[None]:
    """Undo what a server does to its process: how often it collects garbage, and what signals do."""
    thresholds = gc.get_threshold()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.set_threshold(*thresholds)


class Serving:
    """A server that runs in the test's own loop."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.up = asyncio.Event()

    def write(self, text: str) -> None:
        self.said.append(text)
        self.up.set()

    @property
    def port(self) -> int:
        return int(self.said[0].splitlines()[0].rpartition(":")[2])

    async def send(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        return reader, writer

    async def ask(self, data: bytes) -> int:
        reader, writer = await self.send(data.replace(b"\r\n", b"\r\nconnection: close\r\n", 1))
        status = received(await reader.read()).status
        writer.close()
        return status


@asynccontextmanager
async def serving(
    scenarios: Mapping[str, Scenario] = HELLO, host: str = "127.0.0.1", number: int = signal.SIGTERM, **more: Any
) -> AsyncIterator[Serving]:
    """Serve until the block ends; then end the server with a signal."""
    here = Serving()
    async with asyncio.timeout(PATIENCE):
        task = asyncio.create_task(serve(scenarios, host, 0, here.write, **more))
        await here.up.wait()
        yield here
        os.kill(os.getpid(), number)
        await task


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_first_screen_is_followed_by_a_line_for_each_request(number: int) -> None:
    async with serving(number=number) as here:
        assert [await here.ask(post()), await here.ask(request("GET", "/nothing"))] == [200, 404]

    first, *lines = here.said
    assert first.startswith("mockclaude ")
    log = "\n".join(lines).splitlines()
    assert [line[:3] for line in log] == ["200", "404"]
    assert "'hello' (scenario.yaml:1:9)" in log[0]


async def test_entries_are_written_with_complete_bodies() -> None:
    kept: list[JournalEntry] = []
    async with serving(write_entries=kept.extend) as here:
        await here.ask(post("x" * 2 * MAX_BODY))

    (entry,) = kept
    assert (len(entry.body), entry.ending) == (entry.body_size, "")


async def test_signal_ends_a_server_with_a_blocked_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    released = threading.Event()

    def leave(code: int) -> None:
        codes.append(code)
        released.set()

    async def hold(_: Site) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        released.wait()

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(run, "EXIT_AFTER", 0.01)
    await serve(HELLO, "127.0.0.1", 0, lambda _: None, side_task=hold)

    assert codes == [0]


async def test_signal_ends_a_server_that_loads_files(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    released = threading.Event()

    def leave(code: int) -> None:
        codes.append(code)
        released.set()

    async def load(_: Site) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.to_thread(released.wait, PATIENCE)

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(run, "EXIT_AFTER", 0.01)
    await serve(HELLO, "127.0.0.1", 0, lambda _: None, side_task=load)

    assert codes == [0]


async def test_coroutine_beside_ends_with_the_server() -> None:
    ended: list[bool] = []

    async def side_task(site: Site) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("" in site.served)

    async with serving(side_task=side_task):
        assert ended == []
    assert ended == [True]


async def test_the_port_is_free_once_the_server_has_ended() -> None:
    async with serving() as here:
        port = here.port
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_open_stream_may_finish() -> None:
    slow = "rules: [{pace: {tokens_per_second: 200}, reply: The tide comes and goes and comes again as it always has.}]"
    async with serving({"": load_text(slow)}) as here:
        reader, writer = await here.send(post(stream=True))
        first = await reader.readexactly(100)

    assert received(first + await reader.read()).body.endswith(b'data: {"type":"message_stop"}\n\n')
    writer.close()


async def test_a_stream_that_hangs_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SHUTDOWN_TIMEOUT", 0.1)
    hanging = "rules: [{reply: [{text: Half a}, {pause: forever}]}]"
    async with serving({"": load_text(hanging)}) as here:
        reader, writer = await here.send(post(stream=True))
        await reader.readexactly(100)

    assert not (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()


async def test_server_on_the_loopback_refuses_other_host_names() -> None:
    async with serving() as closed:
        assert await closed.ask(request("GET", "/", host="mock.test")) == 403


@pytest.mark.skipif(sys.platform == "darwin", reason="has one loopback address only")
async def test_server_on_another_loopback_address_refuses_them_too() -> None:
    here, stop = Serving(), signal.SIGTERM
    task = asyncio.create_task(serve({"": built_in()}, "127.0.0.2", 0, here.write))
    await asyncio.wait_for(here.up.wait(), PATIENCE)
    reader, writer = await asyncio.open_connection("127.0.0.2", here.port)
    writer.write(request("GET", "/", host="mock.test", connection="close"))
    status = received(await reader.read()).status
    writer.close()
    os.kill(os.getpid(), stop)
    await task

    assert (status, "admin token" in here.said[0]) == (403, False)


async def test_open_server_answers_to_private_names_and_demands_its_token() -> None:
    async with serving(host="0.0.0.0") as here:
        statuses = [
            await here.ask(request("GET", "/", host=host)) for host in ("mockclaude:80", "203.0.113.9", "a.test")
        ]
        token = here.said[0].rstrip().rpartition(" ")[2]
        admin = [
            await here.ask(request("GET", "/_mockclaude/journal", x_mockclaude_token=each)) for each in (None, token)
        ]

    assert (statuses, admin, len(token)) == ([401, 401, 403], [401, 200], 32)


def test_trust_follows_from_the_host_and_the_options() -> None:
    assert run.create_trust("LOCALHOST.") == Trust(False, frozenset(["localhost"]))
    assert run.create_trust("", ["mock.test"], ["http://a"], "t") == Trust(
        True, frozenset(["mock.test"]), frozenset(["http://a"]), "t"
    )
    assert not run.create_trust("::1%nosuch").opened
    assert run.create_trust("0.0.0.0").token != run.create_trust("0.0.0.0").token


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("203.0.113.9", "this machine has no such address; use --host 127.0.0.1, or 0.0.0.0 for all"),
        ("::1%nosuch", "choose another with --host and --port"),
        ("a..b", "not an address; use e.g. --host 127.0.0.1"),
        ("a" * 64, "not an address; use e.g. --host 127.0.0.1"),
    ],
)
async def test_invalid_address_is_reported_with_a_fix(host: str, message: str) -> None:
    with pytest.raises(CannotListenError) as caught:
        await serve(HELLO, host, 0, pytest.fail)

    assert str(caught.value).startswith(f"cannot listen on {host}:0: ")
    assert str(caught.value).endswith(message)


async def test_port_in_use_is_reported_with_a_fix() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotListenError) as caught:
            await serve(HELLO, "127.0.0.1", port, pytest.fail)

    remedy = "stop the other program, or choose a port with --port (0 picks a free one)"
    assert str(caught.value) == f"cannot listen on 127.0.0.1:{port}: address already in use; {remedy}"


def privileged() -> bool:
    lowest = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    return lowest.exists() and int(lowest.read_text()) > 1


@pytest.mark.skipif(not privileged(), reason="every port is free for all here")
async def test_port_without_permission_is_reported_with_a_fix() -> None:
    before = os.geteuid()
    os.seteuid(before or 65534)
    try:
        with pytest.raises(CannotListenError) as caught:
            await serve(HELLO, "127.0.0.1", 1, pytest.fail)
    finally:
        os.seteuid(before)

    remedy = "ports below 1024 need permission; choose a higher one with --port"
    assert str(caught.value) == f"cannot listen on 127.0.0.1:1: permission denied; {remedy}"


def test_limit_of_open_files_is_raised() -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0] - 1, limits[1]))
    try:
        assert process.allow_many_connections() == limits[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_system_without_a_limit_of_open_files_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)

    assert process.allow_many_connections() is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("localhost", "http://localhost:80"),
        ("::1", "http://[::1]:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
    ],
)
def test_url_works_on_this_machine(host: str, url: str) -> None:
    assert base_url(host, 80) == url


@pytest.mark.parametrize(("hidden", "module"), [({}, "uvloop"), ({"uvloop": None}, "asyncio.unix_events")])
def test_uvloop_is_used_if_installed(monkeypatch: pytest.MonkeyPatch, hidden: dict[str, None], module: str) -> None:
    kinds: list[str] = []
    for name, nothing in hidden.items():
        monkeypatch.setitem(sys.modules, name, nothing)

    async def look() -> None:
        kinds.append(type(asyncio.get_running_loop()).__module__)

    run.run(look())
    assert kinds == [module]
