"""The server's protocol: which connections the installed aiohttp supports."""

from __future__ import annotations

import logging

import aiohttp
import pytest
from aiohttp import web

from mockclaude.server import protocol
from mockclaude.server.connection import Connection, SlowConnection
from mockclaude.server.protocol import select_connection


def test_the_installed_aiohttp_supports_known_heads() -> None:
    assert select_connection() is Connection


def test_another_aiohttp_reads_all_requests(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delattr(web.RequestHandler, "_waiter")

    assert select_connection() is SlowConnection
    assert caplog.record_tuples == [
        (
            protocol.__name__,
            logging.WARNING,
            f"aiohttp {aiohttp.__version__} lacks _waiter: requests take longer",
        )
    ]
    caplog.clear()
