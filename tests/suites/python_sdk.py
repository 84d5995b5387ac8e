"""The tests and the example programs of the Python SDK, which its source distribution contains."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.suites.results import Case, Result, read_results

_RESOURCES = ("test_messages.py", "messages", "test_files.py", "test_models.py", "test_skills.py", "skills")
_TESTS = "tests/api_resources"

PATHS = tuple(f"{folder}/{name}" for folder in (_TESTS, f"{_TESTS}/beta") for name in _RESOURCES)
"""The tests of the endpoints that mockclaude serves."""

_PACKAGES = (
    *("pytest", "pytest-asyncio", "pytest-xdist", "respx", "time-machine", "dirty-equals", "inline-snapshot"),
    *("http-snapshot[httpx]==0.1.9", "opentelemetry-sdk", "packaging", "rich", "importlib-metadata", "nest-asyncio"),
    *("griffe", "hypothesis"),
)
"""The packages of its tests."""


def prepare(version: str, folder: Path) -> tuple[Path, Path]:
    """Download the SDK, and install it in an environment.

    Returns:
        The Python of the environment, and the folder of the unpacked source distribution.
    """
    python, sources = folder / f"env-{version}" / "bin" / "python", folder / f"anthropic-{version}"
    if not sources.exists():
        pip = (sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "anthropic")
        subprocess.run([*pip, "-d", folder, f"anthropic=={version}"], check=True)
        with tarfile.open(folder / f"anthropic-{version}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        install = (python, "-m", "pip", "install", "-q")
        subprocess.run([*install, f"anthropic[aiohttp]=={version}", *_PACKAGES], check=True)
    return python, sources


def run_tests(python: Path, sources: Path, base_url: str, report: Path) -> dict[Case, Result]:
    """Run the tests against a server."""
    options = ("-q", "-n0", "-p", "no:cacheprovider", "--tb=line", "-o", "junit_family=xunit1", f"--junitxml={report}")
    env = {**os.environ, "TEST_API_BASE_URL": base_url, "NO_PROXY": "127.0.0.1"}
    subprocess.run(
        (python, "-m", "pytest", *options, *PATHS), cwd=sources, env=env, stdout=subprocess.DEVNULL, check=False
    )
    return read_results(report.read_text())
