"""`python -m tests.benchmarks`: mockclaude beside bare aiohttp and its peers, on this machine, in one run.

Every round starts each server afresh, checks its answer, drives it and stops it; figures are compared within a round.
All have their bytecode cached, as when installed. Prints medians (least..greatest); ends with 1 if a figure is void.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from operator import sub, truediv
from pathlib import Path
from statistics import median

from tests.benchmarks import servers
from tests.benchmarks.judging import TARGET as JUDGING_TARGET
from tests.benchmarks.judging import judge
from tests.benchmarks.load import CASES, SIZE, WRK, Case, checked, drive
from tests.benchmarks.servers import BARE, MOCKCLAUDE, REPLY, SERVERS, WITHOUT_FILE, Server

WARM_UP = 1
START, START_TARGET = "start", 150
JUDGING = "judging"
IMPORTS = "import aiohttp.web, pydantic"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mockclaude-benchmarks"

Measures = dict[str, Callable[[], float]]
Table = list[list[str]]


def in_turn(rounds: int, measures: Measures, notes: dict[str, str]) -> dict[str, list[float]]:
    """Measure each in turn, `rounds` times over. One that fails is void: no figures, and a note says why."""
    figures: dict[str, list[float]] = {name: [] for name in measures}
    for name in [*measures] * rounds:
        try:
            if not notes.get(name, "").startswith("void"):
                figures[name].append(measures[name]())
        except Exception as failure:
            figures[name], notes[name] = [], f"void: {type(failure).__name__}: {' '.join(str(failure).split())}"
    return figures


def load(case: Case, given: Namespace) -> Table:
    notes: dict[str, str] = {}

    def rate(server: Server) -> float:
        with servers.running(server, given.folder, given.cache, case.data) as (port, _):
            deltas = checked(case, port, server.path, REPLY).count(b"event: content_block_delta")
            notes[server.name] = f"{deltas} deltas" if deltas else ""
            drive(case, port, server.path, WARM_UP, given.folder)
            return drive(case, port, server.path, given.seconds, given.folder)

    able = [server for server in SERVERS if case.name not in server.cannot]
    rates = in_turn(given.rounds, {server.name: partial(rate, server) for server in able}, notes)
    table = [[case.name, "requests/s", "of bare aiohttp", "mockclaude is", "target", ""]]
    for server in SERVERS:
        mine = rates.get(server.name, [])
        ours = list(map(truediv, rates[MOCKCLAUDE.name], mine))
        least = case.targets.get(server.name)
        target = f">= {least:.2f}: {'met' if median(ours) >= least else 'MISSED'}" if least and ours else ""
        spreads = [spread(mine, ",.0f"), spread(list(map(truediv, mine, rates[BARE.name]))), spread(ours)]
        table.append([server.name, *spreads, target, server.cannot.get(case.name) or notes[server.name]])
    return table


def start(given: Namespace) -> Table:
    def imports() -> float:
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", IMPORTS], check=True)
        return (time.perf_counter() - begun) * 1e3

    def first_answer(server: Server) -> float:
        with servers.running(server, given.folder, given.cache, CASES[0].data) as (_, seconds):
            return seconds * 1e3

    notes: dict[str, str] = {}
    measures: Measures = {IMPORTS: imports}
    measures.update((each.name, partial(first_answer, each)) for each in (WITHOUT_FILE, *SERVERS))
    in_turn(1, measures, {})
    spent = in_turn(given.rounds, measures, notes)
    table = [[START, "ms to the first answer", "more than the imports", "target", ""]]
    for name, mine in spent.items():
        more = list(map(sub, mine, spent[IMPORTS]))
        aimed = more and name in (MOCKCLAUDE.name, WITHOUT_FILE.name)
        target = f"<= {START_TARGET}: {'met' if median(more) <= START_TARGET else 'MISSED'}" if aimed else ""
        table.append([name, spread(mine, ".0f"), spread(more, ".0f"), target, notes.get(name, "")])
    return table


def judging(given: Namespace) -> Table:
    rounds = judge(given.rounds)
    ratios = [answered / parsed for parsed, answered in rounds]
    target = f"<= {JUDGING_TARGET}: {'met' if median(ratios) <= JUDGING_TARGET else 'MISSED'}"
    parsing, answering = zip(*rounds, strict=True)
    return [
        [JUDGING, "ms to parse 200 KB", "ms to judge and answer it", "of parsing", "target", ""],
        [MOCKCLAUDE.name, spread(list(parsing)), spread(list(answering)), spread(ratios), target, ""],
    ]


def spread(figures: list[float], form: str = ".3g") -> str:
    return f"{median(figures):{form}} ({min(figures):{form}}..{max(figures):{form}})" if figures else "-"


def show(table: Table) -> None:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    rows = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    print("", rows[0], "-" * len(rows[0]), *rows[1:], sep="\n", flush=True)


def arguments() -> Namespace:
    names = [*(case.name for case in CASES), START, JUDGING]
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="how long a server is driven in a round")
    parser.add_argument("--only", nargs="+", choices=names, default=names, help="the cases to measure")
    parser.add_argument("--cache", type=Path, default=CACHE, help="for installed peers (%(default)s)")
    return parser.parse_args()


def main() -> bool:
    given = arguments()
    if not WRK:
        sys.exit("the benchmarks need wrk, which is not on the PATH (Debian: apt-get install wrk)")
    versions = [f"{name} {version(name)}" for name in ("mockclaude", "aiohttp", "uvloop", "pydantic")]
    versions += [server.package for server in SERVERS if server.package]
    print(platform.platform(), f"{os.cpu_count()} CPUs", f"Python {platform.python_version()}", *versions, sep=", ")
    print(f"{given.rounds} rounds of {given.seconds} s, wrk {' '.join(SIZE)}, {len(REPLY)} characters of reply")
    tables = []
    with tempfile.TemporaryDirectory() as folder:
        given.folder, given.cache = Path(folder), given.cache.resolve()
        os.environ.update(PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=f"{folder}/pycache")
        servers.write_files(given.folder)
        with servers.running(MOCKCLAUDE, given.folder, given.cache, CASES[0].data) as (port, _):
            for case in CASES:
                (given.folder / case.name).write_bytes(checked(case, port, MOCKCLAUDE.path, REPLY))
        measured = {case.name: partial(load, case) for case in CASES} | {START: start, JUDGING: judging}
        for name in given.only:
            tables.append(measured[name](given))
            show(tables[-1])
    return any(row[-1].startswith("void") for table in tables for row in table)


if __name__ == "__main__":
    sys.exit(main())
