"""What time it is, and when something is due: real, faster, without any waiting, or moved by hand.

In: moments in microseconds since something began. Out: calls at their time, in the order of their times.
Knows nothing of what is called. What a client waits by itself, such as `retry-after`, is real time for every clock but
the one that is moved by hand.
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

from mockclaude.scenario.diagnostics import shown_value

Call: TypeAlias = Callable[[], None]


class Handle(Protocol):
    """A call that is due."""

    def cancel(self) -> None:
        """Do not call."""


class Clock:
    """Real time, or scripts that are played `speed` times as fast; with `speed` 0 nothing waits.

    `now` returns the seconds since the epoch.
    """

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = time.time) -> None:
        self.speed = speed
        self.now = now

    @property
    def waits(self) -> bool:
        """Whether anything takes time."""
        return self.speed > 0

    def begin(self) -> float:
        """Return the moment that `since`, `call` and `until` count from."""
        return time.monotonic()

    def since(self, begin: float) -> int:
        """Return the microseconds that have passed since `begin`, as scripts count them."""
        return int((time.monotonic() - begin) * (self.speed or 1.0) * 1e6)

    def call(self, begin: float, at: int, due: Call) -> Handle:
        """Call `due` once, in the running event loop, `at` microseconds after `begin`."""
        loop = asyncio.get_running_loop()
        if not self.waits:
            return loop.call_soon(due)
        return loop.call_later(begin + at / 1e6 / self.speed - time.monotonic(), due)

    async def until(self, begin: float, at: int) -> None:
        """Return `at` microseconds after `begin`."""
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
    """Time that stands still until it is advanced; `now` begins with `begin`, in seconds since the epoch."""

    def __init__(self, begin: float) -> None:
        super().__init__(now=lambda: begin + self._passed / 1e6)
        self._passed = 0
        self._due: list[tuple[int, int, _Due]] = []
        self._order = count()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def waiting(self) -> int:
        """How many calls are due, now or later."""
        return sum(not due.cancelled for _, _, due in self._due)

    def begin(self) -> float:
        """Return the moment that `since`, `call` and `until` count from."""
        return self._passed

    def since(self, begin: float) -> int:
        """Return the microseconds that have been advanced since `begin`."""
        return self._passed - int(begin)

    def call(self, begin: float, at: int, due: Call) -> Handle:
        """Call `due` once, in the running event loop, as soon as the clock is advanced so far."""
        self._loop = asyncio.get_running_loop()
        if self.since(begin) >= at:
            return self._loop.call_soon(due)
        entry = _Due(due)
        heapq.heappush(self._due, (int(begin) + at, next(self._order), entry))
        return entry

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and call what is due in the order of its time, at its time. Safe in any thread, where it
        returns once everything is called. Raises `ValueError` for less than 0.
        """
        if seconds < 0:
            raise ValueError(f"time goes forward; expected 0 seconds or more, got {seconds:g}")
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
    """A call that waits for a clock to be advanced."""

    __slots__ = ("call", "cancelled")

    def __init__(self, call: Call) -> None:
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
    """Return the speed that `text` says: `10x`, `0.5x`, or `instant`, which is 0. Raises `ValueError`."""
    if text == "instant":
        return 0.0
    match = _SPEED.fullmatch(text)
    if not match:
        raise ValueError(f"{shown_value(text)} is no speed; expected how many times as fast, such as 10x, or instant")
    return float(match[1])


def clock_of(text: str) -> Clock:
    """Return the clock that `text` says: a speed, or `manual`, which begins now. Raises `ValueError`."""
    return ManualClock(time.time()) if text == "manual" else Clock(parse_speed(text))
