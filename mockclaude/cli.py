"""The command line: `mockclaude [serve] [FILES]`.

In: arguments. Out: a running server, or one message and an exit code: 0 for an end on request, 2 for a mistake.
Knows nothing of requests.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mockclaude import __version__
from mockclaude.scenario.loader import load, load_folder
from mockclaude.scenario.mistakes import Mistake, Place, ScenarioError
from mockclaude.scenario.rules import Scenario, built_in

PORT = 4141


class _Serving(click.Group):
    """A group whose first command is meant when none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        named = args and (args[0] in self.commands or args[0] in ("--help", "--version"))
        return super().parse_args(ctx, args if named else ["serve", *args])


@click.group(cls=_Serving, context_settings={"auto_envvar_prefix": "MOCKCLAUDE", "help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def main() -> None:
    """Serve Anthropic's Messages API from scenario files, deterministically and offline."""


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@click.option("--seed", type=int, help="Seed of everything that is drawn, instead of the files' own (0).")
def serve(files: tuple[Path, ...], host: str, port: int, seed: int | None) -> None:
    """Serve FILES as one scenario, each folder among them as a set of scenarios.

    Without FILES, the built-in scenario answers.
    """
    from mockclaude.server.run import CannotListenError, run, write_line
    from mockclaude.server.run import serve as serve_forever

    try:
        scenarios = load_all(files, seed)
        run(serve_forever(scenarios, host, port, write_line))
    except (ScenarioError, CannotListenError) as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def load_all(paths: tuple[Path, ...], seed: int | None) -> dict[str, Scenario]:
    """Return the scenarios by name, '' for the root. Raises `ScenarioError` with all mistakes of all files."""
    files = [path for path in paths if not path.is_dir()]
    scenarios: dict[str, Scenario] = {"": built_in()}
    found: list[Mistake] = []
    for folder in (path for path in paths if path.is_dir()):
        found += _added(scenarios, load_folder, folder)
    if files:
        found += _added(scenarios, lambda named: {"": load(named)}, files)
    if found:
        raise ScenarioError(found)
    return {name: scenario if seed is None else replace(scenario, seed=seed) for name, scenario in scenarios.items()}


def _added(scenarios: dict[str, Scenario], loader: Any, source: Any) -> list[Mistake]:
    try:
        loaded = loader(source)
    except ScenarioError as error:
        return error.mistakes
    twice = [name for name in loaded if name and name in scenarios]
    scenarios.update(loaded)
    return [Mistake(Place(str(source)), f"another folder has a scenario '{name}' too; rename one") for name in twice]
