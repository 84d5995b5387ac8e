"""A recorder at its limits: large and broken bodies, a client that does not read, and the end before a response."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mockclaude.proxy.hop_headers import build_request_headers
from mockclaude.proxy.upstream import KeptLimits
from mockclaude.scenario.rules import built_in
from mockclaude.server.client_writer import MAX_AHEAD, ClientWriter
from tests.proxy.outcomes import fetch
from tests.proxy.relaying import Speak, recording, speaking
from tests.serving import PATIENCE, asking, post, request

LIMITS = KeptLimits(size=1000)
LARGE = post("a" * 2000, connection="close")
SMALL = post("Hello", connection="close")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def reply_with(body: bytes) -> Speak:
    def speak(client: socket.socket) -> None:
        client.sendall(HEAD + b"content-length: %d\r\n\r\n%b" % (len(body), body))

    return speak


@pytest.mark.parametrize(("ask", "body"), [(LARGE, b"{}"), (SMALL, b'"%b"' % (b"b" * 2000))])
def test_body_over_the_limit_is_passed_on_only(ask: bytes, body: bytes, tmp_path: Path) -> None:
    with speaking(reply_with(body)) as (port, requests), recording(port, tmp_path, limits=LIMITS) as made:
        outcome = fetch(made.server.port, ask)
        assert made.finish() == []

    assert (outcome.body, outcome.ending) == (body, "whole")
    assert requests[0].partition(b"\r\n\r\n")[2] == ask.partition(b"\r\n\r\n")[2]
    problem = "request 1 (POST /v1/messages) is not recorded: over 64 MB, or 1 GB in all; other such requests are not"
    assert made.session.summary.problems == [f"{problem} listed"]


def test_large_body_is_sent_after_100_continue(tmp_path: Path) -> None:
    head, _, body = post("a" * 2000, expect="100-continue", connection="close").partition(b"\r\n\r\n")
    with speaking(reply_with(b"{}")) as (port, requests), recording(port, tmp_path, limits=LIMITS) as made:
        with made.server.connect() as wire:
            wire.send(head + b"\r\n\r\n")
            assert wire.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
            wire.send(body)
            assert wire.response().status == 200
        made.finish()
    assert requests[0].endswith(body)


@pytest.mark.parametrize("packed", [b"no gzip", gzip.compress(b"a" * 5000, mtime=0)])
def test_body_that_cannot_be_unpacked_is_passed_on(packed: bytes, tmp_path: Path) -> None:
    ask = request("POST", "/v1/messages", packed, content_encoding="gzip", connection="close")
    with speaking(reply_with(b"{}")) as (port, requests), recording(port, tmp_path, limits=LIMITS) as made:
        assert fetch(made.server.port, ask).body == b"{}"
        assert made.finish() == []
    assert requests[0].endswith(packed)


def test_name_of_a_scenario_is_not_sent_on(tmp_path: Path) -> None:
    with (
        speaking(reply_with(b"{}")) as (port, requests),
        recording(port, tmp_path, {"": built_in(), "tide": built_in()._replace(rules=())}) as made,
    ):
        ask = request("POST", "/tide/v1/messages?beta=true", asking("Hello"), connection="close")
        assert fetch(made.server.port, ask).body == b"{}"
        made.finish()
    assert requests[0].startswith(b"POST /v1/messages?beta=true HTTP/1.1\r\n")


def test_path_that_is_none_of_the_api_is_passed_on(tmp_path: Path) -> None:
    with speaking(reply_with(b"{}")) as (port, requests), recording(port, tmp_path) as made:
        assert fetch(made.server.port, request("GET", "/health?a=1", b"", connection="close")).body == b"{}"
        assert made.finish() == []
    assert requests[0].startswith(b"GET /health?a=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("begun", [b"", HEAD + b"content-length: 9\r\n\r\n{"])
def test_stopped_recorder_ends_open_responses(begun: bytes, tmp_path: Path) -> None:
    arrived, done = threading.Event(), threading.Event()

    def speak(client: socket.socket) -> None:
        client.sendall(begun)
        arrived.set()
        done.wait(PATIENCE)

    with speaking(speak) as (port, _), recording(port, tmp_path) as made:
        with made.server.connect() as wire:
            wire.send(SMALL)
            assert arrived.wait(PATIENCE)
            waiting = made.relay.waiting
            made.background.run(made.relay.cancel())
            done.set()
            assert not wire.rest().endswith(b"\r\n\r\n{}")
        assert made.session.finish() == []
    assert (waiting, made.relay.waiting) == (1, 0)
    problem = "request 1 (POST /v1/messages) is not recorded: the recorder was stopped"
    assert made.session.summary.problems == [problem]


def client_with(**transport: Any) -> Any:
    writer = SimpleNamespace(drain=transport.pop("drain", None))
    usual = {"is_closing": lambda: False, "write": lambda _: None, "get_write_buffer_size": lambda: MAX_AHEAD + 1}
    return SimpleNamespace(transport=SimpleNamespace(**{**usual, **transport}), writer=writer)


@pytest.mark.parametrize(("error", "is_aborted"), [(TimeoutError, True), (ConnectionResetError, False)])
def test_client_that_does_not_read_is_left(error: type[Exception], is_aborted: bool) -> None:
    aborted: list[bool] = []

    async def drain() -> None:
        raise error

    client = client_with(drain=drain, abort=lambda: aborted.append(True))
    assert asyncio.run(ClientWriter(client, lambda _: None, PATIENCE).write(b"{}"))
    assert bool(aborted) == is_aborted


def test_response_is_read_no_longer_than_patience_after_the_client() -> None:
    async def write_twice() -> None:
        writer = ClientWriter(client_with(is_closing=lambda: True), lambda _: None, patience=-1)
        assert not await writer.write(b"{}")
        with pytest.raises(TimeoutError):
            await writer.write(b"{}")

    asyncio.run(write_twice())


def test_accept_encoding_is_sent_once() -> None:
    sent = build_request_headers([(b"Accept-Encoding", b"gzip"), (b"x-a", b"1"), (b"accept-encoding", b"br")])

    assert list(sent.items()) == [("Accept-Encoding", "identity"), ("x-a", "1")]
