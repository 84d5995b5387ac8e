"""The command line: `mockclaude [serve] [FILES]`, and commands that need no server.

In: arguments. Out: a running server, or one message and an exit code: 0 for an
end on request, 2 for a mistake, and 1 where `check` finds one.
Knows nothing of requests.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar

import click

from mockclaude import __version__
from mockclaude.api.validation import MODES, Mode
from mockclaude.scenario.loader import load_all
from mockclaude.scenario.mistakes import ScenarioError
from mockclaude.scenario.rules import Scenario
from mockclaude.scenario.strictness import refuse_order_dependent

T = TypeVar("T")

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
@click.option(
    "--strict-determinism",
    envvar="MOCKCLAUDE_STRICT_DETERMINISM",
    show_envvar=True,
    is_flag=True,
    help="Refuse what depends on the clock or on the order of requests.",
)
@click.option(
    "--speed",
    envvar="MOCKCLAUDE_SPEED",
    show_envvar=True,
    default="1x",
    show_default=True,
    help="How many times as fast time passes: 10x, or instant. `manual` lets it stand still until it is advanced.",
)
@click.option(
    "--retry-speed",
    envvar="MOCKCLAUDE_RETRY_SPEED",
    show_envvar=True,
    default="1x",
    show_default=True,
    help="How many times as fast as is written clients are told to retry: 10x, or instant, which is 1 ms.",
)
def serve(
    files: tuple[Path, ...],
    host: str,
    port: int,
    seed: int | None,
    validation: Mode | None,
    strict_determinism: bool,
    speed: str,
    retry_speed: str,
) -> None:
    """Serve FILES as one scenario, and each folder among them as a set of scenarios.

    Without FILES, the built-in scenario answers.
    """
    from mockclaude.server.clock import clock_of, parse_speed
    from mockclaude.server.run import CannotListenError, Playing, run, write_line
    from mockclaude.server.run import serve as serve_forever

    playing = Playing(_read("--speed", clock_of, speed), _read("--retry-speed", parse_speed, retry_speed))
    try:
        scenarios = load_all(files, seed, validation)
        if strict_determinism:
            refuse_order_dependent(scenarios.values())
        _warn(scenarios, err=True)
        run(serve_forever(scenarios, host, port, write_line, playing))
    except (ScenarioError, CannotListenError) as error:
        _fail(error)


def _read(option: str, read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _warn(scenarios: Mapping[str, Scenario], *, err: bool) -> None:
    for warning in sorted(warning for scenario in scenarios.values() for warning in scenario.warnings):
        click.echo(f"warning: {warning}", err=err)


def _fail(error: object) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(2)


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check FILES, and say every mistake with its place; the exit code is 1 if there is one."""
    try:
        scenarios = load_all(files)
    except ScenarioError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    _warn(scenarios, err=False)
    checked = [scenario for scenario in scenarios.values() if scenario.files]
    rules = sum(len(scenario.rules) for scenario in checked)
    click.echo(f"{len(checked)} scenario{'s' * (len(checked) != 1)}, {rules} rule{'s' * (rules != 1)}: no mistakes")


@main.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--request", type=click.File("rb"), required=True, help="The JSON body; - is the standard input.")
@click.option("--header", "-H", multiple=True, help="A header of the request, such as 'x-api-key: mock'.")
@click.option("--lane", help="The lane of the request, as the log names it; else it follows from the API key.")
@click.option("--occurrence", type=click.IntRange(1, 100_000), default=1, help="How often the request has come.")
@click.option("--seed", type=int, envvar="MOCKCLAUDE_SEED", show_envvar=True, help="Instead of the files' own.")
def explain(
    files: tuple[Path, ...],
    request: BinaryIO,
    header: tuple[str, ...],
    lane: str | None,
    occurrence: int,
    seed: int | None,
) -> None:
    """Say what a server with FILES would answer to a request, and why, without a server."""
    from mockclaude.server.calls import LANE_HEADER, Call
    from mockclaude.server.explaining import explained

    given = [line.partition(":") for line in header]
    headers = {name.strip().lower(): value.strip() for name, _, value in given}
    usual = {"x-api-key": "mock", "anthropic-version": "2023-06-01", "content-type": "application/json"}
    asked = usual | headers | ({LANE_HEADER: lane} if lane is not None else {})
    try:
        scenario = load_all(files, seed)[""]
    except ScenarioError as error:
        _fail(error)
    click.echo(explained(scenario, Call("POST", "/v1/messages", {}, asked, request.read(), 0), occurrence))
