"""The TypeScript helper under `tsc` and vitest; the tests in `typescript/helper` hold its behaviour."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sdk import node
from tests.sdk.typescript_types import HELPER
from tests.serving import PROGRAM_PATIENCE

GLOBAL_SETUP = 'export default { test: { globalSetup: "./mockclaude.ts" } };'
SETUP_FILES = 'export default { test: { setupFiles: "./mockclaude.ts" } };'
ANY_ORDER = """
import { client } from "./app.js";
import { mock } from "./mockclaude.js";
import { expect, test } from "vitest";

test("the client has the lane of the file", () => expect(client.apiKey).toBe(mock.apiKey));
"""
COMMAND = [sys.executable, "-m", "mockclaude"]
VITEST = ["node", "../node_modules/vitest/vitest.mjs", "run"]

pytestmark = pytest.mark.tools


@pytest.fixture
def project() -> Iterator[Path]:
    """A project with the helper and its tests, beside the packages."""
    with tempfile.TemporaryDirectory(dir=node.installed()) as name:
        shutil.copytree(node.HERE / "helper", name, dirs_exist_ok=True)
        shutil.copy(HELPER, name)
        yield Path(name)


def run(command: list[str], folder: Path, **env: str) -> tuple[int, str]:
    """Run a command; return its exit code and its output."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "MOCKCLAUDE"))}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**inherited, **env, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=PROGRAM_PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("options", [(), ("--module", "commonjs", "--moduleResolution", "bundler")])
def test_tsc_accepts_the_helper_and_finds_mistakes(project: Path, options: tuple[str, ...]) -> None:
    assert run(["node", "../node_modules/typescript/bin/tsc", "-p", ".", *options], project) == (0, "")


def test_vitest_passes_under_run(project: Path) -> None:
    (project / "lanes.yaml").write_text("lane_from: metadata.user_id\nrules: []\n")
    code, output = run([*COMMAND, "run", "lanes.yaml", "--allow-unmatched", "--", *VITEST], project)

    assert "Tests  10 passed (10)" in output
    assert code == 0, output


def test_global_setup_starts_a_server_without_built_in(project: Path) -> None:
    (project / "vitest.config.mjs").write_text(GLOBAL_SETUP)
    only = ["other.test.ts", "refund.test.ts", "-t", "own|nothing"]
    code, output = run([*VITEST, *only], project, MOCKCLAUDE_COMMAND=" ".join(COMMAND))

    assert "Tests  2 passed | 8 skipped (10)" in output
    assert "a request was unmatched; expected a rule for each" in output
    assert code == 1


def test_global_setup_without_mockclaude_names_the_remedy(project: Path) -> None:
    (project / "vitest.config.mjs").write_text(GLOBAL_SETUP)
    code, output = run(VITEST, project, MOCKCLAUDE_COMMAND="no-such-program")

    assert "cannot run 'no-such-program': spawn no-such-program ENOENT; activate the environment with" in output
    assert code == 1


def test_in_setup_files_the_order_of_imports_does_not_matter(project: Path) -> None:
    (project / "app.ts").write_text('import SDK from "@anthropic-ai/sdk";\n\nexport const client = new SDK();\n')
    (project / "order.test.ts").write_text(ANY_ORDER)
    (project / "vitest.config.mjs").write_text(SETUP_FILES)
    code, output = run([*COMMAND, "run", "--", *VITEST, "order"], project)

    assert "Tests  1 passed (1)" in output
    assert code == 0, output
