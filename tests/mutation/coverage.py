"""Which tests cover which lines of the package, measured once for each version of the source."""

from __future__ import annotations

import ast
import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.mutation.mutants import Mutant

MOST_TESTS = 3000
"""Tests that are run for a mutant, at the most: those of its own module come first, then those that import it."""


_FACTS = "tests/test_facts.py"
"""Tests that import every module, though none by its name."""


class Coverage(NamedTuple):
    """Tests by file and line of the package. Lines that only run at import have no tests of their own."""

    lines: dict[str, dict[int, list[str]]]

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that may notice `mutant`, the likeliest first: its own test module as a whole, then others.

        What is cached hides the tests that depend on it, so that those of the module are not told apart. Of a line that
        only runs at import, the test modules that import it come as a whole too.
        """
        of_file = self.lines.get(mutant.path, {})
        covering = {test for line in range(mutant.line, mutant.last + 1) for test in of_file.get(line, ())}
        found = covering or {test for tests in of_file.values() for test in tests} or self._all()
        touched = Counter(test for tests in of_file.values() for test in tests)
        own = _test_module(mutant.path)

        def rank(test: str) -> tuple[bool, int, str]:
            return not _imports(test, mutant.path), -touched[test], test

        modules = _modules(touched if covering else self._all())
        whole = [own] if own in modules else []
        if not covering:
            whole += sorted(module for module in modules - {own} if _imports(module, mutant.path) or module == _FACTS)
        others = sorted((test for test in found if test.partition("::")[0] not in whole), key=rank)
        return [*whole, *others][:MOST_TESTS]

    def _all(self) -> set[str]:
        return {test for lines in self.lines.values() for tests in lines.values() for test in tests}


def _test_module(path: str) -> str:
    """Return where the tests of the module at `path` stand."""
    module = PurePath(path)
    return PurePath("tests", *module.parts[1:-1], f"test_{module.stem}.py").as_posix()


def _modules(tests: Iterable[str]) -> set[str]:
    return {test.partition("::")[0] for test in tests}


def _imports(test: str, path: str) -> bool:
    """Return whether the test module of `test` imports the module at `path`."""
    return ".".join(PurePath(path).with_suffix("").parts).removesuffix(".__init__") in _imported(
        test.partition("::")[0]
    )


@cache
def _imported(test_module: str) -> set[str]:
    file = Path(__file__).parent.parent.parent / test_module
    return set(_names(ast.parse(file.read_bytes()))) if file.exists() else set()


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def cover(root: Path, file: Path) -> Coverage:
    """Return the coverage of the tests below `root`, from `file` if it is of this source.

    Raises `subprocess.CalledProcessError` if the tests fail.
    """
    source = version(root)
    if file.exists():
        kept = json.loads(file.read_text())
        if kept["version"] == source:
            return Coverage(
                {path: {int(n): tests for n, tests in lines.items()} for path, lines in kept["lines"].items()}
            )
    lines = _measure(root)
    file.write_text(json.dumps({"version": source, "lines": lines}))
    return Coverage(lines)


def version(root: Path) -> str:
    """Return a hash of the package and the tests below `root`."""
    digest = hashlib.sha256()
    for file in sorted([*root.glob("mockclaude/**/*.py"), *root.glob("tests/**/*.py")]):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _measure(root: Path) -> dict[str, dict[int, list[str]]]:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        config = Path(folder) / "coveragerc"
        config.write_text(f"[run]\nbranch = false\nsource = mockclaude\ndata_file = {folder}/data\n")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n",
            "logical",
            "-p",
            "no:mockclaude",
            "--cov",
            f"--cov-config={config}",
            "--cov-context=test",
        ]
        subprocess.run([*command, "--cov-report="], cwd=root, check=True, stdout=subprocess.PIPE, text=True)
        write = [
            sys.executable,
            "-m",
            "coverage",
            "json",
            f"--rcfile={config}",
            "--show-contexts",
            "-q",
            "-o",
            str(report),
        ]
        subprocess.run(write, cwd=root, check=True)
        files = json.loads(report.read_text())["files"]
    return {path: _of_file(measured["contexts"]) for path, measured in files.items()}


def _of_file(contexts: dict[str, list[str]]) -> dict[int, list[str]]:
    return {
        int(line): sorted({name.rpartition("|")[0] for name in names if name.endswith(("|run", "|setup"))})
        for line, names in contexts.items()
    }
