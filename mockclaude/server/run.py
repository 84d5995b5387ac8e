"""`serve`: run a server until a signal stops it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_urlsafe
from threading import Timer
from typing import Any, NamedTuple, TypeAlias

from aiohttp import web

from mockclaude.engine.trust import Trust, is_loopback
from mockclaude.journal.console import wants_colour
from mockclaude.journal.journal import Journal
from mockclaude.scenario.rules import Scenario
from mockclaude.server.clock import REAL, Clock
from mockclaude.server.first_screen import first_screen
from mockclaude.server.listener import Listener
from mockclaude.server.log_writer import LogWriter, WriteEntries
from mockclaude.server.process import tune_process
from mockclaude.server.protocol import make_server
from mockclaude.server.request_body import MAX_BODY, MAX_UPLOAD
from mockclaude.server.site import Site

SHUTDOWN_TIMEOUT = 3.0
"""Seconds that open streams have to finish after the first signal."""

EXIT_AFTER = 4.5
"""Seconds after the first signal after which the process exits in any case."""


class CannotListenError(RuntimeError):
    """The server cannot listen on the address."""


SideTask: TypeAlias = Callable[[Site], Coroutine[Any, Any, None]]
"""A coroutine function that runs as long as the server."""


class SiteSettings(NamedTuple):
    """The clock, the divisor of retry delays, and the maximum bytes of an upload."""

    clock: Clock = REAL
    retry_speed: float = 1.0
    max_upload: int = MAX_UPLOAD
    data: Path | None = None


def create_trust(host: str, hosts: Iterable[str] = (), origins: Iterable[str] = (), token: str | None = None) -> Trust:
    """Create the access rules of a server on `host`.

    The default token is random if other machines can reach the server, or else none.
    """
    name = host.lower().removesuffix(".")
    opened = not is_loopback(name)
    names = frozenset(filter(None, (*hosts, name)))
    return Trust(opened, names, frozenset(origins), token or (token_urlsafe(24) if opened else ""))


async def serve(
    scenarios: Mapping[str, Scenario],
    host: str,
    port: int,
    write: Callable[[str], Any],
    settings: SiteSettings = SiteSettings(),  # noqa: B008 (a frozen value)
    *,
    trust: Trust | None = None,
    write_entries: WriteEntries | None = None,
    side_task: SideTask | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        scenarios: Scenarios by name; '' is the scenario at the root.
        port: The port. 0 picks a free one.
        write: Called with the first screen and with log lines.
        settings: The clock, the retry speed, the size of uploads and the folder of files.
        trust: The access rules. Default: `create_trust(host)`.
        write_entries: Called with batches of ended requests, whose bodies are complete.
        side_task: A coroutine function that runs as long as the server.

    Raises:
        CannotListenError: The address is invalid or in use.
    """
    journal = Journal(max_body=MAX_BODY) if write_entries else None
    site = Site(scenarios, trust=trust or create_trust(host), journal=journal, **settings._asdict())
    log_writer = LogWriter(write, write_entries, colour=wants_colour())
    site.journal.subscribe("ended", log_writer.log)
    stopping = _SignalStop()
    try:
        async with _listening(site, host, port) as bound_port:
            site.prepare()
            stopped = stopping.listen_for_signals()
            write(first_screen(scenarios, base_url(host, bound_port), site.trust.token))
            await _run_until(stopped, side_task and side_task(site))
    finally:
        log_writer.flush()
        await asyncio.get_running_loop().shutdown_default_executor()  # it loads files
        stopping.end()


@asynccontextmanager
async def _listening(site: Site, host: str, port: int) -> AsyncIterator[int]:
    """Listen for requests to `site`; yield the port."""
    listener = Listener(host, port)
    site.refuse = listener.refuse
    half = SHUTDOWN_TIMEOUT / 2  # aiohttp waits twice: for the handler, then for its connection
    runner = web.ServerRunner(make_server(site), shutdown_timeout=half)
    await runner.setup()
    try:
        await listen(listener, runner)
        tune_process()
        yield runner.addresses[0][1]
    finally:
        await listener.close()
        await runner.cleanup()


async def _run_until(stopped: asyncio.Event, side_task: Coroutine[Any, Any, None] | None) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(side_task) if side_task else None
        await stopped.wait()
        if running:
            running.cancel()


async def listen(listener: Listener, runner: web.ServerRunner) -> None:
    """Start to listen.

    Raises:
        CannotListenError: The address is invalid or in use.
    """
    host, port = listener.host, listener.port
    try:
        await listener.open(runner)
    except OSError as error:
        number = error.errno or errno.EADDRNOTAVAIL  # asyncio of Python 3.13 sets no number for it
        remedy = _REMEDIES.get(number, "choose another with --host and --port")
        reason = os.strerror(number).lower() if number > 0 else str(error.strerror).lower()
        raise CannotListenError(f"cannot listen on {host}:{port}: {reason}; {remedy}") from None
    except (OverflowError, UnicodeError):
        raise CannotListenError(f"cannot listen on {host}:{port}: not an address; use e.g. --host 127.0.0.1") from None


_REMEDIES = {
    errno.EADDRINUSE: "stop the other program, or choose a port with --port (0 picks a free one)",
    errno.EACCES: "ports below 1024 need permission; choose a higher one with --port",
    errno.EADDRNOTAVAIL: "this machine has no such address; use --host 127.0.0.1, or 0.0.0.0 for all",
}


_ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
"""Host for all addresses -> the host in the URL that is printed."""


def base_url(host: str, port: int) -> str:
    """Return the URL of a server on this address, for clients on this machine."""
    shown = _ANY_ADDRESS.get(host, host)
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


_STOPPING = (signal.SIGINT, signal.SIGTERM)


class _SignalStop:
    """Stops a server on signals.

    After the first signal, open streams may finish; a second signal ends the process immediately. A function of the
    user or a full standard output may block the event loop. So a thread ends the process `EXIT_AFTER` seconds after the
    first signal, unless `end` is called before.
    """

    def __init__(self) -> None:
        self._exit = Timer(EXIT_AFTER, lambda: os._exit(0))
        self._exit.daemon = True

    def listen_for_signals(self) -> asyncio.Event:
        """Return the event that the first signal sets."""
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()

        def stop(*_: object) -> None:
            for number in _STOPPING:
                signal.signal(number, signal.SIG_DFL)
            self._exit.start()
            loop.call_soon_threadsafe(stopped.set)

        for number in _STOPPING:
            signal.signal(number, stop)
        return stopped

    def end(self) -> None:
        """Cancel the exit after the server has stopped."""
        self._exit.cancel()


def run(coroutine: Any) -> None:
    """Run `coroutine` on uvloop if installed, or else on asyncio."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(coroutine)
    else:
        uvloop.run(coroutine)
