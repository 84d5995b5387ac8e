"""The commands about scenario files: `check`, `schema` and `scenarios`."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path

import click

from mockclaude.cli.options import files_argument, print_warnings
from mockclaude.scenario.diagnostics import ScenarioError


@click.command(short_help="Report errors and warnings in scenario files.")
@files_argument(required=True)
def check(files: tuple[Path, ...]) -> None:
    """Report the errors and warnings in FILES, with their places.

    The exit code is 1 if there are errors.
    """
    from mockclaude.scenario.loading.loader import load_all

    try:
        scenarios = load_all(files)
    except ScenarioError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    print_warnings(scenarios, err=False)
    checked = [scenario for scenario in scenarios.values() if scenario.files]
    rules = sum(len(scenario.rules) for scenario in checked)
    click.echo(f"{len(checked)} scenario{'s' * (len(checked) != 1)}, {rules} rule{'s' * (rules != 1)}: no errors")


@click.command(short_help="Print the JSON Schema of scenario files.")
def schema() -> None:
    """Print the JSON Schema of scenario files, for the completion of editors."""
    import orjson

    from mockclaude.scenario.format.json_schema import json_schema

    click.echo(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2))


@click.command(short_help="List the scenarios of the package.")
def scenarios() -> None:
    """List the scenarios of the package: the name and a summary of each.

    A name is accepted wherever a scenario file is: `mockclaude serve @hello`. @scenarios is the folder with all.
    """
    from mockclaude.scenario.loading.shipped import shipped_summaries

    summaries = dict(shipped_summaries())
    width = max(map(len, summaries))
    for name, summary in summaries.items():
        click.echo(
            f"{name:{width}}  {textwrap.shorten(summary, max(_line_length() - width - 2, 30), placeholder=' ...')}"
        )
    if Path("scenarios").exists():
        click.echo("note: `mockclaude serve scenarios` serves the path scenarios here", err=True)


def _line_length() -> int:
    """Return the columns of the terminal. Other outputs, such as a pipe to `grep`, have whole lines."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
