"""Python functions in place of conditions and replies.

In: what a test wrote. Out: what a rule needs, and a note of everything that a function raised.
Knows nothing of servers but that they answer an error with its status. A function that raises is answered with a 500
that SDKs do not retry, and what it raised is kept for the test.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import AsyncGeneratorType
from typing import Any, TypeAlias

from mockclaude.api.errors import ApiError
from mockclaude.scenario import inline
from mockclaude.scenario.conditions import Condition
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.rules import Coming, Outline
from mockclaude.testing.asked import Asked
from mockclaude.testing.tracebacks import hide_frames
from mockclaude.testing.vocabulary import Function, Predicate

_DONE = object()
_Loop: TypeAlias = asyncio.AbstractEventLoop | None
_PATIENCE = 1.0
"""Seconds that a generator gets to end, when nobody listens any more and its loop may be busy or gone."""


class Functions:
    """The functions of one test, and what they raised."""

    def __init__(self) -> None:
        self.raised: list[BaseException] = []

    @contextmanager
    def _noting(self, where: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            hide_frames(error)
            self.raised.append(error)
            told = f"{where}: a function raised {type(error).__name__}: {error}"
            raise ApiError("api_error", told, headers={"x-should-retry": "false"}) from None

    def condition(self, predicate: Predicate, where: str) -> Condition:
        """Return the condition that holds if `predicate` returns something true."""

        def holds(asked: Asked) -> bool:
            with self._noting(where):
                return bool(predicate(asked))

        return Condition("function", f"{_name(predicate)}() to be true", Asked, holds, costly=True)

    def reply(self, function: Function, where: str) -> Callable[[Conversation], Outline | Coming]:
        """Return what makes a reply with `function`, whose coroutines and asynchronous generators run on this loop."""
        home = _running_loop()

        def made(conversation: Conversation) -> Outline | Coming:
            with self._noting(where):
                said = function(Asked(conversation))
                if inspect.isawaitable(said):
                    return self._awaited(said, where, home)
                if isinstance(said, AsyncIterable):
                    return self._parts(aiter(said), where, home)
                if isinstance(said, Iterator):
                    return self._parts(_asynchronous(said), where, None)
                return outline(said, where)

        return made

    async def _awaited(self, said: Awaitable[Any], where: str, home: _Loop) -> Outline:
        with self._noting(where):
            return outline(await _on(home, lambda: said), where)

    async def _parts(self, parts: AsyncIterator[Any], where: str, home: _Loop) -> AsyncGenerator[Outline, None]:
        """Yield the parts of a reply, and close the generator that makes them, whatever happens."""
        try:
            while True:
                with self._noting(where):
                    part = await _on(home, lambda: anext(parts, _DONE))
                    if part is _DONE:
                        return
                    made = _part(part, where)
                yield made
        finally:
            with suppress(TimeoutError, ApiError):
                await asyncio.wait_for(self._close(parts, where, home), _PATIENCE)

    async def _close(self, parts: AsyncIterator[Any], where: str, home: _Loop) -> None:
        if not (home and home.is_closed()):
            with self._noting(where):
                await _on(home, lambda: _closed(parts))


def _name(function: Any) -> str:
    """Return the name of a function, or of what else is called, without an address: it is part of responses."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def blame(error: BaseException, raised: BaseException) -> None:
    """Let what a function raised be told as the cause of `error`, in which it was answered as an error."""
    while error.__cause__ is not None:
        error = error.__cause__
    error.__cause__ = raised


def outline(said: Any, where: str) -> Outline:
    """Return the reply that a function said. Raises `ScenarioError`."""
    return inline.add({"reply": said}, where).scenario.rules[0].replies[0]


def _part(said: Any, where: str) -> Outline:
    """Return a part of a reply: a string goes on with the text before it, and thinking in its short form likewise."""
    continues = isinstance(said, str) or (
        isinstance(said, dict) and said.keys() == {"thinking"} and isinstance(said["thinking"], str)
    )
    return replace(outline(said, where), continues=continues)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _on(home: _Loop, make: Callable[[], Awaitable[Any]]) -> Any:
    """Return what the awaitable that `make` returns gives, on the loop `home`, or on this one."""
    if home is None or home is asyncio.get_running_loop():
        return await make()
    if home.is_closed():
        raise RuntimeError("the event loop that the function was given in is closed")

    async def run() -> Any:
        return await make()

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), home))


async def _asynchronous(parts: Iterator[Any]) -> AsyncGenerator[Any, None]:
    try:
        for part in parts:
            yield part
    finally:
        if isinstance(parts, Generator):
            parts.close()


async def _closed(parts: AsyncIterator[Any]) -> None:
    """Close a generator, so that its `finally` happens; one that runs is being cancelled, and closes itself."""
    if isinstance(parts, AsyncGeneratorType) and not parts.ag_running:
        await parts.aclose()
