"""Time is real, faster, instant, or advanced by hand; calls run in the order of their times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.server.clock import REAL, Clock, ManualClock, create_clock, parse_speed
from tests.serving import NOW, PATIENCE

S = 1_000_000


def noting(notes: list[int], number: int) -> Callable[[], None]:
    return lambda: notes.append(number)


async def test_real_time_passes() -> None:
    begin = REAL.begin()
    await REAL.wait_until(begin, 20_000)

    assert 20_000 <= REAL.since(begin) < PATIENCE * S
    assert REAL.now() == pytest.approx(time.time(), abs=PATIENCE)


async def test_past_time_is_not_waited_for() -> None:
    await asyncio.wait_for(REAL.wait_until(REAL.begin() - 3600, 3600 * S), PATIENCE)


async def test_a_faster_clock_waits_less_and_counts_as_much() -> None:
    clock = Clock(1000.0)
    begin, real = clock.begin(), time.monotonic()
    await clock.wait_until(begin, 60 * S)

    assert 0.06 <= time.monotonic() - real < PATIENCE
    assert clock.since(begin) >= 60 * S


async def test_without_waiting_the_order_is_kept() -> None:
    clock = Clock(0.0)
    notes: list[int] = []
    for number in range(3):
        clock.call(clock.begin(), 3600 * S, noting(notes, number))
    await clock.wait_until(clock.begin(), 3600 * S)
    await asyncio.sleep(0)

    assert not clock.waits
    assert notes == [0, 1, 2]


async def test_time_reached_after_a_cancelled_wait_is_ignored() -> None:
    clock = ManualClock(NOW)
    waiting = asyncio.ensure_future(clock.wait_until(clock.begin(), S))
    await asyncio.sleep(0)
    waiting.cancel()
    clock.advance(1)

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_cancelled_wait_cancels_its_call() -> None:
    clock = ManualClock(NOW)
    waiting = asyncio.ensure_future(clock.wait_until(clock.begin(), S))
    await asyncio.sleep(0)
    assert clock.waiting == 1

    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert clock.waiting == 0
    clock.advance(2)


@given(due=st.lists(st.integers(1, 10 * S), max_size=20), steps=st.lists(st.floats(0, 5), min_size=1, max_size=5))
def test_advanced_clock_runs_calls_in_order(due: list[int], steps: list[float]) -> None:
    notes: list[tuple[int, int]] = []

    async def run() -> ManualClock:
        clock = ManualClock(NOW)
        for at in due:
            clock.call(0, at, lambda at=at: notes.append((at, clock.since(0))))  # type: ignore[misc]
        for step in steps:
            clock.advance(step)
        return clock

    clock = asyncio.run(run())
    passed = sum(round(step * S) for step in steps)
    assert notes == sorted((at, at) for at in due if at <= passed)
    assert clock.now() == pytest.approx(NOW + passed / S)
    assert clock.waiting == len(due) - len(notes)


async def test_call_that_is_scheduled_while_advancing_runs() -> None:
    clock = ManualClock(NOW)
    notes: list[int] = []

    def due_later() -> None:
        clock.call(0, 2 * S, noting(notes, 2))

    clock.call(0, S, due_later)
    clock.advance(3)

    assert notes == [2]


async def test_call_that_is_due_already_runs_soon() -> None:
    clock = ManualClock(NOW)
    notes: list[int] = []
    clock.advance(5)
    clock.call(0, S, noting(notes, 1))
    await clock.wait_until(0, 5 * S)
    await asyncio.sleep(0)

    assert notes == [1]


def test_clock_is_advanced_from_another_thread() -> None:
    clock = ManualClock(NOW)
    clock.advance(1)
    notes: list[int] = []
    begun = asyncio.Event()

    async def run() -> None:
        waiting = asyncio.ensure_future(clock.wait_until(clock.begin(), 3 * S))
        clock.call(clock.begin(), 2 * S, noting(notes, clock.since(0)))
        begun.set()
        await asyncio.wait_for(waiting, PATIENCE)

    with ThreadPoolExecutor() as pool:
        loop = asyncio.new_event_loop()
        server = Thread(target=loop.run_until_complete, args=(run(),))
        server.start()
        while clock.waiting < 2:
            pass
        pool.submit(clock.advance, 3).result(PATIENCE)
        server.join()
        loop.close()

    assert notes == [S]
    clock.advance(1)
    assert clock.now() == NOW + 5


def test_negative_time_is_refused() -> None:
    with pytest.raises(ValueError, match="advance: negative time, got -1 seconds; expected 0 or more"):
        ManualClock(NOW).advance(-1)


@pytest.mark.parametrize(("text", "speed"), [("10x", 10), ("0.5x", 0.5), ("2", 2), ("instant", 0), ("0", 0)])
def test_speed_is_a_factor_or_instant(text: str, speed: float) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "x", "-1x", "fast", "1e3x", "10 x"])
def test_invalid_speed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"invalid speed, got .*; expected a factor, e\.g\. 10x, or instant"):
        parse_speed(text)


def test_clock_has_a_speed_or_is_manual() -> None:
    assert create_clock("10x").speed == 10
    assert isinstance(create_clock("manual"), ManualClock)
