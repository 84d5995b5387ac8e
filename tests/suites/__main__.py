"""Run the tests and the examples of the official SDKs against the built-in scenario."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mockclaude.testing import MockClaude
from tests.suites import acceptance, claude_code, python_sdk, typescript_sdk
from tests.suites.examples import run_examples
from tests.suites.refusing import serve_refusals
from tests.suites.results import Case, Result, count_rows, format_table, list_failures

PYTHON, TYPESCRIPT = "2.14.0", "0.120.0"
"""The versions of the SDKs whose tests run by default."""


def report(name: str, run_tests: Callable[[str], dict[Case, Result]]) -> int:
    """Run tests in the mode `off` and against refusals. Print the table, and return the exit code."""
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


def run_python_examples(arguments: Namespace, folder: Path) -> int:
    """Run the example programs of a version of the Python SDK. Print a line for each."""
    python, sources = python_sdk.prepare(arguments.version, folder)
    codes = []
    with MockClaude() as mock:
        mock.when().reply({"generate": "auto"})
        for name, code, line in run_examples(python, sources, mock.base_url):
            print(f"{name}: {f'exit code {code}: {line}' if code else 'ok'}", flush=True)
            codes.append(code)
    print(f"{codes.count(0)} of {len(codes)} examples of anthropic {arguments.version}")
    return int(any(codes))


def run_typescript(arguments: Namespace, folder: Path) -> int:
    """Run the tests of the TypeScript SDK that are in a folder."""
    project = typescript_sdk.prepare(arguments.version, folder, arguments.tests)
    run_tests = partial(typescript_sdk.run_tests, project, report=folder / "typescript.xml")
    return report(f"@anthropic-ai/sdk {arguments.version}", run_tests)


def run_programs(arguments: Namespace, folder: Path) -> int:
    """Run the programs that use several endpoints together, in one environment."""
    names = arguments.names or list(acceptance.PACKAGES)
    python = folder / "env-programs" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
    packages = sorted({package for name in names for package in acceptance.PACKAGES[name]})
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    codes = []
    for name in names:
        code, output = acceptance.run_program(python, name, folder)
        print(f"{name}: exit code {code}\n{output}", flush=True)
        codes.append(code)
    return int(any(codes))


def run_claude_code(arguments: Namespace, folder: Path) -> int:
    """Record and replay a session of each version of Claude Code."""
    codes = []
    for version in arguments.versions or ["latest"]:
        program = claude_code.prepare(version, folder)
        recorded, replayed, summary = claude_code.record_and_replay(program, folder / f"session-{version}")
        problems = claude_code.find_problems(recorded, replayed, summary)
        told = problems or [f"{recorded.bodies.total()} responses replayed byte for byte"]
        print(f"claude-code {version}: {'; '.join(told)}", flush=True)
        codes.append(bool(problems))
    return int(any(codes))


def main() -> int:
    """Parse the command line, and run the tests."""
    parser = ArgumentParser(prog="python -m tests.suites", description=__doc__)
    parser.add_argument("--folder", type=Path, help="the folder of the environments; default: a temporary folder")
    commands = parser.add_subparsers(required=True)
    python = commands.add_parser("python", help="the tests in the source distribution on PyPI")
    python.add_argument("versions", nargs="*", metavar="VERSION", help=f"default: {PYTHON}")
    python.set_defaults(run=run_python)
    examples = commands.add_parser("examples", help="the example programs in the same distribution")
    examples.add_argument("version", nargs="?", default=PYTHON, metavar="VERSION", help=f"default: {PYTHON}")
    examples.set_defaults(run=run_python_examples)
    typescript = commands.add_parser("typescript", help="tests of the SDK in a folder: the package has none")
    typescript.add_argument("tests", type=Path, metavar="TESTS", help="a folder with files *.test.ts")
    typescript.add_argument("version", nargs="?", default=TYPESCRIPT, metavar="VERSION", help=f"default: {TYPESCRIPT}")
    typescript.set_defaults(run=run_typescript)
    programs = commands.add_parser("programs", help="programs that use several endpoints together")
    known = acceptance.PACKAGES
    programs.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME", help=f"one of {', '.join(known)}")
    programs.set_defaults(run=run_programs)
    recorded = commands.add_parser("claude-code", help="a session of Claude Code, recorded and replayed")
    recorded.add_argument("versions", nargs="*", metavar="VERSION", help="default: latest")
    recorded.set_defaults(run=run_claude_code)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        code: int = arguments.run(arguments, folder)
    return code


if __name__ == "__main__":
    sys.exit(main())
