"""The command line: `mockclaude [COMMAND] [FILES]`. Default command: `serve`.

Exit codes: 0 success; 1 errors in files, differences or unmatched requests; 2 invalid usage. The module of a command is
imported when the command runs, so that `serve` starts fast.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mockclaude import __version__
from mockclaude.scenario.garbage import without_garbage_collection

COMMANDS = {
    "serve": "serve",
    "init": "init",
    "check": "check",
    "explain": "explain",
    "schema": "check",
    "scenarios": "check",
    "run": "run",
    "record": "record",
    "journal": "journal",
    "recheck": "journal",
    "drift": "drift",
    "steps": "steps",
}
"""Command -> its module."""

RENAMED = {"replay": "replay is now recheck; to replay a recording to a client: mockclaude serve RECORDING"}
"""Former name of a command -> the error that names the command in its place."""


class _Commands(click.Group):
    def main(self, *args: Any, **extra: Any) -> Any:
        with without_garbage_collection():  # most objects of a start stay; it is enabled for requests
            return super().main(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (as above)
        if cmd_name not in ("run", "record"):  # whose command inherits the environment
            os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # no search through all installed packages
        command: Any = getattr(import_module(f"{__name__}.{COMMANDS[cmd_name]}"), cmd_name)
        return command  # type: ignore[no-any-return]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] and args[0] in RENAMED:
            click.echo(RENAMED[args[0]], err=True)
            ctx.exit(2)
        has_command = bool(args) and args[0] in (*COMMANDS, "-h", "--help", "--version")
        if args[:1] == ["scenarios"] and args[1:] not in ([], ["-h"], ["--help"]) and os.path.exists("scenarios"):
            has_command = False  # `mockclaude scenarios --port 8080` serves a path, as before this command existed
        if args and not has_command:
            _check_file(args[0], ctx)
        return super().parse_args(ctx, args if has_command else ["serve", *args])


def _check_file(word: str, ctx: click.Context) -> None:
    """Raise `click.UsageError` for a misspelt command: a word that is not a file."""
    if word.isidentifier() and not Path(word).exists():
        from mockclaude.scenario.diagnostics import did_you_mean, join_words
        from mockclaude.scenario.loading.shipped import suggest_shipped

        hint = suggest_shipped(Path(word)) or did_you_mean(word, COMMANDS)
        expected = f"expected {join_words(COMMANDS)}, or a scenario file"
        raise click.UsageError(f"unknown command or file '{word}'; {expected}{hint}", ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Serve Anthropic's Messages API from scenario files: deterministic, offline."""
    _open_standard_streams()


def _open_standard_streams() -> None:
    """Open the null device for closed standard streams. A socket would get their numbers."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest free number
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 (it stays open)
