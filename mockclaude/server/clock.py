"""Clocks for sending responses: real time, a multiple of it, no waiting, or a manual clock.

Times are microseconds since a start. Delays that a client waits for, such as `retry-after`, are real time for every
clock except the manual one.
"""

from __future__ import annotations

import asyncio
import heapq
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from itertools import count
from typing import Protocol

from mockclaude.scenario.diagnostics import format_value
from mockclaude.server.timer_wheel import Callback, TimerWheel, WheelTimer


class Handle(Protocol):
    """A scheduled call."""

    def cancel(self) -> None:
        """Cancel the call."""


class Timer(Handle, Protocol):
    """A timer, which may be started again after each call."""

    def start(self, at: int) -> None:
        """Schedule a call `at` us after the begin."""


class Clock:
    """Real time, or a multiple of it.

    Args:
        speed: The factor by which responses are faster; 0 for no waiting.
        now: Returns the seconds since the epoch.
    """

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = time.time) -> None:
        self.speed = speed
        self.now = now
        self._wheel: TimerWheel | None = None

    @property
    def waits(self) -> bool:
        """Whether time has to pass."""
        return self.speed > 0

    def begin(self) -> float:
        """Return the current time, a start for `since`, `call` and `wait_until`."""
        return time.monotonic()

    def since(self, begin: float) -> int:
        """Return the microseconds since `begin`, multiplied by the speed."""
        return int((time.monotonic() - begin) * (self.speed or 1.0) * 1e6)

    def call(self, begin: float, at: int, callback: Callback) -> Handle:
        """Schedule a callback in the running event loop, `at` us after `begin`."""
        if not self.waits:
            return asyncio.get_running_loop().call_soon(callback)
        timer = self.timer(begin, callback)
        timer.start(at)
        return timer

    def timer(self, begin: float, callback: Callback) -> Timer:
        """Create a timer in the running event loop, for a clock that waits."""
        loop, wheel = asyncio.get_running_loop(), self._wheel
        if wheel is None or wheel.loop is not loop:
            wheel = self._wheel = TimerWheel(loop)
        return WheelTimer(wheel, begin, self.speed, callback)

    async def wait_until(self, begin: float, at: int) -> None:
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
    """A clock that changes only by `advance`.

    Args:
        begin: The first value of `now`, in seconds since the epoch.
    """

    def __init__(self, begin: float) -> None:
        super().__init__(now=lambda: begin + self._passed / 1e6)
        self._passed = 0
        self._scheduled: list[tuple[int, int, _ScheduledCall]] = []
        self._order = count()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def waiting(self) -> int:
        """The number of scheduled calls."""
        return sum(not call.cancelled for _, _, call in self._scheduled)

    def begin(self) -> float:
        """Return the current time, a start for `since`, `call` and `wait_until`."""
        return self._passed

    def since(self, begin: float) -> int:
        """Return the microseconds that the clock was advanced since `begin`."""
        return self._passed - int(begin)

    def call(self, begin: float, at: int, callback: Callback) -> Handle:
        """Schedule a callback for the time `at` microseconds after `begin`."""
        self._loop = asyncio.get_running_loop()
        if self.since(begin) >= at:
            return self._loop.call_soon(callback)
        entry = _ScheduledCall(callback)
        heapq.heappush(self._scheduled, (int(begin) + at, next(self._order), entry))
        return entry

    def timer(self, begin: float, callback: Callback) -> Timer:
        """Create a timer in the running event loop."""
        return _ManualTimer(self, begin, callback)

    def advance(self, seconds: float) -> None:
        """Advance the clock and run the scheduled calls, in the order of their times.

        Safe in any thread. Outside the event loop's thread it returns after the last call.

        Raises:
            ValueError: `seconds` is negative.
        """
        if seconds < 0:
            raise ValueError(f"advance: negative time, got {seconds:g} seconds; expected 0 or more")
        target = self._passed + round(seconds * 1e6)
        if self._loop is None or self._loop.is_closed() or _is_running(self._loop):
            self._advance_to(target)
            return
        reached: Future[None] = Future()
        self._loop.call_soon_threadsafe(self._advance_to, target, reached)
        reached.result()

    def _advance_to(self, target: int, reached: Future[None] | None = None) -> None:
        while self._scheduled and self._scheduled[0][0] <= target:
            at, _, scheduled = heapq.heappop(self._scheduled)
            if not scheduled.cancelled:
                self._passed = max(self._passed, at)
                scheduled.call()
        self._passed = max(self._passed, target)
        if reached is not None:
            reached.set_result(None)


class _ScheduledCall:
    """A scheduled call of a manual clock."""

    __slots__ = ("call", "cancelled")

    def __init__(self, call: Callback) -> None:
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class _ManualTimer:
    """A timer of a manual clock."""

    __slots__ = ("_call", "_handle")

    def __init__(self, clock: ManualClock, begin: float, callback: Callback) -> None:
        self._call = partial(clock.call, begin, callback=callback)
        self._handle: Handle = _ScheduledCall(callback)

    def start(self, at: int) -> None:
        self._handle = self._call(at)

    def cancel(self) -> None:
        self._handle.cancel()


def _is_running(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


_SPEED = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)x?")


def parse_speed(text: str) -> float:
    """Parse a speed: a factor such as `10x` or `0.5x`, or `instant`, which is 0.

    Raises:
        ValueError: The text is not a speed.
    """
    if text == "instant":
        return 0.0
    match = _SPEED.fullmatch(text)
    if not match:
        raise ValueError(f"invalid speed, got {format_value(text)}; expected a factor, e.g. 10x, or instant")
    return float(match[1])


def create_clock(text: str) -> Clock:
    """Create the clock for a speed or for `manual`, which starts now.

    Raises:
        ValueError: The text is neither a speed nor `manual`.
    """
    return ManualClock(time.time()) if text == "manual" else Clock(parse_speed(text))
