"""Paced streams and the lateness of their events at the server; and the memory of a server over many requests."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

import uvloop

from tests.benchmarks.effort import Effort
from tests.benchmarks.load import LoadError
from tests.benchmarks.servers import Workplace
from tests.benchmarks.table import Results
from tests.load import pacing, soak
from tests.load.pacing import Asked
from tests.load.running import serving

FULL_AT = 2
"""The tenth of the requests after which memory must not grow."""


def scenario(events: int) -> str:
    """Return a scenario whose stream has about so many events, 20 ms apart."""
    reply = " ".join(f"number-{number:03}" for number in range(events * 20 // 11))
    return f"pace: {{ttft: 1s, gap: 20ms}}\nrules:\n  - reply: {reply}\n"


class _Round(NamedTuple):
    """99th percentiles of lateness in milliseconds, and the share of the writes that the journal still has."""

    server: float
    sleeper: float
    share: float


def measure_streams(effort: Effort, workplace: Workplace, results: Results) -> None:  # noqa: ARG001 (one signature)
    """Measure streams that are sent at the same time. Every byte must arrive as scheduled."""
    for key, streams in zip(("paced-500", "paced-2000"), effort.streams, strict=True):
        rounds = [_play(scenario(effort.events), streams) for _ in range(effort.rounds)]
        sleeper, share = (median(values) for values in list(zip(*rounds, strict=True))[1:])
        beside = f"a process that only sleeps: {sleeper:.1f} ms; {share:.0%} of the writes are in the journal"
        results.add(key, [each.server for each in rounds], beside)


def _play(text: str, streams: int) -> _Round:
    asked = [Asked(f"{stream}") for stream in range(streams)]
    scripts = pacing.planned(text, asked)
    with serving(text) as server:
        with pacing.waking() as sleeper:
            clients = uvloop.run(pacing.streams(server.port, asked))
        late = pacing.late_at_server(server)
    whole = sum(map(pacing.as_planned, (client.received for client in clients), scripts))
    if whole < streams:
        raise LoadError(f"{whole} of {streams} streams are as scheduled")
    share = len(late) / sum(len(script.sends) for script in scripts)
    return _Round(pacing.percentile(late, 99), pacing.percentile(sleeper, 99), share)


def measure_million(effort: Effort, workplace: Workplace, results: Results) -> None:  # noqa: ARG001 (one signature)
    """Measure the memory of a server after each tenth of many requests, no two of them alike."""
    with serving(soak.SCENARIO) as server:
        used = [size / 1e6 for size in uvloop.run(soak.sampled(server, effort.million))]
    results.add("million-growth", [max(used[FULL_AT:]) - used[FULL_AT - 1]])
    results.add("million-memory", [max(used)], f"after each tenth: {', '.join(f'{size:.0f}' for size in used)} MB")
    step = effort.million // len(used)
    results.curves["requests"] = {"mockclaude": [(step * (tenth + 1), size) for tenth, size in enumerate(used)]}
