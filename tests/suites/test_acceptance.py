"""Programs that use several endpoints together end without an error."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.suites.acceptance import PACKAGES, PROGRAMS, run_program

LINES = {
    "chart": "['chart.svg', 'data.csv'] file_not_downloadable",
    "cleaner": "45 files and 25 batches are deleted",
    "evaluation": "50 answers; File `ID` not found.",
    "transcripts": "You are welcome.",
}


def test_each_program_has_its_packages() -> None:
    assert {file.stem for file in PROGRAMS.glob("*.py")} == set(PACKAGES) == set(LINES)


@pytest.mark.process
@pytest.mark.tools
@pytest.mark.parametrize("name", PACKAGES)
def test_program_ends_without_an_error(name: str, tmp_path: Path) -> None:
    for package in PACKAGES[name]:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: python -m tests.suites programs {name}")
    code, output = run_program(sys.executable, name, tmp_path)

    assert code == 0, output
    assert output.strip().rpartition("\n")[2].startswith(LINES[name])
