"""How each server is installed, given its reply and started: a table, and what it takes to run a row of it.

All give the same reply. mockclaude finds it behind 19 rules that do not match; the peers have no other.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tests.benchmarks.load import ask

REPLY = "nineteen-characters " * 100


@dataclass(frozen=True)
class Server:
    """How to start it and what to tell it then; a peer's package, and how to install that into {home}."""

    name: str
    start: str
    package: str = ""
    install: tuple[str, ...] = ("{python} -m venv {home}", "{home}/bin/python -m pip install -qq {package}")
    path: str = "/v1/messages"
    tell: tuple[str, bytes] | None = None
    cannot: dict[str, str] = field(default_factory=dict)


BARE = Server("bare aiohttp", "{python} -m tests.benchmarks.bare {folder}/messages {folder}/streamed {port}")
MOCKCLAUDE = Server("mockclaude", "{python} -m mockclaude serve {folder}/mockclaude.yaml --port {port}")
WITHOUT_FILE = Server("mockclaude, no file", "{python} -m mockclaude serve --port {port}")
LLMOCK_REPLY = {"behaviors": [{"type": "reply", "text": REPLY, "times": None}]}
SERVERS = (
    BARE,
    MOCKCLAUDE,
    Server(
        "aimock",
        "{home}/node_modules/.bin/aimock --config {folder}/aimock.json --port {port}",
        package="@copilotkit/aimock@1.43.0",
        install=("npm install --silent --prefix {home} {package}",),
    ),
    Server(
        "fakellm",
        "{home}/bin/fakellm serve --config {folder}/fakellm.yaml --port {port}",
        package="fakellm==0.3.5",
        cannot={"streamed": "it sleeps 10 ms after each word of a stream, with no setting for it"},
    ),
    Server(
        "llmock",
        "{home}/bin/llmock serve --port {port}",
        package="llmock==0.2.2",
        path="/anthropic/v1/messages",
        tell=("/_llmock/scenario", json.dumps(LLMOCK_REPLY).encode()),
    ),
)


def write_files(folder: Path) -> None:
    """Write what the servers read."""
    rules = [{"name": f"rule {n}", "when": {"user": f"something nobody asks {n}"}, "reply": "no"} for n in range(19)]
    rules.append({"name": "the last", "when": {"user": "benchmark"}, "reply": REPLY})
    rule = {"name": "only", "when": {"messages_contain": "benchmark"}, "respond": {"content": REPLY}}
    fixture = {"match": {"userMessage": "benchmark"}, "response": {"content": REPLY}}
    (folder / "mockclaude.yaml").write_text(yaml.safe_dump({"rules": rules}))
    (folder / "fakellm.yaml").write_text(yaml.safe_dump({"version": 1, "rules": [rule]}))
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": [fixture]}))
    (folder / "aimock.json").write_text(json.dumps({"llm": {"fixtures": f"{folder}/fixtures.json"}}))


def install(server: Server, home: Path) -> None:
    if server.package and not (home / "complete").exists():
        print(f"installing {server.package} into {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        for text in server.install:
            subprocess.run(_command(text, home=home, package=server.package), check=True)
        (home / "complete").touch()


def _command(text: str, **given: object) -> list[str]:
    return [part.format(python=sys.executable, **given) for part in text.split()]


@contextmanager
def running(server: Server, folder: Path, cache: Path, data: bytes) -> Iterator[tuple[int, float]]:
    """Start `server`; yield its port, and the seconds until it first answered `data`; stop it."""
    home, log = cache / server.package.replace("/", "-"), folder / "log"
    install(server, home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = _command(server.start, folder=folder, home=home, port=port)
    begun = time.perf_counter()
    with log.open("w") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            while True:
                with suppress(ConnectionError):
                    ask(port, server.path, data)
                    break
                if process.poll() is not None or time.perf_counter() > begun + 30:
                    raise RuntimeError(f"it does not start: {log.read_text()[-500:]}")
                time.sleep(0.001)
            seconds = time.perf_counter() - begun
            if server.tell:
                ask(port, *server.tell)
            yield port, seconds
        finally:
            process.kill()
