"""The tests of the TypeScript SDK. Its package has none, so a folder with its files `*.test.ts` is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.suites.results import Case, Result, read_results


def prepare(version: str, folder: Path, tests: Path) -> Path:
    """Install the SDK with vitest beside a copy of its tests. Return the folder."""
    project = folder / f"sdk-{version}"
    shutil.copytree(tests, project / "tests", dirs_exist_ok=True)
    if not (project / "node_modules").exists():
        (project / "package.json").write_text('{"type": "module"}')
        install = ("npm", "install", "--silent", f"@anthropic-ai/sdk@{version}", "vitest", "zod")
        subprocess.run(install, cwd=project, check=True)
    return project


def run_tests(project: Path, base_url: str, report: Path) -> dict[Case, Result]:
    """Run the tests against a server."""
    env = {**os.environ, "TEST_API_BASE_URL": base_url}
    command = ["npx", "vitest", "run", "--globals", "--reporter=junit", f"--outputFile={report}"]
    subprocess.run(command, cwd=project, env=env, capture_output=True, check=False)
    return read_results(report.read_text())
