"""The servers that are compared: how each is installed, given its reply, started and observed.

mockclaude finds the reply behind rules that do not match; the other mocks have no other rule. They are installed from
their registries, each in an environment of its own below a cache folder.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks import cases
from tests.benchmarks.cases import REPLY
from tests.benchmarks.load import HOST, NUMBER, Request, fetch

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mockclaude-benchmarks"
ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60
"""Seconds in which a server starts."""
_INSTALL_SECONDS = 300
_PIP = ("{python} -m venv {home}", "{home}/bin/python -m pip install -qq --upgrade {package}")
_NPM = ("npm install --silent --no-audit --no-fund --prefix {home} {package}@latest",)


@dataclass(frozen=True)
class Server:
    """How to start a server; the packages to install for it; and its replies, if they cannot be chosen."""

    name: str
    start: str
    package: str = ""
    install: tuple[str, ...] = _PIP
    path: str = "/v1/messages"
    configure: tuple[str, bytes] | None = None
    skipped: frozenset[str] = frozenset()
    reply: str = REPLY
    note: str = ""


BARE = Server("bare aiohttp", "{python} -m tests.benchmarks.bare app {folder}/bare {port}", path="/{case}/v1/messages")
LOW_LEVEL = Server(
    "aiohttp's low-level server",
    "{python} -m tests.benchmarks.bare server {folder}/bare {port}",
    path="/{case}/v1/messages",
)
RAW = Server(
    "asyncio with httptools",
    "{home}/bin/python tests/benchmarks/raw.py {folder}/bare {port}",
    package="httptools orjson uvloop",
    path="/{case}/v1/messages",
)
MOCKCLAUDE = Server("mockclaude", "{python} -m mockclaude serve {folder}/mockclaude.yaml --port {port}")
WITHOUT_FILE = Server("mockclaude, no file", "{python} -m mockclaude serve --port {port}", reply="")
AIMOCK = Server(
    "aimock",
    "{home}/node_modules/.bin/aimock --config {folder}/aimock.json --port {port}",
    package="@copilotkit/aimock",
    install=_NPM,
)
_LLMOCK_REPLY = {"behaviors": [{"type": "reply", "text": REPLY, "times": None}]}
PEERS = (
    AIMOCK,
    Server(
        "fakellm",
        "{home}/bin/fakellm serve --config {folder}/fakellm.yaml --port {port}",
        package="fakellm",
        skipped=frozenset({"small-sse"}),
        note="stream skipped, since it waits 10 ms after each word",
    ),
    Server(
        "llmock",
        "{home}/bin/llmock serve --port {port}",
        package="llmock",
        path="/anthropic/v1/messages",
        configure=("/_llmock/scenario", json.dumps(_LLMOCK_REPLY).encode()),
    ),
    Server(
        "mock-ai-api",
        "{home}/bin/python -m uvicorn app.anthropic_app:app --host 127.0.0.1 --port {port}",
        package="mock-ai-api",
        reply="Hello. It's nice to meet you.",
        skipped=frozenset({"small-sse"}),
        note="its fixed reply has 29 characters; stream skipped, since it waits 40 ms after each part",
    ),
)


def scenario_server(name: str) -> Server:
    """Return mockclaude with a scenario file of the folder."""
    return Server(name, f"{{python}} -m mockclaude serve {{folder}}/{name}.yaml --port {{port}}")


def write_files(folder: Path) -> None:
    """Write the files that the servers read."""
    (folder / "bare").mkdir(exist_ok=True)
    rule = {"name": "only", "when": {"messages_contain": "benchmark"}, "respond": {"content": REPLY}}
    fixture = {"match": {"userMessage": "benchmark"}, "response": {"content": REPLY}}
    (folder / "mockclaude.yaml").write_text(cases.scenario())
    (folder / "fakellm.yaml").write_text(json.dumps({"version": 1, "rules": [rule]}))
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": [fixture]}))
    (folder / "aimock.json").write_text(json.dumps({"llm": {"fixtures": f"{folder}/fixtures.json"}}))


class Running(NamedTuple):
    """A server that has answered its first request, and the seconds until then."""

    server: Server
    pid: int
    port: int
    seconds: float

    @property
    def cpu(self) -> float:
        """The seconds of CPU that the process has used, in all its threads."""
        return time.clock_gettime(~self.pid << 3 | 2)  # Linux: the clock of another process

    @property
    def memory(self) -> float:
        """The megabytes of memory that the process has in use."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


class Workplace(NamedTuple):
    """The folder of the servers' files, the folder of the installed packages, and whether there is no network."""

    folder: Path
    cache: Path
    offline: bool

    def home(self, server: Server) -> Path:
        return self.cache / server.package.replace("/", "-").replace(" ", "-")

    def install(self, server: Server) -> str:
        """Install the newest packages of a server, and return their versions; nothing if it has none.

        Raises:
            OSError: The packages are not installed, and cannot be.
        """
        home = self.home(server)
        if not server.package or (self.offline and _versions(home, server.package)):
            return _versions(home, server.package)
        print(f"installing {server.package} into {home}", file=sys.stderr)
        try:
            if self.offline:
                raise OSError
            for command in server.install:
                arguments = self._command(command, home=home, package=server.package)
                subprocess.run(arguments, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError):
            if not _versions(home, server.package):
                shutil.rmtree(home, ignore_errors=True)
                raise OSError(f"skipped: '{server.package}' cannot be installed, is there a network?") from None
        return _versions(home, server.package)

    def _command(self, text: str, **values: object) -> list[str]:
        parts = [part.format(python=sys.executable, folder=self.folder, **values) for part in text.split()]
        return [word for part in parts for word in part.split(" ")] if "{package}" in text else parts

    def launch(self, server: Server) -> tuple[subprocess.Popen[bytes], int, float]:
        """Start the process of a server."""
        with socket.socket() as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
        command = self._command(server.start, home=self.home(server), port=port)
        with (self.folder / f"{server.name}.log".replace(" ", "-")).open("w") as log:
            begun = time.perf_counter()
            return subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT), port, begun

    @contextmanager
    def running(self, *servers: Server, first: bytes = b"") -> Iterator[list[Running]]:
        """Start servers together; yield them when each has answered a first request; stop them."""
        launched = [(server, *self.launch(server)) for server in servers]
        try:
            yield [
                Running(server, process.pid, port, self._wait(server, process, port, first) - begun)
                for server, process, port, begun in launched
            ]
        finally:
            for _, process, _, _ in launched:
                process.kill()
                process.wait()

    def _wait(self, server: Server, process: subprocess.Popen[bytes], port: int, first: bytes) -> float:
        deadline = time.perf_counter() + PATIENCE
        body = first or FIRST.body
        while True:
            with suppress(ConnectionError):
                fetch(port, server.path.format(case=FIRST_CASE), body)
                break
            if process.poll() is not None or time.perf_counter() > deadline:
                log = self.folder / f"{server.name}.log".replace(" ", "-")
                raise OSError(f"{server.name} does not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.001)
        answered = time.perf_counter()
        if server.configure:
            fetch(port, *server.configure)
        return answered


FIRST_CASE = "small-json"
FIRST: Request = cases.CASES[FIRST_CASE].request()


def _versions(home: Path, packages: str) -> str:
    """Return the names and versions of installed packages; nothing if one is missing."""
    versions = [f"{package} {version}" for package in packages.split() for version in _version(home, package)]
    return ", ".join(versions) if len(versions) == len(packages.split()) else ""


def _version(home: Path, package: str) -> Iterator[str]:
    manifest = home / "node_modules" / package / "package.json"
    if manifest.exists():
        yield json.loads(manifest.read_text())["version"]
    for info in home.glob(f"lib/python*/site-packages/{package.replace('-', '_')}-*.dist-info"):
        yield info.name.removesuffix(".dist-info").rpartition("-")[2]


def capture(running: Running, folder: Path) -> None:
    """Save the responses of mockclaude to each case: the bytes that the bare servers send.

    Raises:
        LoadError: A response has not the text of the reply.
    """
    for name, case in cases.CASES.items():
        body = case.request().body.replace(NUMBER.encode(), b"123456789")
        response = fetch(running.port, "/v1/messages", body)
        cases.check_reply(response, case.text, streamed=case.streamed)
        (folder / "bare" / f"{name}.{'sse' if case.streamed else 'json'}").write_bytes(response)
