"""The server of `record`: it runs during a command, or until a signal."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from mockclaude import __version__
from mockclaude.cli.options import exit_with_error
from mockclaude.cli.run import run_command
from mockclaude.journal.console import wants_colour, write_error, write_line
from mockclaude.server.log_writer import LogWriter
from mockclaude.server.run import CannotListenError, run
from mockclaude.server.site import Site
from mockclaude.testing.background import BackgroundServer
from mockclaude.testing.environment import CONFLICTING, build_environment

PORT = 4141
_POLL = 0.1
_QUIET = 1.0
"""Seconds after which a wait for responses is reported."""

_OTHER_APIS = tuple(name for name in CONFLICTING if name.startswith("CLAUDE_CODE_USE_"))
"""Variables with which Claude Code does not ask the recorder. The other conflicting ones hold the client's key."""


class Finishing(Protocol):
    """A relay with responses that have not ended."""

    @property
    def waiting(self) -> int:
        """The number of responses that have not ended."""
        ...

    async def finish(self) -> None:
        """Wait for the end of all responses."""
        ...

    async def cancel(self) -> None:
        """End all responses."""
        ...


class RunningRecorder:
    """A server for a site, with a command or with a log.

    Args:
        site: The site.
        port: The port; None for the usual one, or for a free one with a command.
        command: The command; empty to run until a signal.
        write: Writes lines of the log.
    """

    def __init__(
        self, site: Site, port: int | None, command: Sequence[str], write: Callable[[str], None] = write_line
    ) -> None:
        self._command = command
        self._server = BackgroundServer(site, (0 if command else PORT) if port is None else port, run)
        self._log = None if command else LogWriter(write, colour=wants_colour())
        if self._log is not None:
            site.journal.subscribe("ended", self._log.log)

    def run(self, title: str, variables: Mapping[str, str], relay: Finishing | None = None) -> int:
        """Run the command, or serve until a signal; return the exit code.

        Args:
            title: The first line about the recording.
            variables: Further environment variables of the command.
            relay: The relay, whose responses are read to their end.
        """
        try:
            url = f"http://127.0.0.1:{self._server.start()}"
        except CannotListenError as error:
            exit_with_error(error)
        if self._command:
            code = run_command(self._command, {**build_recording_environment(url), **variables})
        else:
            _wait_for_signal(f"mockclaude {__version__} on {url}\n\n  {title}\n\n  export ANTHROPIC_BASE_URL={url}\n")
            code = 0
        if relay is not None:
            self._finish(relay)
        return code

    def _finish(self, relay: Finishing) -> None:
        timer = threading.Timer(_QUIET, lambda: write_error(f"waiting for {relay.waiting} responses; Ctrl-C stops it"))
        timer.start()
        try:
            self._server.run(relay.finish())
        except KeyboardInterrupt:
            self._server.run(relay.cancel())
        finally:
            timer.cancel()

    def stop(self) -> None:
        """Stop the server, and write the rest of the log."""
        self._server.stop()
        if self._log is not None:
            self._log.flush()


def build_recording_environment(url: str) -> dict[str, Any]:
    """Build the environment of a command whose SDKs ask `url` with their own keys."""
    variables = build_environment(url)
    del variables["ANTHROPIC_API_KEY"]
    inherited = {name: value for name, value in os.environ.items() if name not in _OTHER_APIS}
    return {**inherited, **variables, "MOCKCLAUDE_URL": url}


def _wait_for_signal(screen: str) -> None:
    """Print the screen, and wait for SIGINT or SIGTERM. A second one has its usual effect."""
    stopped = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in numbers}
    write_line(screen)
    try:
        while not stopped.wait(_POLL):  # another thread may get the signal, and its handler runs in this one
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
