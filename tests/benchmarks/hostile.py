"""`python -m tests.benchmarks.hostile`: what requests that are made to cost much take of the server's CPU and memory.

Sends every request of the corpus to a server of its own process, twice, and prints the CPU time of the dearer one, the
worst first; then the same for files of many rules, each in a server of its own; then the same for a request of a coding
agent; then how much memory many hostile requests leave behind, after one of each, which loads the libraries that they
need.
Needs Linux, whose /proc has the figures. Ends with 1 if a target is missed.
"""

import os
import socket
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.benchmarks.cases import agent
from tests.benchmarks.corpus import CORPUS, Request, ask, request
from tests.benchmarks.load import HEADERS
from tests.benchmarks.rule_files import RULE_FILES

SIZE = 950_000
SMALL = 50_000
"""Bytes of the requests of which many are sent."""
AGENT_SIZE = 200_000
TARGET, AGENT_TARGET, MEMORY_TARGET = 250.0, 10.0, 100.0
"""Milliseconds of CPU for each request, for that of an agent, and megabytes after all of them."""
TIMEOUT = 60


class Server(NamedTuple):
    """A server in a process of its own."""

    pid: int
    port: int

    def send(self, given: Request) -> int:
        """Return the status of the response, once it is read."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)) as connection:
            connection.request("POST" if given.body else "GET", given.path, given.body, {**HEADERS, **given.headers})
            response = connection.getresponse()
            response.read()
            return response.status

    def cpu(self) -> float:
        """Return the milliseconds of CPU that the process has used, in all its threads."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6

    def memory(self) -> float:
        """Return the megabytes that the process holds."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cost(self, given: Request) -> tuple[float, int]:
        """Return the milliseconds of CPU that a request takes, and the status of its response."""
        before = self.cpu()
        status = self.send(given)
        return self.cpu() - before, status


@contextmanager
def running(*files: str) -> Iterator[Server]:
    """Run a server of scenario files, or of the built-in scenario; it has answered a request."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mockclaude", "serve", "--port", str(port), *files]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        server = Server(process.pid, port)
        try:
            while process.poll() is None:
                with suppress(ConnectionError):
                    server.send(request(ask()))
                    break
                time.sleep(0.01)
            yield server
        finally:
            process.terminate()


class Row(NamedTuple):
    """What a request of the corpus took."""

    cpu: float
    kilobytes: float
    status: int
    name: str


def measured(server: Server, name: str, given: Request) -> Row:
    (first, status), (again, _) = server.cost(given), server.cost(given)
    return Row(max(first, again), len(given.body) / 1e3, status, name)


def measured_rules(name: str, size: int) -> Row:
    """Measure the request of a file of many rules."""
    rule_file = RULE_FILES[name]
    with TemporaryDirectory() as folder:
        file = Path(folder, "rules.json")
        file.write_text(rule_file.content())
        with running(str(file)) as server:
            return measured(server, name, rule_file.build(size))


def show(rows: list[Row], what: str) -> None:
    rows.sort(reverse=True)
    lines = (f"{row.cpu:8.1f}  {row.kilobytes:5.0f}  {row.status}     {row.name}" for row in rows)
    print("  ms CPU  KB     status  request", *lines, sep="\n")
    print(f"\n{len(rows)} {what}, the worst {rows[0].cpu:.0f} ms; {verdict(rows[0].cpu, TARGET)}")


def verdict(figure: float, target: float) -> str:
    return f"<= {target:g}: {'met' if figure <= target else 'MISSED'}"


def main() -> bool:
    parser = ArgumentParser(prog="python -m tests.benchmarks.hostile", description=__doc__)
    parser.add_argument(
        "--only", default="", help="measure the requests and rule files whose name contains this, and nothing else"
    )
    parser.add_argument("--size", type=int, default=SIZE, help="bytes of a request (%(default)s)")
    parser.add_argument("--requests", type=int, default=10_000, help="sent before memory is measured (%(default)s)")
    given = parser.parse_args()
    names = [name for name in CORPUS if given.only in name]
    with running() as server:
        rows = [measured(server, name, CORPUS[name](given.size)) for name in names]
    ruled = [measured_rules(name, given.size) for name in RULE_FILES if given.only in name]
    for shown, what in ((rows, "requests"), (ruled, "files of many rules")):
        if shown:
            show(shown, what)
    is_missed = any(row.cpu > TARGET for row in (*rows, *ruled))
    if given.only:
        return is_missed
    with running() as server:
        reading = request(agent(AGENT_SIZE))
        spent = median(server.cost(reading)[0] for _ in range(20))
        print(f"an agent's request of {len(reading.body) / 1e3:.0f} KB: {spent:.1f} ms; {verdict(spent, AGENT_TARGET)}")
        for name in names:
            server.send(CORPUS[name](SMALL))
        before = server.memory()
        for number, name in enumerate(islice(cycle(names), given.requests)):
            server.send(CORPUS[name](SMALL + number))
        more = server.memory() - before
        print(f"{given.requests} requests of {SMALL // 1000} KB: {more:.0f} MB more; {verdict(more, MEMORY_TARGET)}")
    return is_missed or spent > AGENT_TARGET or more > MEMORY_TARGET


if __name__ == "__main__":
    sys.exit(main())
