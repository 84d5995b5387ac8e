"""Clocks that responses are played by: real time, a multiple of it, no waiting, or time that is advanced by hand.

Times are microseconds since a start. Delays that a client waits for, such as `retry-after`, are real time for every
clock but the manual one.
"""

from __future__ import annotations

import asyncio
import heapq
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from itertools import count
from typing import Protocol, TypeAlias

from mockclaude.scenario.diagnostics import format_value

Callback: TypeAlias = Callable[[], None]


class Handle(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Cancel the call."""


class Clock:
    """Real time, or a multiple of it.

    Args:
        speed: The factor by which responses are faster. 0: nothing waits.
        now: Returns the seconds since the epoch.
    """

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = time.time) -> None:
        self.speed = speed
        self.now = now

    @property
    def waits(self) -> bool:
        """Whether time has to pass."""
        return self.speed > 0

    def begin(self) -> float:
        """Return the start that `since`, `call` and `until` count from."""
        return time.monotonic()

    def since(self, begin: float) -> int:
        """Return the microseconds since `begin`, multiplied by the speed."""
        return int((time.monotonic() - begin) * (self.speed or 1.0) * 1e6)

    def call(self, begin: float, at: int, due: Callback) -> Handle:
        """Schedule `due` in the running event loop, `at` microseconds after `begin`."""
        loop = asyncio.get_running_loop()
        if not self.waits:
            return loop.call_soon(due)
        return loop.call_later(begin + at / 1e6 / self.speed - time.monotonic(), due)

    async def until(self, begin: float, at: int) -> None:
        """Wait until `at` microseconds after `begin`."""
        if self.waits and self.since(begin) < at:
            reached = asyncio.get_running_loop().create_future()
            handle = self.call(begin, at, lambda: _resolve(reached))
            try:
                await reached
            finally:
                handle.cancel()


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


REAL = Clock()


class ManualClock(Clock):
    """Time that passes only when it is advanced. `now` starts at `begin`, in seconds since the epoch."""

    def __init__(self, begin: float) -> None:
        super().__init__(now=lambda: begin + self._passed / 1e6)
        self._passed = 0
        self._due: list[tuple[int, int, _Due]] = []
        self._order = count()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def waiting(self) -> int:
        """The number of scheduled calls."""
        return sum(not due.cancelled for _, _, due in self._due)

    def begin(self) -> float:
        """Return the start that `since`, `call` and `until` count from."""
        return self._passed

    def since(self, begin: float) -> int:
        """Return the microseconds by which the clock was advanced since `begin`."""
        return self._passed - int(begin)

    def call(self, begin: float, at: int, due: Callback) -> Handle:
        """Schedule `due` in the running event loop, once the clock is advanced to `at` microseconds after `begin`."""
        self._loop = asyncio.get_running_loop()
        if self.since(begin) >= at:
            return self._loop.call_soon(due)
        entry = _Due(due)
        heapq.heappush(self._due, (int(begin) + at, next(self._order), entry))
        return entry

    def advance(self, seconds: float) -> None:
        """Advance the clock and run the calls that become due, in the order of their times.

        Safe in any thread; in other threads than the event loop's it returns after the last call.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"advance: negative time, got {seconds:g} seconds; expected 0 or more")
        target = self._passed + round(seconds * 1e6)
        if self._loop is None or self._loop.is_closed() or _is_running(self._loop):
            self._go(target)
            return
        reached: Future[None] = Future()
        self._loop.call_soon_threadsafe(self._go, target, reached)
        reached.result()

    def _go(self, target: int, reached: Future[None] | None = None) -> None:
        while self._due and self._due[0][0] <= target:
            at, _, due = heapq.heappop(self._due)
            if not due.cancelled:
                self._passed = max(self._passed, at)
                due.call()
        self._passed = max(self._passed, target)
        if reached is not None:
            reached.set_result(None)


class _Due:
    """A call that waits until a clock is advanced."""

    __slots__ = ("call", "cancelled")

    def __init__(self, call: Callback) -> None:
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


def _is_running(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


_SPEED = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)x?")


def parse_speed(text: str) -> float:
    """Parse a speed: a factor such as `10x` or `0.5x`, or `instant`, which is 0.

    Raises:
        ValueError: Not a speed.
    """
    if text == "instant":
        return 0.0
    match = _SPEED.fullmatch(text)
    if not match:
        raise ValueError(f"invalid speed, got {format_value(text)}; expected a factor, e.g. 10x, or instant")
    return float(match[1])


def clock_of(text: str) -> Clock:
    """Return the clock for a speed, or for `manual`, which starts now.

    Raises:
        ValueError: Neither a speed nor `manual`.
    """
    return ManualClock(time.time()) if text == "manual" else Clock(parse_speed(text))
