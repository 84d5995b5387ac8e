"""Run the tests of the official SDKs against the built-in scenario with `validation: off`."""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mockclaude.testing import MockClaude
from tests.suites import python_sdk, typescript_sdk
from tests.suites.refusing import serve_refusals
from tests.suites.results import Case, Result, count_rows, format_table, list_failures

PYTHON, TYPESCRIPT = "2.14.0", "0.120.0"
"""The versions of the SDKs whose tests run by default."""


def report(name: str, run_tests: Callable[[str], dict[Case, Result]]) -> int:
    """Run tests against mockclaude and against a server that refuses. Print the table, and return the exit code."""
    with MockClaude(validation="off") as mock:
        mock.when().reply({"generate": "auto"})
        results = run_tests(mock.base_url)
    with serve_refusals() as url:
        refused = run_tests(url)
    print(f"{name}\n\n{format_table(count_rows(results, refused))}\n")
    failures = list(list_failures(results))
    print("\n".join(failures))
    return int(bool(failures))


def run_python(arguments: Namespace, folder: Path) -> int:
    """Run the tests of each version of the Python SDK."""
    codes = []
    for version in arguments.versions or [PYTHON]:
        python, sources = python_sdk.prepare(version, folder)
        run_tests = partial(python_sdk.run_tests, python, sources, report=folder / "python.xml")
        codes.append(report(f"anthropic {version}", run_tests))
    return max(codes)


def run_typescript(arguments: Namespace, folder: Path) -> int:
    """Run the tests of the TypeScript SDK that are in a folder."""
    project = typescript_sdk.prepare(arguments.version, folder, arguments.tests)
    run_tests = partial(typescript_sdk.run_tests, project, report=folder / "typescript.xml")
    return report(f"@anthropic-ai/sdk {arguments.version}", run_tests)


def main() -> int:
    """Parse the command line, and run the tests."""
    parser = ArgumentParser(prog="python -m tests.suites", description=__doc__)
    parser.add_argument("--folder", type=Path, help="the folder of the environments; default: a temporary folder")
    commands = parser.add_subparsers(required=True)
    python = commands.add_parser("python", help="the tests in the source distribution on PyPI")
    python.add_argument("versions", nargs="*", metavar="VERSION", help=f"default: {PYTHON}")
    python.set_defaults(run=run_python)
    typescript = commands.add_parser("typescript", help="tests of the SDK in a folder: the package has none")
    typescript.add_argument("tests", type=Path, metavar="TESTS", help="a folder with files *.test.ts")
    typescript.add_argument("version", nargs="?", default=TYPESCRIPT, metavar="VERSION", help=f"default: {TYPESCRIPT}")
    typescript.set_defaults(run=run_typescript)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        code: int = arguments.run(arguments, folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
