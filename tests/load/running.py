"""The server of a check, from outside: it is started, asked, and stopped; and what a check has to say.

In: a scenario. Out: a `Server` on a free port of this machine, and lines of a table.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.load.server import memory

SETTLED = 5.0
"""Seconds within which everything that a client has left must be gone."""


class Line(NamedTuple):
    """One line of the table: what was checked, what came of it, what was expected, and whether it was so."""

    what: str
    measured: str
    expected: str
    passed: bool


class Server:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.port = int(self._said())

    def _said(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server ended with {self._process.wait()}")
        return line

    def ask(self, question: str) -> Any:
        """Return the answer to one of the questions that `tests.load.server` knows."""
        assert self._process.stdin
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return json.loads(self._said())

    @property
    def memory(self) -> int:
        """How many bytes of memory it has in use."""
        return memory(self._process.pid)

    def settled(self, before: dict[str, int]) -> dict[str, int]:
        """Return what is in use once tasks and descriptors are as `before`, or time is up."""
        deadline = time.monotonic() + SETTLED
        while True:
            now: dict[str, int] = self.ask("left")
            as_before = all(now[what] <= before[what] for what in ("tasks", "descriptors"))
            if as_before or time.monotonic() > deadline:
                return now
            time.sleep(0.05)


@contextmanager
def serving(scenario: str) -> Iterator[Server]:
    """Serve the text of a scenario for as long as the block takes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.yaml"
        file.write_text(scenario, encoding="utf-8")
        command = [sys.executable, "-m", "tests.load.server", str(file)]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            try:
                yield Server(process)
            finally:
                process.kill()


def megabytes(count: float) -> str:
    return f"{count / 1e6:.1f} MB"
