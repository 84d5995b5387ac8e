"""How much is measured: the counts of a run for the table, and those of a quick look."""

from __future__ import annotations

from typing import NamedTuple


class Effort(NamedTuple):
    """Counts; `seconds` is the time of one drive, after `warm_up`; `uncounted` rounds come first."""

    rounds: int = 7
    uncounted: int = 1
    seconds: float = 0.8
    warm_up: float = 0.2
    connections: tuple[int, ...] = (32, 500, 4_000)
    messages: tuple[int, ...] = (3, 19, 99, 499, 1_999)
    rules: tuple[int, ...] = (20, 200, 2_000)
    deltas: tuple[int, ...] = (10, 100, 1_000)
    adapted: int = 2_000
    conversations: int = 40
    idle: int = 10_000
    tests: int = 300
    streams: tuple[int, ...] = (500, 2_000)
    events: int = 100
    million: int = 1_000_000


FULL = Effort()
QUICK = Effort(
    rounds=1,
    uncounted=0,
    seconds=0.02,
    warm_up=0,
    connections=(4, 8, 16),
    messages=(3, 9, 19),
    rules=(2, 4),
    deltas=(1, 10),
    adapted=10,
    conversations=2,
    idle=20,
    tests=5,
    streams=(5, 10),
    events=5,
    million=1_000,
)
