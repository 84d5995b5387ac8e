"""Run programs of clients through the built-in scenario, each client in its own environment."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from tests.clients.runs import (
    CLIENTS,
    JAVASCRIPT_CLIENTS,
    MODELS,
    PROGRAMS,
    ClientProgram,
    javascript_programs,
    run_program,
)


def install(client: ClientProgram, folder: Path) -> Path:
    """Make an environment with the packages of a client. Return its Python."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *client.packages], check=True)
    return python


def run_clients(names: Sequence[str], folder: Path) -> int:
    """Run the programs of the named clients. Print a line for each run, and return the exit code."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    code = 0
    for name in names:
        if name in JAVASCRIPT_CLIENTS:
            with javascript_programs() as programs:
                code |= _run(name, JAVASCRIPT_CLIENTS[name], ["node", programs / JAVASCRIPT_CLIENTS[name].file], home)
        else:
            client = CLIENTS[name]
            code |= _run(name, client, [install(client, folder / name), PROGRAMS / client.file], home)
    return code


def _run(name: str, client: ClientProgram, command: Sequence[str | Path], home: Path) -> int:
    code = 0
    for model in MODELS:
        run = run_program(command, model, home)
        print(f"{name}, {model}: {len(run.statuses)} requests, {run.refusals} refused, exit code {run.code}")
        if run.code or run.refusals != client.refusals:
            code = 1
            print(run.output)
    return code


def main() -> int:
    """Parse the command line, and run the programs."""
    parser = ArgumentParser(prog="python -m tests.clients", description=__doc__)
    known = [*CLIENTS, *JAVASCRIPT_CLIENTS]
    parser.add_argument("names", nargs="*", choices=[*known, []], metavar="NAME", help=f"one of {', '.join(known)}")
    parser.add_argument("--folder", type=Path, help="the folder of the environments; default: a temporary folder")
    arguments = parser.parse_args()
    names = arguments.names or known
    if arguments.folder:
        return run_clients(names, arguments.folder.resolve())
    with tempfile.TemporaryDirectory() as folder:
        return run_clients(names, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
