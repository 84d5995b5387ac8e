"""The start of the server and its memory, beside a process that imports aiohttp and pydantic and does nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

from tests.benchmarks.cases import CASES
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import connect
from tests.benchmarks.servers import MOCKCLAUDE, WITHOUT_FILE, Workplace
from tests.benchmarks.table import Results

_IMPORTS = """
import os, sys, time
from pathlib import Path
for name in sys.argv[1:]:
    __import__(name)
print(time.process_time(), int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6)
"""
BASE = ("aiohttp.web", "pydantic")
_NEEDED = "ahocorasick_rs click imagesize jmespath jsonschema_rs orjson re2 uvloop yaml"
DEPENDENCIES = (*BASE, *_NEEDED.split())
"""What a server of a scenario file may need; Faker, pypdf and rstr are for generated replies."""


class Imported(NamedTuple):
    """A process that has imported modules: seconds from start to end, seconds of CPU, megabytes."""

    seconds: float
    cpu: float
    memory: float


def _import(*names: str) -> Imported:
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _IMPORTS, *names], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    cpu, memory = map(float, done.stdout.split())
    return Imported(seconds, cpu, memory)


def measure_start(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure the start, with a file and without: the uncounted rounds write the bytecode."""
    more, more_cpu, without = [], [], []
    for number in range(-effort.uncounted, effort.rounds):
        base = _import(*BASE)
        with workplace.running(MOCKCLAUDE) as (ours,):
            seconds, cpu = ours.seconds - base.seconds, ours.cpu - base.cpu
        with workplace.running(WITHOUT_FILE) as (ours,):
            generated = ours.seconds - base.seconds
        if number >= 0:
            more.append(seconds * 1e3)
            more_cpu.append(cpu * 1e3)
            without.append(generated * 1e3)
    beside = f"{median(more_cpu):.0f} ms of CPU; without a file {median(without):.0f} ms"
    results.add("start", more, beside)


def measure_memory(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure memory after the first response, and with idle connections that have sent one request each."""
    more, whole, dependencies = [], [], []
    for _ in range(effort.rounds):
        base = _import(*BASE)
        dependencies.append(_import(*DEPENDENCIES).memory - base.memory)
        with workplace.running(MOCKCLAUDE) as (ours,):
            whole.append(ours.memory)
            more.append(ours.memory - base.memory)
    beside = f"{median(whole):.0f} MB in total; importing the other dependencies takes {median(dependencies):.0f} MB"
    results.add("memory-first", more, beside)
    request = CASES["varied-json"].request()
    with workplace.running(MOCKCLAUDE) as (ours,), connect(ours.port, effort.idle) as connections:
        for connection in connections:
            connection.ask(request)
        results.add("memory-idle", [ours.memory])
