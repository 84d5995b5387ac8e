"""A server under load, in a process of its own: `python -m tests.load.server FILE`, asked questions on standard input.

In: a scenario file; then lines, each a key of `ANSWERS`. Out: the port, and for each line one of JSON.
It serves as the command does, but for the log of requests, which it counts only.
"""

import asyncio
import gc
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import web

from mockclaude.journal.entry import JournalEntry
from mockclaude.scenario.loading.loader import load
from mockclaude.server.listener import Listener
from mockclaude.server.process import allow_many_connections, spare_the_collector
from mockclaude.server.protocol import make_server
from mockclaude.server.run import run
from mockclaude.server.site import Site


class Complaints(logging.Handler):
    """Counts what is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1
        print(self.format(record), file=sys.stderr)


class Loaded(NamedTuple):
    """What the questions are about."""

    site: Site
    endings: Counter[str]
    complaints: Complaints


def memory(pid: int | str = "self") -> int:
    """Return how many bytes of memory a process has in use."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def left(loaded: Loaded) -> dict[str, int]:
    """Return what is in use now, and how often something was logged that nobody should see."""
    gc.collect()
    descriptors = len(os.listdir("/proc/self/fd"))
    return {
        "tasks": len(asyncio.all_tasks()),
        "descriptors": descriptors,
        "complaints": loaded.complaints.count,
        "memory": memory(),
    }


def endings(loaded: Loaded) -> dict[str, int]:
    """Return how many requests ended in which way, and forget it."""
    counted = dict(loaded.endings)
    loaded.endings.clear()
    return counted


def times(loaded: Loaded) -> list[list[list[int]]]:
    """Return for each request of the journal when each write was planned and when it was done; forget them."""
    entries = loaded.site.journal.entries()
    loaded.site.journal.clear()
    return [[[at for at, _ in entry.planned], entry.sent] for entry in entries]


def kept(loaded: Loaded) -> int:
    """Return how many requests the journal keeps."""
    return len(loaded.site.journal)


ANSWERS: dict[str, Callable[[Loaded], Any]] = {"left": left, "endings": endings, "times": times, "kept": kept}


async def serve(file: Path) -> None:
    """Serve until standard input ends."""
    counted: Counter[str] = Counter()
    logging.getLogger().addHandler(complaints := Complaints())

    def log(entry: JournalEntry) -> None:
        counted[entry.ending] += 1

    listener = Listener("127.0.0.1", 0)
    site = Site({"": load([file])})
    site.journal.subscribe("ended", log)
    site.refuse = listener.refuse
    runner = web.ServerRunner(make_server(site), shutdown_timeout=0)
    await runner.setup()
    await listener.open(runner)
    spare_the_collector()
    asyncio.get_running_loop().add_reader(
        sys.stdin, asked, Loaded(site, counted, complaints), stopped := asyncio.Event()
    )
    print(listener.port, flush=True)
    await stopped.wait()
    await listener.close()
    await runner.cleanup()


def asked(loaded: Loaded, stopped: asyncio.Event) -> None:
    """Decision one line of standard input."""
    if question := sys.stdin.readline().strip():
        print(json.dumps(ANSWERS[question](loaded)), flush=True)
    else:
        stopped.set()


if __name__ == "__main__":
    allow_many_connections()
    run(serve(Path(sys.argv[1])))
