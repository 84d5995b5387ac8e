"""A recorder between a client and a server that sends what no well-behaved server sends."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from mockclaude.scenario.loading.loader import load_text
from mockclaude.scenario.rules import built_in
from mockclaude.server.client_writer import MAX_AHEAD
from tests.proxy.outcomes import Outcome, fetch
from tests.proxy.relaying import Recording, Speak, recording, speaking
from tests.serving import PATIENCE, ServerThread, asking, post, request

EVENT = b'event: ping\ndata: {"type": "ping"}\n\n'
STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
ASK = post("Hello", connection="close")
FROM_PAGE = post("Hello", x_mockclaude_lane="a", origin="http://evil.example")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def send(*parts: bytes, reset: bool = False) -> Speak:
    """Return a server that sends parts, and then closes or resets the connection."""

    def speak(client: socket.socket) -> None:
        for part in parts:
            client.sendall(part)
            if len(parts) > 1:
                time.sleep(0.01)  # so that the client gets the parts one by one
        if reset:
            time.sleep(0.05)  # a reset discards what has not been read
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return speak


def framed(body: bytes, *lines: bytes) -> bytes:
    return JSON + b"".join(line + b"\r\n" for line in lines) + b"content-length: %d\r\n\r\n" % len(body) + body


GZIPPED = gzip.compress(b'{"type":"message"}', mtime=0)
CRLF = EVENT.replace(b"\n", b"\r\n")
UTF8 = 'event: x\ndata: {"text":"東"}\n\n'.encode()

WHOLE: dict[str, tuple[Speak, bytes]] = {
    "a content-length": (send(framed(b"{}")), b"{}"),
    "a body up to the end": (send(JSON + b"connection: close\r\n\r\n{}"), b"{}"),
    "two chunks in one event": (send(STREAM, chunk(EVENT[:9]), chunk(EVENT[9:]), b"0\r\n\r\n"), EVENT),
    "one byte at a time": (send(STREAM, *(chunk(EVENT[at : at + 1]) for at in range(20)), b"0\r\n\r\n"), EVENT[:20]),
    "a character cut in two": (send(STREAM, chunk(UTF8[:25]), chunk(UTF8[25:]), b"0\r\n\r\n"), UTF8),
    "CRLF in the frames": (
        send(STREAM + chunk(EVENT.replace(b"\n", b"\r\n")) + b"0\r\n\r\n"),
        EVENT.replace(b"\n", b"\r\n"),
    ),
    "trailers": (send(STREAM + chunk(EVENT) + b"0\r\nx-checksum: 1\r\n\r\n"), EVENT),
    "103 first": (send(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + framed(b"{}")), b"{}"),
    "100 first": (send(b"HTTP/1.1 100 Continue\r\n\r\n" + framed(b"{}")), b"{}"),
    "a header of 20 KB": (send(framed(b"{}", b"x-long: " + b"a" * 20_000)), b"{}"),
    "a header twice": (send(framed(b"{}", b"x-a: 1", b"X-B: 2", b"x-a: 3")), b"{}"),
    "gzip": (send(framed(GZIPPED, b"content-encoding: gzip")), GZIPPED),
    "gzip that is none": (send(framed(b"{}", b"content-encoding: gzip")), b"{}"),
    "an empty body": (send(framed(b"")), b""),
    "a reason of its own": (send(b"HTTP/1.1 529 Site Overloaded!\r\ncontent-length: 2\r\n\r\n{}"), b"{}"),
    "a redirect": (send(b"HTTP/1.1 307 Temporary\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"), b""),
    "HTTP/1.0": (send(b"HTTP/1.0 200 OK\r\nx-a: 1\r\n\r\n{}"), b"{}"),
}

TORN: dict[str, tuple[Speak, bytes]] = {
    "FIN in an event": (send(STREAM + chunk(EVENT) + chunk(EVENT[:9])), EVENT + EVENT[:9]),
    "RST in an event": (send(STREAM + chunk(EVENT) + chunk(EVENT[:9]), reset=True), EVENT + EVENT[:9]),
    "half a chunk": (send(STREAM, chunk(EVENT), b"20\r\n" + EVENT[:9]), EVENT + EVENT[:9]),
    "a bad chunk size": (send(STREAM, chunk(EVENT), b"zz\r\n"), EVENT),
    "a short body": (send(JSON + b"content-length: 9\r\n\r\n{}"), b"{}"),
    "RST in a body up to the end": (send(JSON + b"connection: close\r\n\r\n{}", reset=True), b"{}"),
}


def relay(speak: Speak, folder: Path, ask: bytes = ASK) -> tuple[Outcome, Recording, bytes]:
    with speaking(speak) as (port, requests), recording(port, folder) as made:
        outcome = fetch(made.server.port, ask)
        made.finish()
    return outcome, made, requests[0]


@pytest.mark.parametrize("name", WHOLE)
def test_whole_response_arrives_as_it_came(name: str, tmp_path: Path) -> None:
    speak, body = WHOLE[name]
    outcome, made, _ = relay(speak, tmp_path)

    assert (outcome.body, outcome.ending) == (body, "whole")
    (recorded,) = made.recorder.exchanges
    assert recorded.reception.ending == ""
    assert recorded.reception.body == (b'{"type":"message"}' if name == "gzip" else body)


@pytest.mark.parametrize("name", TORN)
def test_torn_response_is_torn_for_the_client(name: str, tmp_path: Path) -> None:
    speak, body = TORN[name]
    outcome, made, _ = relay(speak, tmp_path)

    assert (outcome.body, outcome.ending) == (body, "torn")
    (recorded,) = made.recorder.exchanges
    assert (recorded.reception.body, recorded.reception.ending) == (body, "close")


def test_request_is_sent_on_as_it_came_but_for_hop_headers(tmp_path: Path) -> None:
    ask = request(
        *("POST", "/v1/messages?beta=true&x=%2F#", asking("Grüße"), "1.1"),
        accept_encoding="gzip, br",
        x_mockclaude_lane="a",
        connection="close, X-Hop",
        x_hop="1",
        te="trailers",
        X_Custom="Kept",
        cookie="session=abc",
    )
    _, made, sent = relay(send(framed(b"{}")), tmp_path, ask)

    head, _, body = sent.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first == "POST /v1/messages?beta=true&x=%2F%23 HTTP/1.1"
    assert lines == [
        f"Host: {made.recorder.exchanges[0].host}",
        "x-api-key: mock",
        "anthropic-version: 2026-10-21",
        "content-type: application/json",
        "accept-encoding: identity",
        "X-Custom: Kept",
        "cookie: session=abc",
        f"content-length: {len(body)}",
    ]
    assert body == asking("Grüße")
    assert made.recorder.exchanges[0].lane == "a"


def test_header_lines_keep_names_and_order(tmp_path: Path) -> None:
    outcome, made, _ = relay(send(framed(b"{}", b"X-Zulu: 1", b"x-a: 2", b"X-Zulu: 3", b"Keep-Alive: 5")), tmp_path)

    assert outcome.headers == (
        "content-type: application/json",
        "X-Zulu: 1",
        "x-a: 2",
        "X-Zulu: 3",
        "content-length: 2",
    )
    assert made.recorder.exchanges[0].reception.headers == (
        *(("content-type", "application/json"), ("x-zulu", "1"), ("x-a", "2"), ("x-zulu", "3")),
    )


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET", "DELETE"])
def test_other_methods_and_paths_are_passed_on(method: str, version: str, tmp_path: Path) -> None:
    ask = request(method, "/v1/organizations/me?a=1", b"", version, connection="close")
    body = b"" if method == "HEAD" else b"{}"
    speak = send(JSON + b"content-length: 2\r\n\r\n" + body)
    with speaking(speak) as (port, requests), recording(port, tmp_path) as made:
        outcome = fetch(made.server.port, ask, method=method)
        assert made.finish() == []
    assert (outcome.body, outcome.ending) == (body, "whole")
    assert requests[0].startswith(f"{method} /v1/organizations/me?a=1 HTTP/1.1\r\n".encode())
    assert made.session.summary.list_passed() == [
        f"1 request to {method} /v1/organizations/me was passed through and is not recorded"
    ]


@pytest.mark.parametrize("status", [204, 304])
def test_response_without_body_has_no_framing(status: int, tmp_path: Path) -> None:
    outcome, _, _ = relay(send(b"HTTP/1.1 %d None\r\nx-a: 1\r\n\r\n" % status), tmp_path)

    assert outcome == Outcome(f"HTTP/1.1 {status} None", ("x-a: 1",), b"", "whole")


def test_client_of_http_1_0_gets_the_body_without_chunks(tmp_path: Path) -> None:
    ask = request("POST", "/v1/messages", asking(), "1.0")
    outcome, _, _ = relay(send(STREAM + chunk(EVENT) + b"0\r\n\r\n"), tmp_path, ask)

    assert (outcome.body, outcome.ending) == (EVENT, "whole")


def test_client_of_http_1_0_gets_a_reset_for_a_torn_body(tmp_path: Path) -> None:
    ask = request("POST", "/v1/messages", asking(), "1.0")
    outcome, _, _ = relay(send(STREAM + chunk(EVENT)), tmp_path, ask)

    assert (outcome.body, outcome.ending) == (EVENT, "torn")


def test_times_are_those_of_the_server(tmp_path: Path) -> None:
    _, made, _ = relay(send(STREAM, chunk(EVENT), chunk(EVENT), b"0\r\n\r\n"), tmp_path)

    reception = made.recorder.exchanges[0].reception
    assert [arrival.end for arrival in reception.arrivals] == [len(EVENT), 2 * len(EVENT)]
    assert 0 < reception.head_us < reception.arrivals[0].at_us < reception.arrivals[1].at_us - 5_000
    assert not reception.is_delayed


def test_connection_is_kept_for_the_next_request(tmp_path: Path) -> None:
    with ServerThread({"": built_in()}) as server, recording(server.port, tmp_path) as made:
        with made.server.connect() as wire:
            wire.send(post("Hello") + post("Hello again", stream=True))  # the second before the first is answered
            assert [wire.response().status for _ in range(2)] == [200, 200]
        assert [exchange.number for exchange in made.finish()] == [1, 2]


def test_expect_100_continue_is_answered_here(tmp_path: Path) -> None:
    head, _, body = post("Hello", expect="100-continue").partition(b"\r\n\r\n")
    with ServerThread({"": built_in()}) as server, recording(server.port, tmp_path) as made:
        with made.server.connect() as wire:
            wire.send(head + b"\r\n\r\n")
            assert wire.head() == b"HTTP/1.1 100 Continue\r\n\r\n"
            wire.send(body)
            assert wire.response().status == 200
        assert len(made.finish()) == 1


def test_large_bodies_arrive_whole(tmp_path: Path) -> None:
    reply = b'{"type":"message","text":"' + b"a" * 30_000_000 + b'"}'
    ask = post("b" * 30_000_000, connection="close")
    outcome, made, sent = relay(send(framed(reply)), tmp_path, ask)

    body = ask.partition(b"\r\n\r\n")[2]
    same = [outcome.body == reply, sent.endswith(body), made.recorder.exchanges[0].reception.body == reply]
    assert same == [True, True, True]  # pytest would compare the bytes one by one


def test_fifty_streams_at_once_do_not_mix(tmp_path: Path) -> None:
    scenario = {"": load_text("pace: {gap: 5ms}\nrules: [{reply: '${{ request.user }}, and some more words of it.'}]")}
    with ServerThread(scenario) as server, recording(server.port, tmp_path) as made:
        wires = [made.server.connect() for _ in range(50)]
        for number, wire in enumerate(wires):
            wire.send(post(f"number-{number}", stream=True))
        bodies = [wire.response().body for wire in wires]
        exchanges = made.finish()
        for wire in wires:
            wire.__exit__()
    assert sorted(exchange.reception.body for exchange in exchanges) == sorted(bodies)
    assert [exchange.number for exchange in exchanges] == list(range(1, 51))


def test_client_that_leaves_does_not_end_the_recording(tmp_path: Path) -> None:
    left = threading.Event()

    def speak(client: socket.socket) -> None:
        client.sendall(STREAM + chunk(EVENT))
        left.wait(PATIENCE)
        for _ in range(20):
            client.sendall(chunk(EVENT))
            time.sleep(0.005)
        client.sendall(b"0\r\n\r\n")

    with speaking(speak) as (port, _), recording(port, tmp_path) as made:
        with made.server.connect() as wire:
            wire.send(ASK)
            wire.head()
            assert wire.read(len(chunk(EVENT))) == chunk(EVENT)
            wire.reset()
        assert made.server.line().ending == "client gone"
        left.set()
        (recorded,) = made.finish()
    assert recorded.reception.body == 21 * EVENT
    assert recorded.events_sent == 1
    assert recorded.reception.ending == ""


def test_server_is_read_ahead_of_a_slow_client(tmp_path: Path) -> None:
    size = 32 * MAX_AHEAD
    with speaking(send(framed(b"a" * size))) as (port, _), recording(port, tmp_path) as made:
        with made.server.connect() as wire:
            wire.send(ASK)
            wire.head()
            time.sleep(0.2)
            assert len(wire.rest()) == size
        (recorded,) = made.finish()
    assert recorded.reception.is_delayed


@pytest.mark.parametrize("begun", [b"", STREAM + chunk(EVENT)])
def test_server_that_hangs_is_left_after_the_timeout(begun: bytes, tmp_path: Path) -> None:
    done = threading.Event()

    def speak(client: socket.socket) -> None:
        client.sendall(begun)
        done.wait(PATIENCE)

    with speaking(speak) as (port, _), recording(port, tmp_path, timeout=0.2) as made:
        outcome = fetch(made.server.port, ASK)
        done.set()
        exchanges = made.finish()
    if begun:
        assert (outcome.body, outcome.ending) == (EVENT, "torn")
        assert exchanges[0].reception.ending == "close"
    else:
        assert json.loads(outcome.body)["error"]["message"].endswith(": nothing arrived for 0.2 s")


def test_refused_connection_is_a_502(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with recording(port, tmp_path) as made:
        outcome = fetch(made.server.port, ASK)

    assert outcome.status == "HTTP/1.1 502 Bad Gateway"
    message = json.loads(outcome.body)["error"]["message"]
    assert message == f"No response from 127.0.0.1:{port}: connection refused"
    assert made.journal.entries()[0].reason == message


def test_rules_are_asked_first(tmp_path: Path) -> None:
    scenario = load_text("rules: [{times: 2, reply: {error: 529}}, {when: {endpoint: models}, reply: {error: 500}}]")
    with ServerThread({"": built_in()}) as server, recording(server.port, tmp_path, scenario) as made:
        statuses = [made.server.ask(post("Hello")).status for _ in range(3)]
        models = made.server.ask(request("GET", "/v1/models")).status
        exchanges = made.finish()
    assert (statuses, models) == ([529, 529, 200], 500)
    assert [exchange.number for exchange in exchanges] == [3]
    assert [entry.reason for entry in made.journal.entries()][2] == "passed on"


def test_journal_has_the_response(tmp_path: Path) -> None:
    _, made, _ = relay(send(STREAM, chunk(EVENT), b"0\r\n\r\n"), tmp_path)

    (entry,) = made.journal.entries()
    assert (entry.status, entry.reason, entry.ending, entry.streamed) == (200, "passed on", "", True)
    assert entry.response is not None
    assert entry.response.endswith(chunk(EVENT) + b"0\r\n\r\n")
    assert len(entry.sent) == 3


def test_judgement_is_kept(tmp_path: Path) -> None:
    ask = request("POST", "/v1/messages", asking(temperature=7), connection="close")
    _, made, _ = relay(send(framed(b"{}")), tmp_path, ask)

    assert "temperature" in made.recorder.exchanges[0].refusal


def test_strange_host_is_refused_here(tmp_path: Path) -> None:
    with recording(1, tmp_path) as made:
        assert made.server.ask(post("Hello", host="evil.example")).status == 403
        for ask in (request("GET", "/v1/x", x_mockclaude_lane="a", origin="http://evil.example"), FROM_PAGE):
            assert made.server.ask(ask).status == 403


def test_admin_paths_stay_here(tmp_path: Path) -> None:
    with recording(1, tmp_path) as made:
        assert made.server.ask(request("GET", "/_mockclaude/journal")).status == 200
        assert made.server.ask(request("GET", "/")).status == 200


def test_compressed_request_is_sent_as_it_came(tmp_path: Path) -> None:
    packed = gzip.compress(asking("Hello"), mtime=0)
    ask = request("POST", "/v1/messages", packed, content_encoding="gzip", connection="close")
    _, made, sent = relay(send(framed(b"{}")), tmp_path, ask)

    assert sent.endswith(packed)
    assert made.recorder.exchanges[0].body == asking("Hello")


def test_undecodable_request_is_not_recorded(tmp_path: Path) -> None:
    ask = request("POST", "/v1/messages", asking("Hello"), content_encoding="br", connection="close")
    outcome, made, _ = relay(send(framed(b"{}")), tmp_path, ask)

    assert outcome.ending == "whole"
    assert made.recorder.exchanges == []
    message = "request 1 (POST /v1/messages) is not recorded: cannot decompress its body (br)"
    assert made.session.summary.problems == [message]
