"""A server in a thread with its own event loop, on which other threads can call functions."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from aiohttp import web

from mockclaude.server.listener import Listener
from mockclaude.server.protocol import SiteServer, make_server
from mockclaude.server.run import listen
from mockclaude.server.site import Site
from mockclaude.testing.call_site import find_blocking_call

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds after which a start, a stop or a call fails."""


class BackgroundServer:
    """A server for a site on `port` of 127.0.0.1, in a thread. Port 0: a free port.

    Args:
        site: The site.
        port: The port.
        run_loop: Runs a coroutine on a new event loop.
    """

    def __init__(self, site: Site, port: int = 0, run_loop: Callable[[Any], None] = asyncio.run) -> None:
        self.site = site
        self._run_loop = run_loop
        self._port = port
        self._started: Future[int] = Future()
        self._server: SiteServer
        self._loop: asyncio.AbstractEventLoop
        self._stop = asyncio.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="mockclaude", daemon=True)

    def start(self) -> int:
        """Start the server and return its port.

        Raises:
            CannotListenError: The port is in use.
            RuntimeError: The server was started before.
        """
        if self._thread.ident is not None:
            raise RuntimeError("MockClaude: already started; expected one start; create another MockClaude()")
        self._thread.start()
        try:
            return self._started.result(TIMEOUT)
        except BaseException:
            self._thread.join(TIMEOUT)
            raise

    @property
    def port(self) -> int:
        """The port of the running server."""
        return self._started.result(TIMEOUT)

    @property
    def is_running(self) -> bool:
        """Whether the server runs in this process."""
        return self._process == os.getpid() and self._thread.is_alive()

    def stop(self) -> None:
        """Stop the server, cut open streams and join the thread."""
        if self.is_running:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(TIMEOUT)

    def check_running(self) -> None:
        """Check that the server runs in this process.

        Raises:
            RuntimeError: The server does not run, or runs in another process.
        """
        if self._process != os.getpid():
            raise RuntimeError(
                f"MockClaude: started in process {self._process}, got a call from its fork {os.getpid()}; expected "
                "the same process; use the URL alone, or start another MockClaude after the fork"
            )
        if not self._thread.is_alive():
            raise RuntimeError(
                "MockClaude: not running; expected a call between start and stop; use `with MockClaude() as mock:`"
            )

    def replace_site(self, site: Site) -> None:
        """Serve another site to the next requests.

        Requests in progress keep theirs. A function of the test that runs on the server's event loop ends first.

        Raises:
            RuntimeError: The server does not run, runs in another process, or is blocked.
        """
        self.check_running()
        if find_blocking_call(self._thread.ident or 0):
            self.call(lambda: None)
        self.site = self._server.site = site

    def call(self, function: Callable[[], None]) -> None:
        """Call `function`, which raises nothing, on the server's event loop; wait.

        Raises:
            RuntimeError: The server does not run, runs in another process, or is blocked.
        """
        self.check_running()
        if threading.get_ident() == self._thread.ident:
            function()
            return
        done = threading.Event()
        self._loop.call_soon_threadsafe(_call, function, done)
        if not done.wait(TIMEOUT):
            where = find_blocking_call(self._thread.ident or 0)
            raise RuntimeError(
                f"MockClaude: the server has been blocked for {TIMEOUT:g} s{where}; expected functions that return at "
                "once; use `async def` for slow ones"
            )

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's event loop; return its result."""
        return self.submit(coroutine).result()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin a coroutine on the server's event loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _run(self) -> None:
        try:
            self._run_loop(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)  # raised by `start`

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        listener = Listener("127.0.0.1", self._port)
        self.site.refuse = listener.refuse
        self._server = make_server(self.site)
        runner = web.ServerRunner(self._server, shutdown_timeout=0.05)
        await runner.setup()
        try:
            await listen(listener, runner)
            self._started.set_result(listener.port)
            await self._stop.wait()
        finally:
            await listener.close()
            await runner.cleanup()


def _call(function: Callable[[], None], done: threading.Event) -> None:
    function()
    done.set()
