"""Sessions of the Python SDK's tool runner, whose responses are kept as the transport gets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

import httpx2
from anthropic import Anthropic, AsyncAnthropic, DefaultAsyncHttpxClient, DefaultHttpxClient, beta_async_tool, beta_tool

QUESTION: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 2048,
    "messages": [{"role": "user", "content": "Plan my trip."}],
}
KEPT = ("content-type", "request-id", "retry-after-ms", "x-should-retry")
"""The headers that a recording has."""


class Kept(NamedTuple):
    """A response: its status, its headers, and the parts of its body."""

    status: int
    headers: list[str]
    parts: list[bytes]

    def join(self) -> tuple[int, list[str], bytes]:
        return self.status, self.headers, b"".join(self.parts)


class Session(NamedTuple):
    """The end of a session, and its responses."""

    text: str
    responses: list[tuple[int, list[str], bytes]]


def _keep(response: httpx2.Response) -> Kept:
    return Kept(response.status_code, [f"{name}: {response.headers.get(name)}" for name in KEPT], [])


class _Tap(httpx2.HTTPTransport):
    """A transport that keeps the responses."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Kept] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        self.kept.append(_keep(response))
        response.stream = _TappedStream(response.stream, self.kept[-1].parts)
        return response


class _TappedStream(httpx2.SyncByteStream):
    def __init__(self, stream: Any, parts: list[bytes]) -> None:
        self._stream, self._parts = stream, parts

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            self._parts.append(part)
            yield part

    def close(self) -> None:
        self._stream.close()


class _AsyncTap(httpx2.AsyncHTTPTransport):
    """The same for the asynchronous client."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Kept] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        self.kept.append(_keep(response))
        response.stream = _TappedAsyncStream(response.stream, self.kept[-1].parts)
        return response


class _TappedAsyncStream(httpx2.AsyncByteStream):
    def __init__(self, stream: Any, parts: list[bytes]) -> None:
        self._stream, self._parts = stream, parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            self._parts.append(part)
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def find_city(country: str) -> str:
    """Find a city."""
    return f"Wien in {country}"


def get_weather(days: int) -> str:
    """Get the weather."""
    return f"sunny for {days} days"


async def find_city_later(country: str) -> str:
    """Find a city."""
    return find_city(country)


async def get_weather_later(days: int) -> str:
    """Get the weather."""
    return get_weather(days)


def run_session(url: str, lane: str, **settings: Any) -> Session:
    """Plan the trip with the synchronous client."""
    tap = _Tap()
    with DefaultHttpxClient(transport=tap) as http, _connect(Anthropic, url, lane, http) as client:
        runner = client.beta.messages.tool_runner(
            **QUESTION, tools=[beta_tool(find_city), beta_tool(get_weather)], **settings
        )
        last = list(runner)[-1]
        message = last.get_final_message() if settings.get("stream") else last
    return Session(message.content[-1].text, [kept.join() for kept in tap.kept])


def run_async_session(url: str, lane: str, **settings: Any) -> Session:
    """Plan the trip with the asynchronous client."""
    return asyncio.run(_run_async_session(url, lane, **settings))


async def _run_async_session(url: str, lane: str, **settings: Any) -> Session:
    tap = _AsyncTap()
    tools = [beta_async_tool(find_city_later, name="find_city"), beta_async_tool(get_weather_later, name="get_weather")]
    async with DefaultAsyncHttpxClient(transport=tap) as http, _connect(AsyncAnthropic, url, lane, http) as client:
        runner = client.beta.messages.tool_runner(**QUESTION, tools=tools, **settings)
        message = [
            await message.get_final_message() if settings.get("stream") else message async for message in runner
        ][-1]
    return Session(message.content[-1].text, [kept.join() for kept in tap.kept])


def _connect(create: Any, url: str, lane: str, http: Any) -> Any:
    return create(base_url=url, api_key=f"key-{lane}", http_client=http, default_headers={"x-mockclaude-lane": lane})


SESSIONS: dict[str, Callable[[str], Session]] = {
    "message": lambda url: run_session(url, "message"),
    "stream": lambda url: run_session(url, "stream", stream=True),
    "no-thread": lambda url: run_session(url, "no-thread", thread=False),
    "no-thread-stream": lambda url: run_session(url, "no-thread-stream", stream=True, thread=False),
    "async": lambda url: run_async_session(url, "async"),
    "async-stream": lambda url: run_async_session(url, "async-stream", stream=True),
}
