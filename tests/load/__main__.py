"""`python -m tests.load`: what mockclaude does with many clients, slow ones, and broken ones, on this machine.

Each check starts a server in a process of its own and is its clients; it stops by itself. Prints a table for each; ends
with 1 if something is not as expected. Needs Linux, for its figures of memory and descriptors.
"""

import os
import platform
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from importlib.metadata import version

from tests.load import breaking, idle, pacing, patience, soak, storing
from tests.load.running import Line

CHECKS: dict[str, Callable[[Namespace], Iterator[Line]]] = {
    "pacing": lambda given: pacing.check(given.rounds),
    "breaking": lambda _: breaking.check(),
    "idle": lambda _: idle.check(),
    "patience": lambda _: patience.check(),
    "soak": lambda given: soak.check(given.requests),
    "storing": lambda _: storing.check(),
}


def shown(name: str, line: Line) -> str:
    """Return a line of the table."""
    verdict = "" if not line.expected else "ok" if line.passed else "MISSED"
    expected = f"({line.expected})" if line.expected else ""
    return f"{name:<9} {verdict:<7} {line.what}: {line.measured}  {expected}".rstrip()


def arguments() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=[*CHECKS], help="the checks to run")
    parser.add_argument("--rounds", type=int, default=5, help="how often the streams are timed, at most")
    parser.add_argument("--requests", type=int, default=soak.REQUESTS, help="how many the soak asks")
    return parser.parse_args()


def main() -> bool:
    given = arguments()
    versions = [f"{name} {version(name)}" for name in ("mockclaude", "aiohttp", "uvloop")]
    print(platform.platform(), f"{os.cpu_count()} CPUs", f"Python {platform.python_version()}", *versions, sep=", ")
    missed = False
    for name in given.only:
        begin = time.monotonic()
        for line in CHECKS[name](given):
            print(shown(name, line), flush=True)
            missed |= not line.passed
        print(f"{name:<9}         took {time.monotonic() - begin:.0f} s", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
