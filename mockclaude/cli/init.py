"""The command `init`: write the files of a working set-up into the current folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import click
import orjson

from mockclaude.cli.options import exit_with_error
from mockclaude.scenario.diagnostics import did_you_mean, join_words

_TEMPLATES = Path(__file__).parent / "templates"
_REQUIREMENT = "@MOCKCLAUDE@"
"""The place in a template for the requirement by which pip installs mockclaude."""

_RUNNER = "@RUNNER@"
"""The place in a template for the package of the test runner."""


class Setup(NamedTuple):
    """The files of a set-up, and the commands that run it."""

    files: Mapping[str, str]
    """Path -> its template."""

    commands: tuple[str, ...]

    runner: str = ""
    """The package that a test in TypeScript imports."""


_RIVALS = {
    "jest.config.mjs": ("jest.config.*",),
    "playwright.config.ts": ("playwright.config.*",),
    "compose.yaml": ("compose.yml", "docker-compose.*"),
}
"""File name -> patterns of other files that its tool reads. Beside them, the file would be an error or hide them."""

_PYTHON_FILES = {"tests/test_mockclaude.py": "test_mockclaude.py.in", "tests/support.yaml": "support.yaml"}
_TYPESCRIPT_FILES = {"tests/mockclaude.ts": "mockclaude.ts", "tests/mockclaude.test.ts": "mockclaude.test.ts.in"}
_RUN = "mockclaude run --no-built-in --"

SETUPS = {
    "pytest": Setup(_PYTHON_FILES, ("pip install pytest anthropic", "python -m pytest tests/test_mockclaude.py")),
    "unittest": Setup(
        {
            "tests/test_mockclaude_unittest.py": "test_mockclaude_unittest.py.in",
            "tests/support.yaml": "support.yaml",
        },
        ("pip install anthropic", "python -m unittest discover tests"),
    ),
    "vitest": Setup(
        _TYPESCRIPT_FILES,
        (
            "npm install --save-dev vitest @types/node @anthropic-ai/sdk",
            f"{_RUN} npx vitest run tests/mockclaude.test.ts",
        ),
        runner="vitest",
    ),
    "jest": Setup(
        {**_TYPESCRIPT_FILES, "jest.config.mjs": "jest.config.mjs"},
        (
            "npm install --save-dev jest @swc/core @swc/jest @types/node @anthropic-ai/sdk",
            f"{_RUN} npx jest tests/mockclaude.test.ts",
        ),
        runner="@jest/globals",
    ),
    "playwright": Setup(
        {
            "e2e/mockclaude.ts": "mockclaude.ts",
            "e2e/mockclaude.spec.ts": "mockclaude.spec.ts.in",
            "e2e/app.mjs": "app.mjs",
            "playwright.config.ts": "playwright.config.ts.in",
        },
        (
            "npm install --save-dev @playwright/test @types/node @anthropic-ai/sdk",
            "npx playwright install chromium",
            f"{_RUN} npx playwright test",
        ),
    ),
    "github-actions": Setup(
        {".github/workflows/mockclaude.yml": "workflow_python.yml", **_PYTHON_FILES},
        ("git add .github tests", "git commit -m 'Test with mockclaude'", "git push"),
    ),
    "compose": Setup(
        {
            "compose.yaml": "compose.yaml",
            "Containerfile.mockclaude": "Containerfile",
            "litellm.yaml": "litellm.yaml",
            "scenarios/support.yaml": "support.yaml",
        },
        ("docker compose up --build",),
    ),
}
"""Name -> set-up."""

_NODE_WORKFLOW = Setup(
    {".github/workflows/mockclaude.yml": "workflow_node.yml"},
    (f"{_RUN} npm test", "git add .github", "git commit -m 'Test with mockclaude'", "git push"),
)


def _parse_setups(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> dict[str, Setup]:
    for name in names:
        if name not in SETUPS:
            hint = did_you_mean(name, SETUPS)
            raise click.UsageError(f"unknown set-up '{name}'; expected {join_words(SETUPS)}{hint}", context)
    if not names:
        raise click.UsageError(f"missing {parameter.make_metavar(context)}; expected {join_words(SETUPS)}", context)
    return {name: _choose(name) for name in names}


def _choose(name: str) -> Setup:
    """Return a set-up. The workflow of a project with `package.json` runs `npm test`."""
    return _NODE_WORKFLOW if name == "github-actions" and Path("package.json").exists() else SETUPS[name]


@click.command(short_help="Write the files of a working set-up.")
@click.argument("setups", metavar="SETUP...", nargs=-1, callback=_parse_setups)
def init(setups: dict[str, Setup]) -> None:
    """Write the files of a working set-up into the current folder.

    These are first tests, a workflow, or containers. Existing files are never changed. The commands that run the set-up
    are printed.

    SETUP: pytest, unittest, vitest, jest, playwright, github-actions or compose.
    """
    requirement = _find_requirement()
    for path, (template, runner) in _collect_files(setups).items():
        text = (_TEMPLATES / template).read_text(encoding="utf-8").replace(_RUNNER, runner)
        written = _write(Path(path), text.replace(_REQUIREMENT, requirement), _TEMPLATES / template)
        if written and _REQUIREMENT in text and requirement == "mockclaude":
            click.echo(f"note     {path} installs mockclaude by name; if your index lacks it, put a URL there")
    for name, setup in setups.items():
        click.echo(f"\n{name}:")
        for command in setup.commands:
            click.echo(f"  {command}")


def _collect_files(setups: Mapping[str, Setup]) -> dict[str, tuple[str, str]]:
    """Return the template and the runner of each path. The first set-up with a path counts."""
    files: dict[str, tuple[str, str]] = {}
    for setup in setups.values():
        for path, template in setup.files.items():
            files.setdefault(path, (template, setup.runner))
    return files


def _write(path: Path, text: str, template: Path) -> bool:
    """Write a file, unless it or a rival exists. Return whether it was written."""
    if rival := _find_rival(path):
        click.echo(f"kept     {rival} instead of {path}; compare it with {template}")
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        if not os.path.lexists(path):
            exit_with_error(f"{path}: cannot be written: {error.strerror}; expected a writable folder")
        hint = "" if _read(path) == text.encode() else f"; compare it with {template}"
        click.echo(f"kept     {path}, which exists{hint}")
        return False
    click.echo(f"wrote    {path}")
    return True


def _find_rival(path: Path) -> Path | None:
    """Return the file that the tool of `path` already reads. Jest also reads a key of `package.json`."""
    package = Path("package.json")
    if path.name == "jest.config.mjs" and re.search(rb'"jest"\s*:\s*{', _read(package)):
        return package
    found = (rival for pattern in _RIVALS.get(path.name, ()) for rival in sorted(Path().glob(pattern)))
    return next((rival for rival in found if rival != path), None)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _find_requirement() -> str:
    """Return the requirement by which pip installs mockclaude elsewhere: the URL it came from, or its name."""
    from importlib.metadata import distribution

    origin = orjson.loads(distribution("mockclaude").read_text("direct_url.json") or "{}")
    url = origin.get("url", "")
    if version_control := origin.get("vcs_info"):
        return f"mockclaude @ {version_control['vcs']}+{url}@{version_control['commit_id']}"
    return f"mockclaude @ {url}" if url.startswith("https://") else "mockclaude"
