"""The command `run`: run another command with a server, and return its exit code."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from mockclaude.cli import options
from mockclaude.cli.options import ScenarioLoader, option, parse_option, print_warnings

if TYPE_CHECKING:
    from mockclaude.api.betas import AcceptedBetas
    from mockclaude.api.mode import Mode
    from mockclaude.scenario.format.policy import Stale
    from mockclaude.server.site import Site

FORWARDED = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if (number := getattr(signal, name, None)) is not None
)
COMMAND = f"{__name__}.command"
"""The key of the command after `--` in click's `meta`."""

_BY_SIGNAL, _NOT_EXECUTABLE, _NOT_FOUND = 128, 126, 127
"""Exit codes of POSIX shells."""


class WithCommand(click.Command):
    """A command with another command after `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments before `--`; keep those after it."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[COMMAND] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the words of the usage line."""
        return [*super().collect_usage_pieces(ctx), "-- COMMAND [ARGS]..."]


@click.command(cls=WithCommand, short_help="Run a command with a server.")
@options.files_argument()
@option("--allow-unmatched", is_flag=True, help="Ignore unmatched requests in the exit code.")
@options.NO_BUILT_IN
@options.SEED
@options.VALIDATION
@options.BETAS
@options.STALE
@options.STRICT
@options.speed_option("1x")
@options.retry_speed_option("instant")
@options.MAX_UPLOAD
@click.pass_context
def run(
    ctx: click.Context,
    files: tuple[Path, ...],
    allow_unmatched: bool,
    no_built_in: bool,
    seed: int | None,
    validation: Mode | None,
    betas: AcceptedBetas | None,
    stale: Stale | None,
    strict_determinism: bool,
    speed: str,
    retry_speed: str,
    max_upload: int,
) -> None:
    """Run COMMAND with a server for FILES.

    The environment of COMMAND points the SDKs to the server. The exit code is that of COMMAND, or 1 if a request was
    unmatched, or refused as stale.
    """
    command: list[str] = ctx.meta[COMMAND]
    if not command:
        raise click.UsageError(f"missing COMMAND; expected `mockclaude run [FILES] -- COMMAND`; {_find_fix(files)}")
    from mockclaude.journal.console import write_error
    from mockclaude.journal.journal import Journal
    from mockclaude.journal.summary import Summary
    from mockclaude.server.clock import Clock, parse_speed
    from mockclaude.server.request_body import MAX_BODY
    from mockclaude.server.site import Site

    clock = Clock(parse_option("--speed", parse_speed, speed))
    retries = parse_option("--retry-speed", parse_speed, retry_speed)
    summary = Summary()
    scenarios = ScenarioLoader(files, seed, validation, strict_determinism, betas, no_built_in, stale).load_or_exit()
    print_warnings(scenarios, err=True)
    journal = Journal(max_body=MAX_BODY)
    site = Site(scenarios, journal=journal, clock=clock, retry_speed=retries, max_upload=max_upload)
    site.journal.subscribe("ended", summary.add)
    code = _run_with_server(command, site)
    write_error(str(summary))
    sys.exit(code or int(bool(summary.unmatched and not allow_unmatched) or bool(summary.stale)))


def _find_fix(files: Sequence[Path]) -> str:
    """Return how to add the command, which may be among the files."""
    words = list(map(str, files))
    for index, word in enumerate(words):
        if shutil.which(word) and not Path(word).exists():
            written = " ".join(["mockclaude run", *words[:index], "--", *words[index:]])
            return f"put `--` before the command: `{written}`"
    return "add e.g. `-- pytest`"


def _run_with_server(command: Sequence[str], site: Site) -> int:
    from mockclaude.testing.background import BackgroundServer
    from mockclaude.testing.environment import CONFLICTING, build_environment

    server = BackgroundServer(site)
    try:
        url = f"http://127.0.0.1:{server.start()}"
        variables = {**build_environment(url), "MOCKCLAUDE_URL": url}
        inherited = {name: value for name, value in os.environ.items() if name not in CONFLICTING}
        key = inherited.get("ANTHROPIC_API_KEY") or variables["ANTHROPIC_API_KEY"]
        return run_command(command, {**inherited, **variables, "ANTHROPIC_API_KEY": key})
    finally:
        server.stop()


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `command`, forward signals to it, and return its exit code as a shell does."""
    with _forward_signals() as running:
        try:
            process = subprocess.Popen(command, env=environment)
        except OSError as error:
            click.echo(f"cannot run {command[0]}: {error.strerror}", err=True)
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        running.append(process)
        code = process.wait()
    return _BY_SIGNAL - code if code < 0 else code


@contextmanager
def _forward_signals() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Forward signals to the processes in the yielded list. Signals before the first process are dropped."""
    running: list[subprocess.Popen[bytes]] = []

    def forward(number: int, _: FrameType | None) -> None:
        if not (number in _TERMINAL_SIGNALS and _is_in_foreground()):
            for process in running:
                process.send_signal(number)

    before: dict[int, Any] = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        yield running
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


TERMINAL = "/dev/tty"
_TERMINAL_SIGNALS = (signal.SIGINT, getattr(signal, "SIGQUIT", None))
"""Signals that a terminal sends to all processes in its foreground, so also to the command."""


def _is_in_foreground() -> bool:
    try:
        with open(TERMINAL) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
