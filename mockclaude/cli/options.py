"""Options that several commands share, and the reports of their errors."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import click

from mockclaude.api.mode import MODES, Mode
from mockclaude.scenario.diagnostics import ScenarioError

if TYPE_CHECKING:
    from mockclaude.api.betas import AcceptedBetas
    from mockclaude.scenario.format.policy import Stale
    from mockclaude.scenario.rules import Scenario

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


def option(*names: str, **more: Any) -> Callable[[F], F]:
    """Build an option with an environment variable: `--port`, `MOCKCLAUDE_PORT`."""
    (name,) = (name.removeprefix("--") for name in names if name.startswith("--"))
    return click.option(*names, envvar=f"MOCKCLAUDE_{name.upper().replace('-', '_')}", show_envvar=True, **more)


def files_argument(*, required: bool = False) -> Callable[[F], F]:
    """Build the argument with scenario files and folders."""
    return click.argument("files", nargs=-1, required=required, type=click.Path(path_type=Path))


class ScenarioLoader(NamedTuple):
    """Scenario files, with the options that override their settings."""

    files: Sequence[Path]
    seed: int | None = None
    validation: Mode | None = None
    strict: bool = False
    betas: AcceptedBetas | None = None
    no_built_in: bool = False
    stale: Stale | None = None

    def load(self) -> dict[str, Scenario]:
        """Load the scenarios by name.

        Raises:
            ScenarioError: A file is invalid or, with `strict`, depends on the clock or on the order of requests.
        """
        from mockclaude.scenario.loading.loader import load_all, override

        loaded = load_all(self.files, self.seed, self.validation, self.betas, with_built_in=not self.no_built_in)
        scenarios = {name: override(scenario, None, stale=self.stale) for name, scenario in loaded.items()}
        if self.strict:
            from mockclaude.scenario.lint.determinism import require_determinism

            require_determinism(scenarios.values())
        return scenarios

    def load_or_exit(self) -> dict[str, Scenario]:
        """Load the scenarios by name, or print their errors and exit.

        Garbage collection is then enabled, for requests, and never visits the objects that exist.
        """
        try:
            scenarios = self.load()
        except ScenarioError as error:
            exit_with_error(error)
        gc.freeze()
        gc.enable()
        return scenarios


def file_option(name: str, help: str, **more: Any) -> Callable[[F], F]:  # noqa: A002 (click's name for it)
    """Build an option whose value is the path of a file."""
    return option(name, type=click.Path(path_type=Path, dir_okay=False), help=help, **more)


def _parse_each(
    name: str,
) -> Callable[[click.Context, click.Parameter, Sequence[str]], tuple[str, ...]]:
    """Build a callback that parses each value of an option with a function of `trust`.

    A `ValueError` is reported as the option's error.
    """

    def parse_all(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
        from mockclaude.engine import trust

        parse: Callable[[str], str] = getattr(trust, name)
        try:
            return tuple(map(parse, values))
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return parse_all


def _parse_betas(text: str) -> AcceptedBetas:
    from mockclaude.scenario.format.policy import parse_accepted_betas

    return parse_option("--betas", parse_accepted_betas, text)


def _parse_stale(text: str) -> Stale:
    from mockclaude.scenario.format.policy import parse_stale

    return parse_option("--stale", parse_stale, text)


SEED = option("--seed", type=int, help="Random seed. Overrides `seed` in the files.")
VALIDATION = option(
    "--validation",
    type=click.Choice(MODES),
    help="Validation mode. Overrides `validation` in the files.",
)
BETAS = option(
    "--betas",
    callback=lambda _context, _parameter, text: None if text is None else _parse_betas(text),
    help="Accepted names in `anthropic-beta`: known, strict, any, or further names separated by commas. Overrides "
    "`betas` in the files.",
)
NO_BUILT_IN = option(
    "--no-built-in",
    is_flag=True,
    help="Omit the built-in scenario: only rules of FILES and added rules reply.",
)
STALE = option(
    "--stale",
    metavar="[warn|error|ignore]",
    callback=lambda _context, _parameter, text: None if text is None else _parse_stale(text),
    help="Requests that differ from the recorded request of their rule: warn (a note in the log), error (refused like "
    "an unmatched request), or ignore. Default: warn.",
)
STRICT = option(
    "--strict-determinism",
    is_flag=True,
    help="Reject files whose result depends on time or on the order of requests.",
)
ADMIN_TOKEN = option(
    "--admin-token",
    help="Token of the admin API, in the header `x-mockclaude-token`. Default with a --host that is open to the "
    "network: a random token, printed at the start.",
)
ORIGINS = option(
    "--allow-origin",
    "origins",
    multiple=True,
    callback=_parse_each("parse_origin"),
    help="Accept `x-mockclaude-*` headers from pages of this origin, e.g. http://localhost:3000.",
)
HOSTS = option(
    "--allow-host",
    "hosts",
    multiple=True,
    callback=_parse_each("parse_host"),
    help="Accept requests to this host name, e.g. mock.example.com.",
)

MAX_UPLOAD = option(
    "--max-upload",
    type=click.IntRange(min=1),
    metavar="MB",
    default=64,
    show_default=True,
    callback=lambda _context, _parameter, size: size * 1024 * 1024,
    help="Maximum size of an upload or a batch, and of all files or skills of a lane, in MB.",
)


def speed_option(default: str, more: str = "") -> Callable[[F], F]:
    """Build the option for the speed of the clock."""
    text = f"Speed of time: a factor such as 10x, or instant (without delays).{more}"
    return option("--speed", default=default, show_default=True, help=text)


def retry_speed_option(default: str) -> Callable[[F], F]:
    """Build the option for the divisor of retry delays."""
    text = "Divide the retry delays sent to clients: a factor such as 10x, or instant (1 ms)."
    return option("--retry-speed", default=default, show_default=True, help=text)


def print_warnings(scenarios: Mapping[str, Scenario], *, err: bool) -> None:
    """Print the warnings of scenarios, to standard error or output.

    Warnings about the scenarios of the package are not printed to standard error.
    """
    from mockclaude.scenario.loading.shipped import is_shipped

    for warning in sorted(warning for scenario in scenarios.values() for warning in scenario.warnings):
        if not (err and is_shipped(warning.place.file)):
            (_warn if err else click.echo)(f"warning: {warning}")


def read_entries(journal: Path) -> list[dict[str, Any]]:
    """Read a journal and warn of incomplete lines, or print its error and exit."""
    from mockclaude.journal.journal_file import JournalError, read_journal

    try:
        return [recorded.data for recorded in read_journal(journal, lambda problem: _warn(f"warning: {problem}"))]
    except JournalError as error:
        exit_with_error(error)


def _warn(warning: str) -> None:
    from mockclaude.journal.console import write_error

    write_error(warning)


def exit_with_error(error: object) -> NoReturn:
    """Print an error and exit with code 2."""
    click.echo(str(error), err=True)
    sys.exit(2)


def parse_option(name: str, parse: Callable[[str], T], text: str) -> T:
    """Parse the text of the option `name`. A `ValueError` is reported as its error."""
    try:
        return parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=name) from None
