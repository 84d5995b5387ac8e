"""Node for tests: a folder with the packages of a `package.json`, installed once for each lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

from tests.serving import PROGRAM_PATIENCE

HERE = Path(__file__).parent / "typescript"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mockclaude-tests"


def lacking() -> str:
    """Return the program that is not installed, '' if all are."""
    return next((program for program in ("node", "npm") if shutil.which(program) is None), "")


def installed(packages: Path = HERE) -> Path:
    """Return a folder with the packages of `package.json` in `packages`.

    Without Node, or where the packages cannot be had, the test is skipped.
    """
    if program := lacking():
        give_up(f"{program} is not installed")
    lock = hashlib.sha256((packages / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = CACHE / f"{packages.name}-{lock}"
    if not folder.is_dir():
        _install(packages, folder)
    return folder


def _install(packages: Path, folder: Path) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as name:
        fresh = Path(name) / "fresh"
        shutil.copytree(packages, fresh)
        command = [shutil.which("npm") or "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=PROGRAM_PATIENCE, check=False)
        if done.returncode:
            give_up(f"npm ci failed: {done.stderr}")
        try:
            fresh.rename(folder)
        except OSError:
            assert folder.is_dir()  # another process was faster


def give_up(reason: str) -> NoReturn:
    """Skip the test, but fail where it is what a run is for."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
