"""Commands about scenario files themselves: `check`, and `schema` for editors.

In: files. Out: text, and exit code 1 for files with mistakes. Knows nothing of requests.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mockclaude.cli.options import files, warn
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import load_all


@click.command(short_help="Say every mistake in scenario files.")
@files(required=True)
def check(files: tuple[Path, ...]) -> None:
    """Check FILES, and say every mistake with its place; the exit code is 1 if there is one."""
    try:
        scenarios = load_all(files)
    except ScenarioError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    warn(scenarios, err=False)
    checked = [scenario for scenario in scenarios.values() if scenario.files]
    rules = sum(len(scenario.rules) for scenario in checked)
    click.echo(f"{len(checked)} scenario{'s' * (len(checked) != 1)}, {rules} rule{'s' * (rules != 1)}: no mistakes")


@click.command(short_help="Print the JSON Schema of scenario files.")
def schema() -> None:
    """Print the JSON Schema of scenario files, by which editors complete them."""
    import orjson

    from mockclaude.scenario.format.json_schema import json_schema

    click.echo(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2))
