"""`python -m tests.mutation`: which small changes of the package do the tests notice?

Draws mutants from all of the package, or from the given files of it, and runs for each the tests that cover its line,
those of its own module first. Every outcome is kept at once, so that a run that was stopped goes on where it was, as
long as package and tests are the same. Ends with 1 if the score is below `--least`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory

from tests.mutation.coverage import Coverage, cover, version
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.trial import Copy, Outcome

ROOT = Path(__file__).parent.parent.parent
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
"""Mutants that change nothing anybody could notice, each with the reason: `path: before -> after  # reason`."""


def main(arguments: list[str]) -> int:
    given = _parse(arguments)
    chosen = sample(given.files or sorted((ROOT / "mockclaude").rglob("*.py")), given.sample, given.seed)
    given.folder.mkdir(parents=True, exist_ok=True)
    results = given.folder / f"results-{version(ROOT)[:12]}.jsonl"
    known = {entry["mutant"]: Outcome(entry["outcome"]) for entry in _entries(results)}
    coverage = cover(ROOT, given.folder / "coverage.json")
    with results.open("a") as file:
        for mutant, outcome, test in _run([each for each in chosen if str(each) not in known], coverage, given.workers):
            known[str(mutant)] = outcome
            file.write(json.dumps({"mutant": str(mutant), "outcome": outcome.value, "test": test}) + "\n")
            file.flush()
            print(f"{outcome.value:8} {mutant}", flush=True)
    return _report({str(mutant): known[str(mutant)] for mutant in chosen}, given.least)


def sample(files: Iterable[Path], size: int, seed: int) -> list[Mutant]:
    """Return `size` mutants of `files`, each as likely as any other; the same for the same seed and source."""
    every = [mutant for file in files for mutant in mutants(_relative(file), file.read_bytes())]
    return random.Random(seed).sample(every, min(size, len(every)))


def _relative(file: Path) -> str:
    return file.resolve().relative_to(ROOT).as_posix()


def _parse(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files of the package. Default: all")
    parser.add_argument("--sample", type=int, default=200, help="number of mutants. Default: 200")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample. Default: 1")
    parser.add_argument("--least", type=float, default=95, help="least score in percent. Default: 95")
    parser.add_argument("--workers", type=int, default=2, help="mutants that are tried at a time. Default: 2")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "mutation", help="coverage and results. Default: build/mutation"
    )
    return parser.parse_args(arguments)


def _entries(results: Path) -> Iterator[dict[str, str]]:
    if results.exists():
        yield from map(json.loads, results.read_text().splitlines())


def _run(chosen: list[Mutant], coverage: Coverage, workers: int) -> Iterator[tuple[Mutant, Outcome, str]]:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as threads:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for number in range(workers):
            copies.put(Copy.make(ROOT, Path(folder) / str(number)))

        def attempt(mutant: Mutant) -> tuple[Mutant, Outcome, str]:
            copy = copies.get()
            try:
                return mutant, *copy.attempt(mutant, coverage.tests(mutant))
            finally:
                copies.put(copy)

        yield from threads.map(attempt, chosen)


def _report(outcomes: dict[str, Outcome], least: float) -> int:
    reasons = dict(_equivalent())
    survivors = [mutant for mutant, outcome in outcomes.items() if outcome is Outcome.SURVIVED]
    excused = [mutant for mutant in survivors if _without_line(mutant) in reasons]
    counted = len(outcomes) - len(excused)
    killed = len(outcomes) - len(survivors)
    score = 100 * killed / max(1, counted)
    for mutant in survivors:
        print(f"survived {mutant}  # {reasons.get(_without_line(mutant), 'no test notices')}")
    print(f"{killed} of {counted} mutants noticed: {score:.1f} %; {len(excused)} equivalent")
    return int(score < least)


def _equivalent() -> Iterator[tuple[str, str]]:
    for line in EQUIVALENT.read_text().splitlines():
        mutant, _, reason = line.rpartition("  # ")
        if mutant:
            yield mutant, reason


def _without_line(mutant: str) -> str:
    """Return the text of a mutant without its line number, which other changes move."""
    path, _, rest = mutant.partition(":")
    return f"{path}:{rest.partition(':')[2]}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failure:
        sys.exit(f"{failure}\n{failure.stdout}")
