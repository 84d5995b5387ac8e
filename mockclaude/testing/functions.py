"""Python functions in place of conditions and replies.

In: what a test wrote. Out: what a rule needs, and a note of everything that a function raised.
Knows nothing of servers but that they answer an error with its status. A function that raises is answered with a 500
that SDKs do not retry, and what it raised is kept for the test.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mockclaude.api.errors import ApiError
from mockclaude.scenario import inline
from mockclaude.scenario.conditions import Condition
from mockclaude.scenario.conversation import Conversation
from mockclaude.scenario.rules import Outline
from mockclaude.testing.asked import Asked
from mockclaude.testing.vocabulary import Function, Predicate

_DONE = object()
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
            self.raised.append(error)
            told = f"{where}: a function raised {type(error).__name__}: {error}"
            raise ApiError("api_error", told, headers={"x-should-retry": "false"}) from None

    def condition(self, predicate: Predicate, where: str) -> Condition:
        """Return the condition that holds if `predicate` returns something true."""

        def holds(asked: Asked) -> bool:
            with self._noting(where):
                return bool(predicate(asked))

        name = getattr(predicate, "__name__", repr(predicate))
        return Condition("function", f"{name}() to be true", Asked, holds, costly=True)

    def given(self, function: Function, where: str) -> dict[str, Any]:
        """Return the field of a rule for which `function` makes the reply."""
        if _is_live(function):
            return {"live": self._live(function, where)}
        return {"function": self._reply(function, where)}

    def _reply(self, function: Function, where: str) -> Callable[[Conversation], Outline]:

        def made(conversation: Conversation) -> Outline:
            with self._noting(where):
                return outline(function(Asked(conversation)), where)

        return made

    def _live(self, function: Function, where: str) -> Callable[[Conversation], AsyncGenerator[Outline, None]]:
        """Return what makes a reply step by step, on the loop that runs here and now, if one does."""
        home = _running_loop()

        async def made(conversation: Conversation) -> AsyncGenerator[Outline, None]:
            steps = _steps(function, Asked(conversation))
            try:
                while True:
                    with self._noting(where):
                        step = await _on(home, anext(steps, _DONE))
                        if step is _DONE:
                            return
                        part = outline(step, where)
                    yield part
            finally:
                with suppress(TimeoutError):
                    await asyncio.wait_for(_on(home, steps.aclose()), _PATIENCE)

        return made


def blame(error: BaseException, raised: BaseException) -> None:
    """Let what a function raised be told as the cause of `error`, in which it was answered as an error."""
    while error.__cause__ is not None:
        error = error.__cause__
    error.__cause__ = raised


def _is_live(function: Function) -> bool:
    called = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004
    return inspect.isasyncgenfunction(called) or inspect.iscoroutinefunction(called)


def outline(said: Any, where: str) -> Outline:
    """Return the reply that a function said. Raises `ScenarioError`."""
    return inline.add({"reply": said}, where).scenario.rules[0].replies[0]


async def _steps(function: Any, asked: Asked) -> AsyncGenerator[Any, None]:
    made = function(asked)
    if inspect.isawaitable(made):
        yield await made
        return
    async for step in made:
        yield step


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


async def _on(home: asyncio.AbstractEventLoop | None, awaited: Any) -> Any:
    """Return what `awaited` gives, run on the loop `home`, or on this one."""
    if home is None or home is asyncio.get_running_loop():
        return await awaited

    async def run() -> Any:
        return await awaited

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(run(), home))
