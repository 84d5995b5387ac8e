"""A server in a thread of its own, with an event loop of its own.

In: a site, and where it listens. Out: a running server, on whose loop functions can be called from any thread.
Knows nothing of what is served.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from aiohttp import web

from mockclaude.server.listener import Listener
from mockclaude.server.protocol import make_server
from mockclaude.server.run import listen
from mockclaude.server.site import Site
from mockclaude.testing.call_site import busy

T = TypeVar("T")

PATIENCE = 10.0
"""Seconds that starting, stopping, and a call may take."""


class Background:
    """Serves a site on `port` of this machine, or on a free one, until it is stopped."""

    def __init__(self, site: Site, port: int = 0) -> None:
        self._site = site
        self._port = port
        self._begun: Future[int] = Future()
        self._loop: asyncio.AbstractEventLoop
        self._stop = asyncio.Event()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._run, name="mockclaude", daemon=True)

    def start(self) -> int:
        """Return the port, once it listens. Raises `CannotListenError`, and `RuntimeError` if it was started before."""
        if self._thread.ident is not None:
            raise RuntimeError("this MockClaude was started before; expected another one: MockClaude()")
        self._thread.start()
        try:
            return self._begun.result(PATIENCE)
        except BaseException:
            self._thread.join(PATIENCE)
            raise

    def stop(self) -> None:
        """Stop; open streams are cut. Nothing of it is left when this returns."""
        if self._process == os.getpid() and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(PATIENCE)

    def call(self, function: Callable[[], T]) -> T:
        """Return what `function` returns on the server's loop. Raises `RuntimeError` where no server runs."""
        if self._process != os.getpid():
            raise RuntimeError(
                f"this MockClaude runs in process {self._process}, of which {os.getpid()} is a fork; here its URL can "
                "be used, for the rest start another one after forking"
            )
        if threading.get_ident() == self._thread.ident:
            return function()
        if not self._thread.is_alive():
            raise RuntimeError("this MockClaude is not running; use it as `with MockClaude() as mock:`")
        done: Future[T] = Future()
        self._loop.call_soon_threadsafe(_settle, done, function)
        if not wait([done], PATIENCE).done:
            where = busy(self._thread.ident or 0)
            raise RuntimeError(
                f"this MockClaude has been busy for {PATIENCE:g} s{where}; expected an asynchronous function of what "
                "takes long"
            )
        if error := done.exception():
            raise error  # `result()` would add frames of its own
        return done.result()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            if self._begun.done():
                raise
            self._begun.set_exception(error)  # whoever starts it is waiting for it

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        listener = Listener("127.0.0.1", self._port)
        self._site.refuse = listener.refuse
        runner = web.ServerRunner(make_server(self._site), shutdown_timeout=0.05)
        await runner.setup()
        try:
            await listen(listener, runner)
            self._begun.set_result(listener.port)
            await self._stop.wait()
        finally:
            await listener.close()
            await runner.cleanup()


def _settle(done: Future[T], function: Callable[[], T]) -> None:
    try:
        done.set_result(function())
    except BaseException as error:  # it belongs to whoever called
        done.set_exception(error)
