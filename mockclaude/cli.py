"""The command line: `mockclaude [serve] [FILES]`.

In: arguments. Out: a running server, or one message and an exit code: 0 for an end on request, 2 for a mistake.
Knows nothing of requests.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mockclaude import __version__
from mockclaude.api.validation import MODES, Mode
from mockclaude.scenario.loader import load_all
from mockclaude.scenario.mistakes import ScenarioError

PORT = 4141


class _Serving(click.Group):
    """A group whose command `serve` is meant when none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = bool(args) and args[0] in (*self.commands, "-h", "--help", "--version")
        return super().parse_args(ctx, args if named else ["serve", *args])


@click.group(cls=_Serving, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Serve Anthropic's Messages API from scenario files, deterministically and offline."""


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", envvar="MOCKCLAUDE_HOST", show_envvar=True, default="127.0.0.1", show_default=True)
@click.option(
    "--port",
    envvar="MOCKCLAUDE_PORT",
    show_envvar=True,
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 picks a free one.",
)
@click.option(
    "--seed",
    envvar="MOCKCLAUDE_SEED",
    show_envvar=True,
    type=int,
    help="Seed of everything that is drawn, instead of the files' own.",
)
@click.option(
    "--validation",
    envvar="MOCKCLAUDE_VALIDATION",
    show_envvar=True,
    type=click.Choice(MODES),
    help="Refuse what the API refuses, less like a gateway, or nothing; instead of what the files say.",
)
def serve(files: tuple[Path, ...], host: str, port: int, seed: int | None, validation: Mode | None) -> None:
    """Serve FILES as one scenario, and each folder among them as a set of scenarios.

    Without FILES, the built-in scenario answers.
    """
    from mockclaude.server.run import CannotListenError, run, write_line
    from mockclaude.server.run import serve as serve_forever

    try:
        run(serve_forever(load_all(files, seed, validation), host, port, write_line))
    except (ScenarioError, CannotListenError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)
