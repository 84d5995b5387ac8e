"""A recorder without a command, in this process: requests, a signal to another thread, and the summary."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from mockclaude.cli.recording_server import RunningRecorder, describe_wait
from mockclaude.journal.journal import Journal
from mockclaude.scenario.loading.loader import load, load_text
from mockclaude.scenario.rules import built_in
from mockclaude.server.site import Site
from tests.cli.invoking import invoke, written
from tests.serving import PATIENCE, Running, ServerThread, post, request

UPSTREAM = """
rules:
  - {when: {user: silent}, fault: empty_reply, reply: x}
  - reply: High water is at 14:10.
"""
LANES = (post("tide", x_mockclaude_lane="north"), post("wind"), post("rain", x_mockclaude_lane="north"))


@pytest.fixture
def upstream() -> Iterator[Running]:
    with ServerThread({"": load_text(UPSTREAM)}) as server:
        yield server


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "tide.yaml"


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@contextmanager
def signalling(asks: tuple[bytes, ...] = (), number: int = signal.SIGINT) -> Iterator[int]:
    """Yield a port; send requests to its server, and then a signal that the kernel gives to another thread."""
    port, begun, ended = find_port(), threading.Event(), threading.Event()

    def use() -> None:
        while not (begun.is_set() or ended.is_set()):
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                begun.set()
        for ask in asks if begun.is_set() else ():
            with suppress(AssertionError, IndexError):
                Running(port).ask(ask)
        if begun.is_set():
            signal.pthread_kill(threading.get_ident(), number)

    client = threading.Thread(target=use)
    client.start()
    try:
        yield port
    finally:
        ended.set()
        client.join(PATIENCE)


def record(
    upstream: Running, out: object, *options: object, asks: tuple[bytes, ...] = (), number: int = signal.SIGINT
) -> tuple[int, list[str]]:
    """Run a recorder for some requests, until a signal."""
    with signalling(asks, number) as port:
        result = invoke("record", "--to", upstream.url, "--out", out, "--port", port, *options)
    return result.exit_code, result.stderr.splitlines()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_for_another_thread_ends_the_recorder(upstream: Running, out: Path, number: int) -> None:
    code, lines = record(upstream, out, asks=(post("tide"),), number=number)

    assert (code, lines[0]) == (0, f"recorded 1 request in {out}: 1 message")


@pytest.mark.parametrize(
    ("asks", "problems"),
    [
        ((), ["nothing was recorded: no request came; point a client to the recorder's URL"]),
        ((request("GET", "/v1/models"),), ["nothing was recorded: no request to POST /v1/messages came"]),
        (
            (post("silent"),),
            [
                "nothing was recorded",
                "request 1 (POST /v1/messages) is not recorded: the connection was closed before the response",
            ],
        ),
    ],
)
def test_empty_recording_is_explained(
    upstream: Running, out: Path, asks: tuple[bytes, ...], problems: list[str]
) -> None:
    code, lines = record(upstream, out, asks=asks)

    assert (code, lines[-len(problems) :]) == (1, problems)
    assert not out.exists()


def test_lanes_have_files_of_their_own(upstream: Running, tmp_path: Path) -> None:
    folder = f"{tmp_path}/tides/"

    assert record(upstream, folder, asks=LANES)[0] == 0
    assert sorted(os.listdir(folder)) == ["1.yaml", "north.yaml"]
    result = invoke("record", "--to", upstream.url, "--out", folder, "--mode", "new")
    assert result.stderr.endswith("is a folder; expected a file; pass --out FILE.yaml\n")


def test_several_lanes_need_a_folder(upstream: Running, tmp_path: Path, out: Path) -> None:
    code, lines = record(upstream, out, asks=LANES)
    assert (code, len(lines)) == (1, 1)
    assert f"2 lanes came ('north', '1'); expected one; mockclaude record --recover {out}.part" in lines[0]

    result = invoke("record", "--recover", f"{out}.part", "--out", f"{tmp_path}/tides/")
    assert result.exit_code == 0, result.stderr
    assert [rule.name for rule in load([tmp_path / "tides" / "north.yaml"]).rules] == ["1 rain", "1 tide"]


def test_part_is_recovered_as_its_session_wrote(upstream: Running, tmp_path: Path, out: Path) -> None:
    assert record(upstream, out, asks=(post("tide"),))[0] == 0
    record(upstream, out, "--mode", "new", asks=LANES)
    part = f"{out}.part"
    assert record(upstream, out, "--mode", "none")[1][0].startswith(f"warning: {part} holds 2 exchanges")
    os.rename(written(tmp_path / "part", Path(part).read_text().replace('"north"', '""')), part)

    result = invoke("record", "--recover", part)
    assert result.exit_code == 0, result.stderr
    assert [rule.name for rule in load([out]).rules] == ["1 tide", "1 rain", "1 wind"]


def test_file_that_cannot_be_edited_leaves_the_part(upstream: Running, out: Path) -> None:
    text = "rules: [{when: {user: wind}, reply: by hand}]\n"
    code, lines = record(upstream, written(out, text), "--mode", "new", asks=(post("tide"),))

    fix = f"mockclaude record --recover {out}.part writes the 1 exchange in it"
    assert (code, lines[-1], out.read_text()) == (1, fix, text)
    assert "a rule in flow style; expected `- name: NAME`" in lines[-2]


def test_part_without_an_exchange_is_a_mistake(out: Path) -> None:
    part = written(out.with_name("tide.yaml.part"), "")
    result = invoke("record", "--recover", part)

    assert (result.exit_code, result.stderr.splitlines()) == (
        2,
        [f"{part}: holds no exchange; expected one in each line; delete it"],
    )


def test_secret_in_the_words_of_the_file_is_not_written(
    upstream: Running, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "Recorded by mockclaude")
    problem = f"{out}: not written, as it would hold a secret: environment variable A_SECRET"

    code, lines = record(upstream, out, asks=(post("tide"),))
    assert (code, lines[-1]) == (1, problem)
    assert not out.exists()


@pytest.mark.parametrize(
    ("names", "out", "code", "message"),
    [
        (["tide.sse", "wind.sse"], "made.yaml", 2, "--out: 2 recordings, got the file made.yaml; pass --out FOLDER/"),
        (["tide.yaml"], "made/", 2, "tide.yaml"),
        (["tide.har"], "made/", 1, "nothing was imported: no request to POST /v1/messages"),
    ],
)
def test_import_names_its_mistakes(
    names: list[str], out: str, code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    contents = {"sse": 'event: message_stop\ndata: {"type":"message_stop"}\n\n', "har": '{"log": {"entries": []}}'}
    for name in names:
        written(tmp_path / name, contents.get(name.rpartition(".")[2], "["))
    result = invoke("record", "--import", *names, "--out", out)

    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr


class EndlessRelay:
    """A relay with a response that does not end: the user presses Ctrl-C."""

    waiting = 1

    async def finish(self) -> None:
        self.stopped = asyncio.Event()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        await self.stopped.wait()

    async def cancel(self) -> None:
        self.stopped.set()


def test_signal_ends_the_wait_for_responses() -> None:
    relay = EndlessRelay()
    with signalling() as port:
        recorder = RunningRecorder(Site({"": built_in()}, journal=Journal()), port, ())
        assert recorder.run("", {}, relay) == 0
        recorder.stop()
    assert relay.stopped.is_set()


@pytest.mark.parametrize(("count", "responses"), [(1, "1 response"), (2, "2 responses")])
def test_responses_that_a_recorder_waits_for_are_counted(count: int, responses: str) -> None:
    assert describe_wait(count) == f"waiting for {responses}; Ctrl-C stops the wait"
