"""The listening socket can be closed for some time; open connections stay open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from aiohttp import web

from mockclaude.server.listener import Listener
from tests.serving import PATIENCE


async def nothing(_: web.BaseRequest) -> web.StreamResponse:
    return web.Response()


async def accepted(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@pytest.fixture
async def runner() -> AsyncIterator[web.ServerRunner]:
    runner = web.ServerRunner(web.Server(nothing))
    await runner.setup()
    yield runner
    await runner.cleanup()


@pytest.fixture
async def listener(runner: web.ServerRunner) -> Listener:
    listener = Listener("127.0.0.1", 0)
    await listener.open(runner)
    return listener


async def test_listener_refuses_connections_and_reopens_its_port(listener: Listener) -> None:
    await listener.wait_until_open()
    assert await accepted(listener.port)

    listener.refuse(50_000)
    listener.refuse(50_000)
    while await accepted(listener.port):
        pass

    await listener.wait_until_open()
    assert await accepted(listener.port)


async def test_listener_stays_closed_if_closed_while_refusing(runner: web.ServerRunner, listener: Listener) -> None:
    listener.refuse(3_600_000_000)
    await listener.close()
    await runner.cleanup()

    assert not await accepted(listener.port)


@pytest.mark.parametrize("steps", range(8))
async def test_closing_at_any_step_of_reopening_frees_the_port(
    runner: web.ServerRunner, listener: Listener, steps: int
) -> None:
    listener.refuse(0)
    for _ in range(steps):
        await asyncio.sleep(0)
    await listener.close()
    await runner.cleanup()

    assert not await accepted(listener.port)


async def test_closed_listener_ignores_refusals(runner: web.ServerRunner, listener: Listener) -> None:
    await listener.close()
    listener.refuse(0)
    await listener.wait_until_open()

    assert len(runner.sites) == 1


async def test_port_in_use_is_an_error(runner: web.ServerRunner, listener: Listener) -> None:
    with pytest.raises(OSError, match="address already in use"):
        await Listener("127.0.0.1", listener.port).open(runner)


async def test_many_connections_wait_to_be_accepted(listener: Listener) -> None:
    with ExitStack() as stack:  # the event loop accepts none meanwhile
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", listener.port), timeout=PATIENCE))
