"""A recorder in a thread, and servers behind it: another mockclaude, or a socket that sends what a test says."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from mockclaude.journal.journal import Journal
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.proxy.session import RecordingSession
from mockclaude.proxy.upstream import USUAL_LIMITS, KeptLimits, Upstream
from mockclaude.scenario.recording.exchange import Exchange
from mockclaude.scenario.rules import Scenario
from mockclaude.server.recording_site import RecordingSite
from mockclaude.server.relay import Relay
from mockclaude.testing.background import BackgroundServer
from tests.serving import PATIENCE, Running


class PlainRecorder(Recorder):
    """A recorder that redacts nothing, and whose lines have the numbers and statuses of the exchanges."""

    def __init__(self) -> None:
        super().__init__(RecorderSettings(), {})
        self.keys: list[str] = []
        self.exchanges: list[Exchange] = []

    def add_request(self, headers: Mapping[str, str]) -> bool:
        self.keys.append(headers.get("x-api-key", ""))
        return False

    def redact_text(self, text: str) -> str:
        return text

    def redact(self, exchange: Exchange) -> Exchange:
        self.exchanges.append(exchange)
        return exchange

    def to_line(self, exchange: Exchange) -> bytes:
        return b"%d %d" % (exchange.number, exchange.reception.status)


class Recording(NamedTuple):
    """A running recorder, and what it has collected."""

    server: Running
    session: RecordingSession
    recorder: PlainRecorder
    relay: Relay
    background: BackgroundServer
    journal: Journal
    part: Path

    def finish(self) -> list[Exchange]:
        """Wait for the ends of all responses; return the exchanges."""
        self.background.run(self.relay.finish())
        return self.session.finish()


@contextmanager
def recording(
    port: int,
    folder: Path,
    scenario: Scenario | Mapping[str, Scenario] | None = None,
    timeout: float = PATIENCE,
    recorder: Recorder | None = None,
    limits: KeptLimits = USUAL_LIMITS,
    path: str = "",
) -> Iterator[Recording]:
    """Run a recorder of the server on a port, below a path."""
    plain, part = PlainRecorder(), folder / "tide.yaml.part"
    session = RecordingSession(f"127.0.0.1:{port}", part, recorder or plain)
    relay = Relay(Upstream(f"http://127.0.0.1:{port}{path}", timeout=timeout, limits=limits), session)
    journal = Journal()
    scenarios = scenario if isinstance(scenario, Mapping) else {"": scenario or Scenario(())}
    site = RecordingSite(scenarios, relay, journal=journal)
    background = BackgroundServer(site)
    running = Running(background.start())
    journal.subscribe("ended", running.lines.put)
    made = Recording(running, session, plain, relay, background, journal, part)
    try:
        yield made
    finally:
        made.finish()
        background.stop()


Speak = Callable[[socket.socket], None]
"""Sends a response on a connection whose request has arrived."""


@contextmanager
def speaking(*turns: Speak, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """Run a server whose connections are answered by functions; yield its port and the requests."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            for speak in turns:
                client, _ = listener.accept()
                with suppress(ssl.SSLError), tls.wrap_socket(client, server_side=True) if tls else client as client:
                    requests.append(read_request(client))
                    speak(client)

        thread = threading.Thread(target=accept)
        thread.start()
        yield listener.getsockname()[1], requests
        thread.join(PATIENCE)


def read_request(client: socket.socket) -> bytes:
    """Read a request with `content-length`."""
    data = bytearray()
    while b"\r\n\r\n" not in data:
        data += client.recv(65536)
    head = bytes(data.partition(b"\r\n\r\n")[0])
    lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    size = len(head) + 4 + int(lines.get(b"content-length", 0))
    while len(data) < size:
        data += client.recv(65536)
    return bytes(data)
