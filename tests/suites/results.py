"""Results of the tests of an SDK, read from JUnit files, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias
from xml.etree import ElementTree

Outcome: TypeAlias = Literal["passed", "failed", "skipped"]


class Case(NamedTuple):
    """A test: its file and its name."""

    file: str
    name: str


class Result(NamedTuple):
    """The outcome of a test, and the first line of its failure."""

    outcome: Outcome
    message: str = ""


class Row(NamedTuple):
    """The counts of the tests of a file.

    Attributes:
        file: The file.
        tests: The number of tests.
        needing: The number of tests that need a server.
        passed: The number of tests that need a server and pass.
        skipped: The number of skipped tests.
    """

    file: str
    tests: int
    needing: int
    passed: int
    skipped: int


def read_results(xml: str) -> dict[Case, Result]:
    """Read a JUnit file of pytest (family `xunit1`) or of vitest."""
    return {
        Case(case.get("file", case.get("classname", "")), _name(case)): _read_result(case)
        for case in ElementTree.fromstring(xml).iter("testcase")
    }


def _name(case: ElementTree.Element) -> str:
    if case.get("file") is None:
        return case.get("name", "")
    return f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"


def _read_result(case: ElementTree.Element) -> Result:
    for child in case:
        if child.tag in ("failure", "error"):
            return Result("failed", (child.get("message") or child.text or "").strip().partition("\n")[0])
        if child.tag == "skipped":
            return Result("skipped")
    return Result("passed")


def count_rows(results: Mapping[Case, Result], refused: Mapping[Case, Result]) -> list[Row]:
    """Count the outcomes of each file, and those of all files last.

    Args:
        results: The results with mockclaude.
        refused: The results with a server that refuses every request. The tests that fail there need a server.
    """
    needing = {case for case, result in refused.items() if result.outcome == "failed"}
    files = list(dict.fromkeys(case.file for case in results))
    cases = {file: [case for case in results if case.file == file] for file in files}
    return [_count(file, cases[file], results, needing) for file in files] + [_count("all", results, results, needing)]


def _count(file: str, cases: Iterable[Case], results: Mapping[Case, Result], needing: set[Case]) -> Row:
    chosen = list(cases)
    of_server = [case for case in chosen if case in needing]
    passed = sum(results[case].outcome == "passed" for case in of_server)
    skipped = sum(results[case].outcome == "skipped" for case in chosen)
    return Row(file, len(chosen), len(of_server), passed, skipped)


_HEADS = ("File", "Tests", "Need a server", "Pass", "Skipped")


def format_table(rows: Iterable[Row]) -> str:
    """Format rows as a table of Markdown."""
    lines = [_HEADS, ("---",) * len(_HEADS), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def list_failures(results: Mapping[Case, Result]) -> Iterator[str]:
    """Yield a line for each failed test."""
    for case, result in results.items():
        if result.outcome == "failed":
            yield f"{case.file}::{case.name}: {result.message}"
