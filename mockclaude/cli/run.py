"""The command `run`: another command, with a server for as long as it runs.

In: files, and a command. Out: its exit code, and what it has asked. Knows nothing of requests.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click

from mockclaude.api.betas import AcceptedBetas
from mockclaude.api.mode import Mode
from mockclaude.cli import options
from mockclaude.cli.options import Loading, option, read, warn

PASSED_ON = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if (number := getattr(signal, name, None)) is not None
)
_COMMAND = f"{__name__}.command"
_BY_SIGNAL, _NOT_EXECUTABLE, _NOT_FOUND = 128, 126, 127
"""Exit codes as shells have them."""


class _WithCommand(click.Command):
    """A command whose arguments after `--` are another command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_COMMAND] = args[end + 1 :]
        return super().parse_args(ctx, args[:end])

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "-- COMMAND [ARGS]..."]


@click.command(cls=_WithCommand, short_help="Run a command with a server.")
@options.files()
@option("--allow-unmatched", is_flag=True, help="Requests that no rule answers do not change the exit code.")
@options.SEED
@options.VALIDATION
@options.BETAS
@options.STRICT
@options.speed("1x")
@options.RETRY_SPEED
@click.pass_context
def run(
    ctx: click.Context,
    files: tuple[Path, ...],
    allow_unmatched: bool,
    seed: int | None,
    validation: Mode | None,
    betas: AcceptedBetas | None,
    strict_determinism: bool,
    speed: str,
    retry_speed: str,
) -> None:
    """Run COMMAND with a server for FILES, to which its environment points the SDKs.

    The exit code is that of COMMAND, or 1 if no rule answered one of its requests.
    """
    command: list[str] = ctx.meta[_COMMAND]
    if not command:
        raise click.UsageError("a command is missing; expected such as: mockclaude run support.yaml -- pytest")
    from mockclaude.journal.console import write_error
    from mockclaude.journal.summary import Summary
    from mockclaude.server.clock import Clock, parse_speed
    from mockclaude.server.site import Site
    from mockclaude.testing.background import BackgroundServer
    from mockclaude.testing.environment import CONFLICTING, build_environment

    clock = Clock(read("--speed", parse_speed, speed))
    retries = read("--retry-speed", parse_speed, retry_speed)
    summary = Summary()
    scenarios = Loading(files, seed, validation, strict_determinism, betas).loaded()
    warn(scenarios, err=True)
    site = Site(scenarios, clock=clock, retry_speed=retries)
    site.journal.subscribe("ended", summary.add)
    server = BackgroundServer(site)
    try:
        pointing = build_environment(f"http://127.0.0.1:{server.start()}")
        usual = {name: value for name, value in os.environ.items() if name not in CONFLICTING}
        key = usual.get("ANTHROPIC_API_KEY") or pointing["ANTHROPIC_API_KEY"]
        code = run_command(command, {**usual, **pointing, "ANTHROPIC_API_KEY": key})
    finally:
        server.stop()
    write_error(str(summary))
    sys.exit(code or int(bool(summary.unmatched) and not allow_unmatched))


def run_command(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run `command`, pass signals on to it, and return its exit code as a shell would."""
    with _passed_on() as running:
        try:
            process = subprocess.Popen(command, env=environment)
        except OSError as error:
            click.echo(f"cannot run {command[0]}: {error.strerror}", err=True)
            return _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        running.append(process)
        code = process.wait()
    return _BY_SIGNAL - code if code < 0 else code


@contextmanager
def _passed_on() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Pass signals on to the processes in the list that this yields; what comes before there is one is lost."""
    running: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if not (number in _FROM_THE_TERMINAL and _is_in_front()):
            for process in running:
                process.send_signal(number)

    before: dict[int, Any] = {number: signal.signal(number, pass_on) for number in PASSED_ON}
    try:
        yield running
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


TERMINAL = "/dev/tty"
_FROM_THE_TERMINAL = (signal.SIGINT, getattr(signal, "SIGQUIT", None))
"""What a terminal sends to all processes in front of it, the command among them."""


def _is_in_front() -> bool:
    try:
        with open(TERMINAL) as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
