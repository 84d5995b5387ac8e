"""`python -m tests.benchmarks`: the table of what mockclaude costs, with the targets.

What is compared runs in the same rounds, on this machine; a figure is the median of the rounds. The exit code is 1 if a
target is missed.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from mockclaude.server.process import allow_many_connections
from tests.benchmarks import adapters, growth, paced, page, record, start, suite, throughput
from tests.benchmarks.effort import FULL, QUICK, Effort
from tests.benchmarks.servers import CACHE, Workplace, write_files
from tests.benchmarks.table import GROUPS, Results, from_json

Measure = Callable[[Effort, Workplace, Results], None]
MEASURES: dict[str, Measure] = {
    "turns": growth.measure_turns,
    "rules": growth.measure_rules,
    "deltas": growth.measure_deltas,
    "adapters": adapters.measure,
    "start": start.measure_start,
    "memory": start.measure_memory,
    "fixture": suite.measure,
    "paced": paced.measure_streams,
    "record": record.measure,
    "million": paced.measure_million,
}
LONG = "million"
"""The group that is measured only if it is named, or with `--all`."""


def parse_arguments(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=GROUPS, metavar="WORD", help=f"measure rows: {', '.join(GROUPS)}")
    parser.add_argument("--all", action="store_true", help=f"measure everything, also `{LONG}`, which takes minutes")
    parser.add_argument("--quick", action="store_true", help="small counts: a look, no measurement")
    parser.add_argument("--rounds", type=int, help=f"rounds of each comparison; default: {FULL.rounds}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table; rows not measured stay in FILE")
    parser.add_argument("--write-page", action="store_true", help="write table and chart into tests/README.md")
    parser.add_argument("--offline", action="store_true", help="install nothing; use the mocks that are installed")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of installed mocks; default: %(default)s")
    given = parser.parse_args(arguments)
    if given.quick and given.write_page:
        parser.error("--write-page: the counts of --quick are too small for the page")
    return given


def describe_machine(rounds: int) -> dict[str, str]:
    names = ("aiohttp", "uvloop", "orjson", "pydantic")
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "system": f"{platform.system()} {platform.release()}, {os.cpu_count()} CPUs",
        "Python": platform.python_version(),
        "mockclaude": version("mockclaude"),
        "bare aiohttp": ", ".join(f"{name} {version(name)}" for name in names),
        "rounds": str(rounds),
    }


def _jobs(groups: Sequence[str]) -> Iterator[tuple[str, Measure]]:
    """Yield the measurements of groups. Those that compare servers are one, in the same rounds."""
    compared = [group for group in groups if group in throughput.GROUPS]
    if compared:
        yield ", ".join(compared), partial(throughput.measure, compared)
    yield from ((group, MEASURES[group]) for group in groups if group in MEASURES)


def measure(groups: Sequence[str], effort: Effort, cache: Path, *, offline: bool) -> Results:
    """Measure groups of rows."""
    results = Results(describe_machine(effort.rounds))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    allow_many_connections()
    with tempfile.TemporaryDirectory() as folder:
        workplace = Workplace(Path(folder), cache.resolve(), offline)
        write_files(workplace.folder)
        for name, measure_group in _jobs(groups):
            print("measuring", name, file=sys.stderr)
            try:
                measure_group(effort, workplace, results)
            except Exception as error:
                results.notes |= dict.fromkeys(name.split(", "), f"failed: {type(error).__name__}: {error}")
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    given = parse_arguments(arguments)
    effort = QUICK if given.quick else FULL
    effort = effort._replace(rounds=given.rounds or effort.rounds)
    groups = given.only or [group for group in GROUPS if given.all or group != LONG]
    results = measure(groups, effort, given.cache, offline=given.offline)
    page.show(results)
    if given.json:
        if given.json.exists():
            earlier = from_json(json.loads(given.json.read_text(encoding="utf-8")))
            earlier.update(results)
            results = earlier
        given.json.write_text(json.dumps(results.to_json(), indent=1) + "\n", encoding="utf-8")
    if given.write_page:
        page.write(results)
    return int(not all(row["met"] for row in results.to_json()["rows"] if row["met"] is not None))


if __name__ == "__main__":
    sys.exit(main())
