"""What the commands have in common: how an option is said, which ones several take, and how a mistake ends.

In: names of options. Out: decorators. Knows nothing of what a command does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar

import click

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import MODES, Mode
from mockclaude.engine.trust import parse_host, parse_origin
from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.format.policy import parse_accepted_betas
from mockclaude.scenario.lint.determinism import require_determinism
from mockclaude.scenario.loading.loader import load_all
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


class Loading(NamedTuple):
    """What scenarios are loaded from, and what is said on the command line instead of in the files."""

    files: Sequence[Path]
    seed: int | None = None
    validation: Mode | None = None
    strict: bool = False
    betas: AcceptedBetas | None = None

    def load(self) -> dict[str, Scenario]:
        """Return the scenarios by name. Raises `ScenarioError`."""
        scenarios = load_all(self.files, self.seed, self.validation, self.betas)
        if self.strict:
            require_determinism(scenarios.values())
        return scenarios

    def loaded(self) -> dict[str, Scenario]:
        """Return the scenarios by name, or end with their mistakes."""
        try:
            return self.load()
        except ScenarioError as error:
            fail(error)


def file(name: str, help: str, **more: Any) -> Callable[[F], F]:  # noqa: A002 (click's name for it)
    """Return an option that takes the path of a file."""
    return option(name, type=click.Path(path_type=Path, dir_okay=False), help=help, **more)


def _each(parse: Callable[[str], str]) -> Callable[[click.Context, click.Parameter, Sequence[str]], tuple[str, ...]]:
    """Return a callback that parses each value of an option; a `ValueError` is a mistake in that option."""

    def parsed(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
        try:
            return tuple(map(parse, values))
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return parsed


SEED = option("--seed", type=int, help="Seed of everything that is drawn, instead of the files' own.")
VALIDATION = option(
    "--validation",
    type=click.Choice(MODES),
    help="Refuse what the API refuses, less like a gateway, or nothing; instead of what the files say.",
)
BETAS = option(
    "--betas",
    callback=lambda _context, _parameter, text: None if text is None else read("--betas", parse_accepted_betas, text),
    help="Accept these names in `anthropic-beta`: known, strict, any, or further names with commas between them. "
    "Overrides `betas` in the files.",
)
STRICT = option(
    "--strict-determinism", is_flag=True, help="Refuse what depends on the clock or on the order of requests."
)
ADMIN_TOKEN = option(
    "--admin-token",
    help="Token demanded below /_mockclaude/ in the header `x-mockclaude-token`. Drawn and printed if --host opens the "
    "server to others.",
)
ORIGINS = option(
    "--allow-origin",
    "origins",
    multiple=True,
    callback=_each(parse_origin),
    help="An origin such as http://localhost:3000 whose pages may send `x-mockclaude-*` headers.",
)
HOSTS = option(
    "--allow-host",
    "hosts",
    multiple=True,
    callback=_each(parse_host),
    help="A name by which clients may call the server, such as mock.example.com.",
)
RETRY_SPEED = option(
    "--retry-speed",
    default="1x",
    show_default=True,
    help="How many times as fast as is written clients are told to retry: 10x, or instant, which is 1 ms.",
)


def speed(default: str, more: str = "") -> Callable[[F], F]:
    """Return the option that says how fast time passes."""
    text = f"How many times as fast time passes: 10x, or instant.{more}"
    return option("--speed", default=default, show_default=True, help=text)


def warn(scenarios: Mapping[str, Scenario], *, err: bool) -> None:
    """Say what is no mistake, but may be meant otherwise."""
    for warning in sorted(warning for scenario in scenarios.values() for warning in scenario.warnings):
        (_warn if err else click.echo)(f"warning: {warning}")


def entries_of(journal: Path) -> list[dict[str, Any]]:
    """Return the entries of a journal, and say which lines are torn; or end with what is wrong with it."""
    from mockclaude.journal.journal_file import JournalError, read_journal

    try:
        return [recorded.data for recorded in read_journal(journal, lambda problem: _warn(f"warning: {problem}"))]
    except JournalError as error:
        fail(error)


def _warn(warning: str) -> None:
    from mockclaude.journal.console import write_error

    write_error(warning)


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
