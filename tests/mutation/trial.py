"""A copy of the project in which one mutant after the other is tried."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutation.mutants import Mutant

FIRST_TESTS = 150
"""Tests that are run alone, since most mutants are noticed by them and fewer test modules are read for them."""

TIME_LIMIT = 300
"""Seconds after which tests that still run count as a mutant noticed: it made something wait for ever."""


class Outcome(Enum):
    """Whether the tests noticed a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


class Copy(NamedTuple):
    """The files that git tracks, copied to `folder`."""

    folder: Path

    @classmethod
    def make(cls, root: Path, folder: Path) -> Copy:
        """Copy the project at `root` to `folder`."""
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, folder / name)
        return cls(folder)

    def attempt(self, mutant: Mutant, tests: list[str]) -> tuple[Outcome, str]:
        """Return the outcome of `tests` with `mutant`, and the test that noticed it."""
        file = self.folder / mutant.path
        source = file.read_bytes()
        file.write_bytes(mutant.apply(source))
        likeliest, others = tests[:FIRST_TESTS], tests[FIRST_TESTS:]
        try:
            outcome = self._tested(likeliest)
            return self._tested(others) if others and outcome[0] is Outcome.SURVIVED else outcome
        finally:
            file.write_bytes(source)

    def _tested(self, tests: list[str]) -> tuple[Outcome, str]:
        chosen = self.folder / "chosen.txt"
        chosen.write_text("\n".join(tests))
        options = ["-x", "-q", "-n0", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-p", "tests.mutation.chosen"]
        modules = dict.fromkeys(test.partition("::")[0] for test in tests)
        command = [sys.executable, "-m", "pytest", *options, f"--chosen={chosen}", *modules]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                printed = running.communicate(timeout=TIME_LIMIT)[0]
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, 9)
                return Outcome.TIMEOUT, ""
        failed = [line for line in printed.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        survived = running.returncode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        return (Outcome.SURVIVED if survived else Outcome.KILLED), (failed or [printed[-200:]])[0][:200]
