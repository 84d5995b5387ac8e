"""Scheduled calls of an event loop, which share one timer of the loop.

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


class TimedCall:
    """A scheduled call of a wheel."""

    __slots__ = ("_tick", "callback")

    def __init__(self, callback: Callback, tick: _Tick) -> None:
        self.callback: Callback | None = callback
        self._tick = tick
        tick[self] = None

    def cancel(self) -> None:
        """Cancel the call, and release all that it refers to."""
        self.callback = None
        self._tick.pop(self, None)


_Tick: TypeAlias = dict[TimedCall, None]
"""The calls that are due in the same millisecond, in the order of scheduling."""


class TimerWheel:
    """Calls by the millisecond in which they are due.

    Attributes:
        loop: The event loop that runs the calls.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ticks: dict[int, _Tick] = {}
        self._times: list[int] = []
        """The keys of `_ticks`, as a heap."""
        self._timer: asyncio.Handle | None = None
        self._wakes_at = math.inf

    def call_at(self, when: float, callback: Callback) -> TimedCall:
        """Schedule a call at `when` s of `time.monotonic`, rounded up to 1 ms."""
        at = math.ceil(when * 1e3)
        tick = self._ticks.get(at)
        if tick is None:
            tick = self._ticks[at] = {}
            heapq.heappush(self._times, at)
            if at < self._wakes_at:
                self._wake(at)
        self.loop.time()  # uvloop sleeps until the next timer by a time that it keeps, and updates here
        return TimedCall(callback, tick)

    def _wake(self, at: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = at
        delay_ms = math.ceil(at - time.monotonic() * 1e3)
        self._timer = self.loop.call_later(max(0, delay_ms) / 1e3, self._run_due)

    def _run_due(self) -> None:
        self._wakes_at = -math.inf  # calls that schedule others need no timer before the end
        now, times = time.monotonic() * 1e3, self._times
        try:
            while times and times[0] <= now:
                tick = self._ticks.pop(heapq.heappop(times))
                calls = tuple(tick)
                tick.clear()
                for call in calls:
                    callback, call.callback = call.callback, None
                    try:
                        if callback is not None:
                            callback()
                    except Exception as error:
                        self.loop.call_exception_handler({"message": "a scheduled call failed", "exception": error})
        finally:
            self._wakes_at = math.inf
            if times:
                self._wake(times[0])
