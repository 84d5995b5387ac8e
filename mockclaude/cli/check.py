"""The commands `check` (report errors in scenario files) and `schema` (print their JSON Schema)."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mockclaude.cli.options import files_argument, print_warnings
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_all


@click.command(short_help="Report errors and warnings in scenario files.")
@files_argument(required=True)
def check(files: tuple[Path, ...]) -> None:
    """Report the errors and warnings in FILES, with their places.

    The exit code is 1 if there are errors.
    """
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
