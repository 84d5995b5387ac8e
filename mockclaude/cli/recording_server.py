"""The server of `record`: it runs during a command, or until a signal."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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

_QUIET = 1.0
"""Seconds after which a wait for responses is reported."""

_FINISHED = b"\0"
"""The byte of no signal."""

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
        port: The port. 0: a free one.
        command: The command; empty to run until a signal.
        write: Writes lines of the log.
    """

    def __init__(
        self, site: Site, port: int, command: Sequence[str], write: Callable[[str], None] = write_line
    ) -> None:
        self._command = command
        self._server = BackgroundServer(site, port, run)
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
        if self._command:
            code = run_command(self._command, {**build_recording_environment(self._start()), **variables})
        else:
            self._serve(title)
            code = 0
        if relay is not None:
            self._finish(relay)
        return code

    def _start(self) -> str:
        try:
            return f"http://127.0.0.1:{self._server.start()}"
        except CannotListenError as error:
            exit_with_error(error)

    def _serve(self, title: str) -> None:
        """Serve until SIGINT or SIGTERM."""
        with _catch_signals() as (woken, _):
            url = self._start()
            write_line(f"mockclaude {__version__} on {url}\n\n  {title}\n\n  export ANTHROPIC_BASE_URL={url}\n")
            woken.recv(1)

    def _finish(self, relay: Finishing) -> None:
        """Wait for the responses; SIGINT or SIGTERM ends them."""
        timer = threading.Timer(_QUIET, lambda: write_error(describe_wait(relay.waiting)))
        timer.start()
        with _catch_signals() as (woken, wake):
            finished = self._server.submit(_finish_and_wake(relay, wake))
            by_signal = woken.recv(1) != _FINISHED
            timer.cancel()
            if by_signal:
                self._server.run(relay.cancel())
            finished.result()

    def stop(self) -> None:
        """Stop the server, and write the rest of the log."""
        self._server.stop()
        if self._log is not None:
            self._log.flush()


def describe_wait(count: int) -> str:
    """Describe the responses that a recorder waits for."""
    return f"waiting for {count} response{'s' * (count != 1)}; Ctrl-C stops the wait"


def build_recording_environment(url: str) -> dict[str, Any]:
    """Build the environment of a command whose SDKs ask `url` with their own keys."""
    variables = build_environment(url)
    del variables["ANTHROPIC_API_KEY"]
    inherited = {name: value for name, value in os.environ.items() if name not in _OTHER_APIS}
    return {**inherited, **variables, "MOCKCLAUDE_URL": url}


async def _finish_and_wake(relay: Finishing, wake: socket.socket) -> None:
    try:
        await relay.finish()
    finally:
        wake.send(_FINISHED)


@contextmanager
def _catch_signals() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Yield a socket that receives the number of each SIGINT and SIGTERM as a byte, and the socket that sends it.

    A lock would miss a signal for another thread, and a signal just before the wait.
    """
    woken, wake = socket.socketpair()
    with woken, wake:
        wake.setblocking(False)
        wakeup = signal.set_wakeup_fd(wake.fileno())
        before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield woken, wake
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)
