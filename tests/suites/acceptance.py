"""Programs that use several endpoints together, each with its own scenario."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from mockclaude.testing import MockClaude
from tests.clients.runs import OPT_OUTS
from tests.serving import PROGRAM_PATIENCE

PROGRAMS = Path(__file__).parent / "programs"

PACKAGES = {
    "chart": ("anthropic",),
    "cleaner": ("anthropic",),
    "evaluation": ("anthropic",),
    "transcripts": ("anthropic", "boto3", "openai"),
}
"""Program -> the packages that it needs."""


class ProgramResult(NamedTuple):
    """The exit code of a program, and its output."""

    code: int
    output: str


def run_program(python: str | Path, name: str, home: Path) -> ProgramResult:
    """Run a program with its scenario, or else with the built-in one."""
    scenario = PROGRAMS / f"{name}.yaml"
    with MockClaude(*([scenario] if scenario.exists() else [])) as mock:
        if not scenario.exists():
            mock.when().reply({"generate": "auto"})
        api = {"ANTHROPIC_API_KEY": "mock", "ANTHROPIC_BASE_URL": mock.base_url, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            (python, PROGRAMS / f"{name}.py"),
            env={**os.environ, **OPT_OUTS, **api, "HOME": str(home)},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PROGRAM_PATIENCE,
            check=False,
        )
    return ProgramResult(done.returncode, done.stdout)
