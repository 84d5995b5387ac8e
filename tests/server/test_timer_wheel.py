"""Calls share one timer: none is early, none is lost, whatever others do."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.server.timer_wheel import Callback, TimerWheel, WheelTimer
from tests.serving import PATIENCE


def call_at(wheel: TimerWheel, when: float, callback: Callback, after: int = 0) -> WheelTimer:
    timer = WheelTimer(wheel, when, 1.0, callback)
    timer.start(after)
    return timer


async def wait_for_calls(wheel: TimerWheel, after: float) -> None:
    """Wait until all calls up to `after` seconds from now have run."""
    reached = asyncio.Event()
    call_at(wheel, time.monotonic() + after, reached.set)
    await asyncio.wait_for(reached.wait(), PATIENCE)


@given(calls=st.lists(st.tuples(st.integers(-5, 20), st.booleans()), max_size=20))
def test_calls_run_in_order_and_none_early_or_after_cancel(calls: list[tuple[int, bool]]) -> None:
    times: list[tuple[float, float]] = []

    async def run() -> None:
        wheel, begin = TimerWheel(asyncio.get_running_loop()), time.monotonic()
        for after, is_cancelled in calls:
            due = begin + after / 1e3
            note = lambda due=due: times.append((due, time.monotonic()))  # noqa: E731
            timer = call_at(wheel, begin, note, after * 1_000)
            if is_cancelled:
                timer.cancel()
        await wait_for_calls(wheel, 0.022)

    asyncio.run(run())
    assert all(at >= due for due, at in times)
    assert [due for due, _ in times] == sorted(due for due, _ in times)
    assert len(times) == sum(not is_cancelled for _, is_cancelled in calls)


async def test_call_may_schedule_and_cancel_others() -> None:
    wheel, now, notes = TimerWheel(asyncio.get_running_loop()), time.monotonic(), list[str]()

    def meddle() -> None:
        neighbour.cancel()
        call_at(wheel, now, lambda: notes.append("scheduled"))

    call_at(wheel, now, meddle)
    neighbour = call_at(wheel, now, lambda: notes.append("cancelled"))
    await wait_for_calls(wheel, 0.002)

    assert notes == ["scheduled"]


async def test_failed_call_is_reported_and_others_run() -> None:
    loop, problems, notes = asyncio.get_running_loop(), list[dict[str, Any]](), list[str]()
    loop.set_exception_handler(lambda _, context: problems.append(context))
    wheel, now = TimerWheel(loop), time.monotonic()
    call_at(wheel, now, lambda: 1 // 0)  # type: ignore[arg-type]
    call_at(wheel, now, lambda: notes.append("run"))
    await wait_for_calls(wheel, 0.002)

    assert [type(problem["exception"]) for problem in problems] == [ZeroDivisionError]
    assert notes == ["run"]


async def test_timer_starts_again_in_its_callback_and_cancelled_refers_to_nothing() -> None:
    wheel, notes = TimerWheel(asyncio.get_running_loop()), list[float]()

    def again() -> None:
        notes.append(time.monotonic())
        if len(notes) < 3:
            timer.start(len(notes) * 2_000)

    timer = call_at(wheel, begin := time.monotonic(), again)
    await wait_for_calls(wheel, 0.006)

    assert [at >= begin + number * 0.002 for number, at in enumerate(notes)] == [True] * 3
    timer.cancel()
    assert timer.callback is None
