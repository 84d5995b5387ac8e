"""What the commands have in common: how an option is said, which ones several take, and how a mistake ends.

In: names of options. Out: decorators. Knows nothing of what a command does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from mockclaude.scenario.rules import Scenario

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **more: Any) -> Callable[[F], F]:
    """Return click's option whose environment variable is `MOCKCLAUDE_` and its name."""
    (name,) = (name.removeprefix("--") for name in names if name.startswith("--"))
    return click.option(*names, envvar=f"MOCKCLAUDE_{name.upper().replace('-', '_')}", show_envvar=True, **more)


def files(*, required: bool = False) -> Callable[[F], F]:
    """Return the argument of scenario files and folders."""
    return click.argument("files", nargs=-1, required=required, type=click.Path(path_type=Path))


def warn(scenarios: Mapping[str, Scenario], *, err: bool) -> None:
    """Say what is no mistake, but may be meant otherwise."""
    for warning in sorted(warning for scenario in scenarios.values() for warning in scenario.warnings):
        click.echo(f"warning: {warning}", err=err)


def fail(error: object) -> NoReturn:
    """End with a mistake: say it, and exit code 2."""
    click.echo(str(error), err=True)
    sys.exit(2)


def read(name: str, reader: Callable[[str], T], text: str) -> T:
    """Return what `reader` makes of the text of the option `name`; its `ValueError` is a mistake in that option."""
    try:
        return reader(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=name) from None
