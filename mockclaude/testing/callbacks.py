"""Python functions as conditions and replies.

The response to a request whose function raises is a 500 that SDKs do not retry. The error is kept for the test:
exceptions, and what ends a test or a process.
"""

from __future__ import annotations

import asyncio
import inspect
import math
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
from mockclaude.scenario.diagnostics import format_value
from mockclaude.scenario.loading import inline
from mockclaude.scenario.loading.python_data import is_mock
from mockclaude.scenario.rules import CompiledStep, PendingReply, ReplyTemplate
from mockclaude.scenario.template.templates import Template
from mockclaude.testing.call_site import find_current_line
from mockclaude.testing.tracebacks import hide_frames
from mockclaude.testing.types import Predicate, ReplyFunction

_DONE = object()
_CLOSE_TIMEOUT = 1.0
"""Seconds in which a generator must close after its client has gone: its event loop may be blocked or closed."""

START_TIMEOUT = 5.0
"""Seconds in which the event loop of a test must start a coroutine. A blocked loop never does."""


class _TestLoop(NamedTuple):
    """The event loop in which a test passed a function, and the id of its thread."""

    loop: asyncio.AbstractEventLoop
    thread: int

    def describe_stop(self) -> str:
        """Describe why the loop does not start a coroutine."""
        if not self.loop.is_running():
            return "the event loop of the function is not running; expected a loop that runs during the request"
        place = find_current_line(self.thread)
        return (
            f"the event loop of the function is blocked{place and f' at {place}'}; expected a free loop during the "
            "request; use an asynchronous client, or `await asyncio.to_thread(...)`"
        )


class Callbacks:
    """The functions of a test, and the errors that they raised."""

    def __init__(self) -> None:
        self._errors: list[BaseException] = []

    def take_errors(self) -> list[BaseException]:
        """Return the errors raised since the last call."""
        errors, self._errors = self._errors, []
        return errors

    @contextmanager
    def _record_errors(self, kind: str, where: str) -> Iterator[None]:
        try:
            yield
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as error:  # also `pytest.fail`, `pytest.skip` and `sys.exit`
            hide_frames(error)
            self._errors.append(error)
            message = f"{where}: {kind} function raised {type(error).__name__}: {error}"
            raise ApiError("api_error", message, headers={"x-should-retry": "false"}) from None

    def build_condition(self, predicate: Predicate, where: str) -> Condition:
        """Build a condition that matches if the result of `predicate` is true."""

        def matches(request: MessagesRequest) -> bool:
            with self._record_errors("condition", where):
                return _to_bool(predicate(request))

        return Condition("function", f"{_name(predicate)}() to be true", _whole_request, matches, costly=True)

    def build_reply(
        self, function: ReplyFunction, where: str
    ) -> Callable[[MessagesRequest], ReplyTemplate | PendingReply]:
        """Build the reply function of a rule.

        Coroutines and asynchronous generators run on the event loop that is current now.
        """
        home = _current_loop()

        def build(request: MessagesRequest) -> ReplyTemplate | PendingReply:
            with self._record_errors("reply", where):
                result = function(request)
                if is_mock(result):  # it has `__await__` and `__aiter__`, too
                    return parse_reply(result, where)
                if inspect.isawaitable(result):
                    return self._await(result, where, home)
                if isinstance(result, AsyncIterable):
                    return self._yield_parts(aiter(result), where, home)
                if isinstance(result, Iterator):
                    return self._yield_parts(_to_async(result), where, None)
                return parse_reply(result, where)

        return build

    async def _await(self, result: Awaitable[Any], where: str, home: _TestLoop | None) -> ReplyTemplate:
        try:
            with self._record_errors("reply", where):
                return parse_reply(await _run_on(home, lambda: result, START_TIMEOUT), where)
        finally:
            if inspect.iscoroutine(result) and inspect.getcoroutinestate(result) == inspect.CORO_CREATED:
                result.close()

    async def _yield_parts(
        self, parts: AsyncIterator[Any], where: str, home: _TestLoop | None
    ) -> AsyncGenerator[ReplyTemplate, None]:
        """Yield the parts of a reply, and close their generator in any case."""
        try:
            while True:
                with self._record_errors("reply", where):
                    part = await _run_on(home, lambda: anext(parts, _DONE), START_TIMEOUT)
                    if part is _DONE:
                        return
                    template = _part(part, where)
                yield template
        finally:
            with suppress(TimeoutError, ApiError):
                await asyncio.wait_for(self._close(parts, where, home), _CLOSE_TIMEOUT)

    async def _close(self, parts: AsyncIterator[Any], where: str, home: _TestLoop | None) -> None:
        if not (home and home.loop.is_closed()):
            with self._record_errors("reply", where):
                await _run_on(home, lambda: _close_generator(parts))


def _whole_request(request: MessagesRequest) -> MessagesRequest:
    return request


def _name(function: Any) -> str:
    """Return the name of a callable. It is part of responses, so it has no memory address."""
    while isinstance(function, partial):
        function = function.func
    return str(getattr(function, "__name__", type(function).__name__))


def set_cause(error: BaseException, cause: BaseException) -> None:
    """Set the error of a callback as the first cause of `error`, e.g. of an SDK error."""
    while error.__cause__ is not None:
        error = error.__cause__
    error.__cause__ = cause


_ALWAYS_TRUE = (
    (inspect.iscoroutinefunction, "a coroutine function", "remove `async`"),
    (inspect.isasyncgenfunction, "an asynchronous generator function", "use `return`, without `async`"),
    (inspect.isgeneratorfunction, "a generator function", "use `return` in place of `yield`"),
)
"""Check -> kind of function whose result is always a true object, and the fix."""

_BOOL = "expected a function that returns true or false"


def check_predicate(predicate: Any, where: str) -> None:
    """Check the function of a `when`, passed at `where`.

    Raises:
        TypeError: `predicate` is not a function, or its result would always be true.
    """
    if not callable(predicate):
        value = format_value(predicate)
        example = f"when(**{value})" if isinstance(predicate, dict) else f"user={value}"
        raise TypeError(f"{where}: `when`: not a function, got {value}; {_BOOL}, or a condition, e.g. {example}")
    for has_kind, kind, fix in _ALWAYS_TRUE:
        if has_kind(predicate) or has_kind(type(predicate).__call__):
            raise TypeError(f"{where}: `when`: {_name(predicate)}() is {kind}, always true; {_BOOL}; {fix}")


def _to_bool(result: Any) -> bool:
    if isinstance(result, Awaitable | AsyncIterable | Iterator):
        if inspect.iscoroutine(result):
            result.close()
        raise TypeError(f"`when`: the result is always true, got {type(result).__name__}; {_BOOL}")
    return bool(result)


def parse_reply(reply: Any, where: str) -> ReplyTemplate:
    """Parse the result of the reply function that was passed at `where`.

    Raises:
        ScenarioError: The result is not a reply.
    """
    if type(reply) is str and "${{" not in reply and _is_unicode(reply):
        template = Template({"text": reply, "chunks": None, "citations": []}, None)
        return ReplyTemplate((CompiledStep("text", template),), fixed=True)
    return inline.compile_rules({"reply": reply}, where).scenario.rules[0].replies[0]


def _is_unicode(text: str) -> bool:
    """Return whether `text` has no lone surrogates, which JSON cannot carry."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def _part(part: Any, where: str) -> ReplyTemplate:
    """Parse a part of a reply. A string continues the text before it, and `{"thinking": "..."}` the thinking."""
    continues = isinstance(part, str) or (
        isinstance(part, dict) and part.keys() == {"thinking"} and isinstance(part["thinking"], str)
    )
    return replace(parse_reply(part, where), continues=continues)


def _current_loop() -> _TestLoop | None:
    try:
        return _TestLoop(asyncio.get_running_loop(), threading.get_ident())
    except RuntimeError:
        return None


async def _run_on(home: _TestLoop | None, make: Callable[[], Awaitable[Any]], start_timeout: float = math.inf) -> Any:
    """Await the result of `make` on the loop of `home`, or on the current loop.

    Raises:
        RuntimeError: The loop is closed, or does not start within `start_timeout` seconds.
    """
    loop = asyncio.get_running_loop()
    if home is None or home.loop is loop:
        return await make()
    if home.loop.is_closed():
        raise RuntimeError("the event loop of the function is closed; expected a loop that runs during the request")
    gate = threading.Lock()  # the first to acquire it decides whether the coroutine starts
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
    timer = loop.call_later(start_timeout, give_up)
    try:
        return await result
    except asyncio.CancelledError:
        if problem:
            raise RuntimeError(problem) from None
        raise
    finally:
        timer.cancel()
        gate.acquire(blocking=False)


async def _to_async(parts: Iterator[Any]) -> AsyncGenerator[Any, None]:
    try:
        for part in parts:
            yield part
    finally:
        if isinstance(parts, Generator):
            parts.close()


async def _close_generator(parts: AsyncIterator[Any]) -> None:
    """Close a generator, so that its `finally` runs. A running one closes when it is cancelled."""
    if isinstance(parts, AsyncGeneratorType) and not parts.ag_running:
        await parts.aclose()
