"""Python functions in place of conditions and replies.

In: what a test wrote. Out: what a rule needs, and a note of everything that a function raised.
Knows nothing of servers but that they answer an error with its status. A function that raises is answered with a 500
that SDKs do not retry, and what it raised is kept for the test: exceptions, and what ends a test or a process.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import AsyncGeneratorType
from typing import Any, NamedTuple

from mockclaude.api.errors import ApiError
from mockclaude.api.request import MessagesRequest
from mockclaude.scenario.conditions.conditions import Condition
from mockclaude.scenario.loading import inline
from mockclaude.scenario.rules import CompiledStep, PendingReply, ReplyTemplate
from mockclaude.scenario.template.templates import Template
from mockclaude.testing.call_site import current_line
from mockclaude.testing.tracebacks import hide_frames
from mockclaude.testing.types import Function, Predicate

_DONE = object()
_PATIENCE = 1.0
"""Seconds that a generator gets to end, when nobody listens any more and its loop may be busy or gone."""

BEGIN_WITHIN = 5.0
"""Seconds within which the event loop of a test must begin to run a coroutine; a loop that is blocked never does."""


class _Home(NamedTuple):
    """The event loop in which a function was given, and the id of its thread."""

    loop: asyncio.AbstractEventLoop
    thread: int

    def describe_stop(self) -> str:
        """Return why the loop does not run what it was given."""
        if not self.loop.is_running():
            return "the event loop of the function is not running; expected a loop that runs during the request"
        place = current_line(self.thread)
        return (
            f"the event loop of the function is blocked{place and f' at {place}'}; expected a free loop during the "
            "request; use an asynchronous client, or `await asyncio.to_thread(...)`"
        )


class Functions:
    """The functions of one test, and what they raised."""

    def __init__(self) -> None:
        self.raised: list[BaseException] = []

    @contextmanager
    def _noting(self, where: str) -> Iterator[None]:
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # also `pytest.fail`, `pytest.skip` and `sys.exit`
            hide_frames(error)
            self.raised.append(error)
            told = f"{where}: a function raised {type(error).__name__}: {error}"
            raise ApiError("api_error", told, headers={"x-should-retry": "false"}) from None

    def condition(self, predicate: Predicate, where: str) -> Condition:
        """Return the condition that holds if `predicate` returns something true."""

        def holds(request: MessagesRequest) -> bool:
            with self._noting(where):
                return _truth(predicate(request))

        return Condition("function", f"{_name(predicate)}() to be true", _whole_request, holds, costly=True)

    def reply(self, function: Function, where: str) -> Callable[[MessagesRequest], ReplyTemplate | PendingReply]:
        """Return what makes a reply with `function`, whose coroutines and asynchronous generators run on this loop."""
        home = _home()

        def made(request: MessagesRequest) -> ReplyTemplate | PendingReply:
            with self._noting(where):
                said = function(request)
                if inspect.isawaitable(said):
                    return self._awaited(said, where, home)
                if isinstance(said, AsyncIterable):
                    return self._parts(aiter(said), where, home)
                if isinstance(said, Iterator):
                    return self._parts(_asynchronous(said), where, None)
                return outline(said, where)

        return made

    async def _awaited(self, said: Awaitable[Any], where: str, home: _Home | None) -> ReplyTemplate:
        try:
            with self._noting(where):
                return outline(await _on(home, lambda: said, BEGIN_WITHIN), where)
        finally:
            if inspect.iscoroutine(said) and inspect.getcoroutinestate(said) == inspect.CORO_CREATED:
                said.close()

    async def _parts(
        self, parts: AsyncIterator[Any], where: str, home: _Home | None
    ) -> AsyncGenerator[ReplyTemplate, None]:
        """Yield the parts of a reply, and close the generator that makes them, whatever happens."""
        try:
            while True:
                with self._noting(where):
                    part = await _on(home, lambda: anext(parts, _DONE), BEGIN_WITHIN)
                    if part is _DONE:
                        return
                    made = _part(part, where)
                yield made
        finally:
            with suppress(TimeoutError, ApiError):
                await asyncio.wait_for(self._close(parts, where, home), _PATIENCE)

    async def _close(self, parts: AsyncIterator[Any], where: str, home: _Home | None) -> None:
        if not (home and home.loop.is_closed()):
            with self._noting(where):
                await _on(home, lambda: _closed(parts), 2 * _PATIENCE)


def _whole_request(request: MessagesRequest) -> MessagesRequest:
    return request


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


_ALWAYS_TRUE = (
    (inspect.iscoroutinefunction, "a coroutine function", "remove `async`"),
    (inspect.isasyncgenfunction, "an asynchronous generator function", "use `return`, without `async`"),
    (inspect.isgeneratorfunction, "a generator function", "use `return` in place of `yield`"),
)
"""Functions whose result is an object that is true whatever they decide."""

_BOOL = "expected a function that returns true or false"


def check_predicate(predicate: Any, where: str) -> None:
    """Raise `TypeError` if the result of `predicate` would always be true, or if it is not a function."""
    if not callable(predicate):
        raise TypeError(f"{predicate!r} is no function; expected such as when(user={predicate!r})")
    for has_kind, kind, remedy in _ALWAYS_TRUE:
        if has_kind(predicate) or has_kind(type(predicate).__call__):
            raise TypeError(f"{where}: `when`: {_name(predicate)}() is {kind}, always true; {_BOOL}; {remedy}")


def _truth(result: Any) -> bool:
    if isinstance(result, Awaitable | AsyncIterable | Iterator):
        if inspect.iscoroutine(result):
            result.close()
        raise TypeError(f"`when`: the result is always true, got {type(result).__name__}; {_BOOL}")
    return bool(result)


def outline(said: Any, where: str) -> ReplyTemplate:
    """Return the reply that a function said. Raises `ScenarioError`."""
    if type(said) is str and "${{" not in said and _is_unicode(said):
        return ReplyTemplate((CompiledStep("text", Template({"text": said, "citations": []}, None)),), fixed=True)
    return inline.compile_rules({"reply": said}, where).scenario.rules[0].replies[0]


def _is_unicode(text: str) -> bool:
    """Return whether JSON can carry `text`: it has no halves of surrogate pairs."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _part(said: Any, where: str) -> ReplyTemplate:
    """Return a part of a reply: a string goes on with the text before it, and thinking in its short form likewise."""
    continues = isinstance(said, str) or (
        isinstance(said, dict) and said.keys() == {"thinking"} and isinstance(said["thinking"], str)
    )
    return replace(outline(said, where), continues=continues)


def _home() -> _Home | None:
    try:
        return _Home(asyncio.get_running_loop(), threading.get_ident())
    except RuntimeError:
        return None


async def _on(home: _Home | None, make: Callable[[], Awaitable[Any]], begin_within: float) -> Any:
    """Return what the awaitable that `make` returns gives, on the loop of `home`, or on this one.

    Raises `RuntimeError` if that loop does not begin within `begin_within` seconds.
    """
    loop = asyncio.get_running_loop()
    if home is None or home.loop is loop:
        return await make()
    if home.loop.is_closed():
        raise RuntimeError("the event loop that the function was given in is closed")
    gate = threading.Lock()  # who acquires it decides whether the coroutine begins
    problem = ""

    async def run() -> Any:
        return await make() if gate.acquire(blocking=False) else None

    def give_up() -> None:
        nonlocal problem
        if gate.acquire(blocking=False):
            problem = home.describe_stop()
            result.cancel()

    running = asyncio.run_coroutine_threadsafe(run(), home.loop)
    result = asyncio.wrap_future(running)
    timer = loop.call_later(begin_within, give_up)
    try:
        return await result
    except asyncio.CancelledError:
        if problem:
            raise RuntimeError(problem) from None
        raise
    finally:
        timer.cancel()
        gate.acquire(blocking=False)


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
