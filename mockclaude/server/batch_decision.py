"""The decision on a new batch in slices: the event loop runs between its items."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter
from typing import TypeVar

from mockclaude.engine.decision import DecidedBatch, Decision
from mockclaude.engine.http_request import HttpRequest
from mockclaude.engine.resources.batch_slices import answer_in_slices
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.engine.slices import Slices
from mockclaude.journal.entry import JournalEntry
from mockclaude.journal.item_entries import keep_items
from mockclaude.journal.journal import Journal

T = TypeVar("T")

MAX_BLOCK = 0.002
"""Seconds of work after which the event loop runs, once the current item is done."""


async def decide_batch(http: HttpRequest, state: ScenarioState) -> Decision:
    """Decide a request to create a batch."""
    return await _run(answer_in_slices(http, state))


async def journal_items(journal: Journal, created: JournalEntry, batch: DecidedBatch, numbers: Iterator[int]) -> None:
    """Journal the items of a batch after the entry of its create call."""
    await _run(keep_items(journal, created, batch, numbers))


async def _run(work: Slices[T]) -> T:
    """Do the work, also if the client goes: a batch is made although its response is lost.

    The first cancellation is that of the client, or of aiohttp's shutdown. The second one, of the event loop, counts.
    """
    task = asyncio.current_task()
    assert task is not None, "a request is handled in a task"
    end = perf_counter() + MAX_BLOCK
    while True:
        try:
            next(work)
        except StopIteration as stop:
            result: T = stop.value
            return result
        if perf_counter() >= end:
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if task.cancelling() > 1:
                    raise
            end = perf_counter() + MAX_BLOCK
