"""The listening socket: it can be down for a while, and the connections that are open do not notice."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from mockclaude.server.listener import Listener


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


async def test_it_refuses_connections_for_a_while_and_listens_on_the_same_port_again() -> None:
    runner = web.ServerRunner(web.Server(nothing))
    await runner.setup()
    listener = Listener("127.0.0.1", 0)
    await listener.open(runner)
    await listener.reopened()
    assert await accepted(listener.port)

    listener.refuse(50_000)
    listener.refuse(50_000)
    while await accepted(listener.port):
        pass

    await listener.reopened()
    assert await accepted(listener.port)
    await runner.cleanup()


async def test_it_stays_down_where_the_server_has_stopped_meanwhile() -> None:
    runner = web.ServerRunner(web.Server(nothing))
    await runner.setup()
    listener = Listener("127.0.0.1", 0)
    await listener.open(runner)
    listener.refuse(20_000)
    await runner.cleanup()
    await listener.reopened()

    assert not await accepted(listener.port)


async def test_a_port_that_is_taken_cannot_be_had() -> None:
    runner = web.ServerRunner(web.Server(nothing))
    await runner.setup()
    first = Listener("127.0.0.1", 0)
    await first.open(runner)

    with pytest.raises(OSError, match="address already in use"):
        await Listener("127.0.0.1", first.port).open(runner)
    await runner.cleanup()
