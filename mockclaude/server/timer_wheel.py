"""Timers that share one timer of an event loop.

A timer of the loop for each write of a stream costs more than the write.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import time
from collections.abc import Callable
from typing import TypeAlias

Callback: TypeAlias = Callable[[], None]


class WheelTimer:
    """A timer of a wheel, which may be started again after each call.

    Args:
        wheel: The wheel.
        begin: The seconds of `time.monotonic` from which times count.
        speed: The factor by which times pass faster.
        callback: The callback.

    Attributes:
        callback: The callback; None after `cancel`.
    """

    __slots__ = ("_begin", "_speed", "_tick", "_wheel", "callback")

    def __init__(self, wheel: TimerWheel, begin: float, speed: float, callback: Callback) -> None:
        self.callback: Callback | None = callback
        self._wheel = wheel
        self._begin = begin
        self._speed = speed
        self._tick: _Tick = {}

    def start(self, at: int) -> None:
        """Schedule a call `at` us after the begin, rounded up to 1 ms."""
        wheel, at_ms = self._wheel, math.ceil((self._begin + at / 1e6 / self._speed) * 1e3)
        tick = self._tick = wheel.ticks.get(at_ms) or wheel.add_tick(at_ms)
        tick[self] = None
        if not wheel.runs:
            wheel.loop.time()  # uvloop sleeps until the next timer by a time that it keeps, and updates here

    def cancel(self) -> None:
        """Cancel the call, and release all that it refers to."""
        self.callback = None
        self._tick.pop(self, None)


_Tick: TypeAlias = dict[WheelTimer, None]
"""The timers that are due in the same millisecond, in the order of scheduling."""


class TimerWheel:
    """Timers by the millisecond in which they are due.

    Attributes:
        loop: The event loop that runs the calls.
        ticks: The timers by millisecond.
        runs: Whether the wheel runs calls at the moment.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.ticks: dict[int, _Tick] = {}
        self.runs = False
        self._times: list[int] = []
        """The keys of `ticks`, as a heap."""
        self._timer: asyncio.Handle | None = None
        self._wakes_at = math.inf

    def add_tick(self, at: int) -> _Tick:
        """Add a millisecond if it is new, and return its timers."""
        if at not in self.ticks:
            self.ticks[at] = {}
            heapq.heappush(self._times, at)
            if at < self._wakes_at and not self.runs:
                self._wake(at)
        return self.ticks[at]

    def _wake(self, at: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = at
        delay_ms = math.ceil(at - time.monotonic() * 1e3)
        self._timer = self.loop.call_later(max(0, delay_ms) / 1e3, self._run_due)

    def _run_due(self) -> None:
        self.runs = True  # calls that schedule others need no timer before the end
        now, times = time.monotonic() * 1e3, self._times
        try:
            while times and times[0] <= now:
                tick = self.ticks.pop(heapq.heappop(times))
                timers = tuple(tick)
                tick.clear()
                for timer in timers:
                    callback = timer.callback
                    try:
                        if callback is not None:
                            callback()
                    except Exception as error:
                        self.loop.call_exception_handler({"message": "a scheduled call failed", "exception": error})
        finally:
            self.runs, self._wakes_at = False, math.inf
            if times:
                self._wake(times[0])
