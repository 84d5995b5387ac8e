"""A server in a thread with its own event loop, on which other threads can call functions."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from aiohttp import web

from mockclaude.server.listener import Listener
from mockclaude.server.protocol import make_server
from mockclaude.server.run import listen
from mockclaude.server.site import Site
from mockclaude.testing.call_site import find_blocking_call

T = TypeVar("T")

TIMEOUT = 10.0
"""Seconds after which a start, a stop or a call fails."""


class BackgroundServer:
    """A server for a site on `port` of 127.0.0.1, in a thread. Port 0: a free port."""

    def __init__(self, site: Site, port: int = 0) -> None:
        self.site = site
        self._port = port
        self._started: Future[int] = Future()
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

    def stop(self) -> None:
        """Stop the server, cut open streams and join the thread."""
        if self._process == os.getpid() and self._thread.is_alive():
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

    def call(self, function: Callable[[], T]) -> T:
        """Call `function` on the server's event loop and return its result.

        Raises:
            RuntimeError: The server does not run, runs in another process, or is blocked.
        """
        self.check_running()
        if threading.get_ident() == self._thread.ident:
            return function()
        call = _Call(function)
        self._loop.call_soon_threadsafe(call.run)
        if not call.done.acquire(timeout=TIMEOUT):
            where = find_blocking_call(self._thread.ident or 0)
            raise RuntimeError(
                f"MockClaude: the server has been blocked for {TIMEOUT:g} s{where}; expected functions that return at "
                "once; use `async def` for slow ones"
            )
        if call.error is not None:
            raise call.error
        return call.result

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._started.done():
                raise
            self._started.set_exception(error)  # raised by `start`

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        listener = Listener("127.0.0.1", self._port)
        self.site.refuse = listener.refuse
        runner = web.ServerRunner(make_server(self.site), shutdown_timeout=0.05)
        await runner.setup()
        try:
            await listen(listener, runner)
            self._started.set_result(listener.port)
            await self._stop.wait()
        finally:
            await listener.close()
            await runner.cleanup()


class _Call(Generic[T]):
    """A call for another thread. The lock `done` is released at its end: a `Future` takes 30 us more."""

    __slots__ = ("_function", "done", "error", "result")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self.result: T
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def run(self) -> None:
        try:
            self.result = self._function()
        except BaseException as error:  # raised by `call`
            self.error = error
        finally:
            self.done.release()
