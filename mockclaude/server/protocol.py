"""aiohttp's low-level server with one handler.

The module `player` writes the bytes of responses, not aiohttp.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp import web

from mockclaude.server.connection import Connection, SlowConnection
from mockclaude.server.site import Site

_LOGGER = logging.getLogger(__name__)

KEEPALIVE_TIMEOUT = 75.0


def select_connection() -> type[Connection]:
    """Return the class of connections that the installed aiohttp supports."""
    missing = Connection.missing_attributes()
    if not missing:
        return Connection
    _LOGGER.warning("aiohttp %s lacks %s: requests take longer", aiohttp.__version__, ", ".join(missing))
    return SlowConnection


class SiteServer(web.Server):
    """aiohttp's low-level server for a site.

    Any thread may replace the site. Requests in progress keep theirs.
    """

    def __init__(self, site: Site, connection: type[Connection], **options: Any) -> None:
        super().__init__(self._handle, **options)
        self.site = site
        self._connection = connection

    def __call__(self) -> web.RequestHandler:
        """Create a connection."""
        return self._connection(self, self, loop=self._loop, **self._kwargs)

    def _handle(self, request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        connection = cast("Connection", request.protocol)
        site = self.site if connection.handled is None else connection.site
        return site.handle(request)


def make_server(site: Site, connection: type[Connection] | None = None) -> SiteServer:
    """Create aiohttp's server for `site` in the running event loop.

    Args:
        site: The site.
        connection: The class of connections. Default: `select_connection()`.
    """
    loop = asyncio.get_running_loop()
    return SiteServer(
        site,
        connection or select_connection(),
        request_factory=partial(web.BaseRequest, loop=loop),
        handler_cancellation=True,
        access_log=None,
        keepalive_timeout=KEEPALIVE_TIMEOUT,
        auto_decompress=False,  # aiohttp would decompress the whole body before its size can be checked
    )
