"""What an adapter costs over a Messages request: the CPU to decide and encode it, without a server."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TypeAlias

from mockclaude.engine.routes import answer
from mockclaude.engine.scenario_state import ScenarioState
from mockclaude.scenario.loading.loader import load_text
from mockclaude.wire.encode import encode
from tests.adapters.dialects import DIALECTS
from tests.benchmarks.effort import Effort
from tests.benchmarks.servers import Workplace
from tests.benchmarks.table import Results

SCENARIO = load_text(f"rules: [{{reply: {'nineteen-characters ' * 20}}}]")
CORE = "messages"
BATCH = 100
"""Requests that are measured together; those of the adapters alternate."""

Costs: TypeAlias = dict[str, list[float]]
"""Name of an adapter -> microseconds of a request beyond those of a Messages request, in each round."""


def measure(effort: Effort, _: Workplace, results: Results) -> None:
    """Measure the adapter that costs most."""
    usual, costs = _measure_costs(effort, stream=False)
    values = [max(values) for values in zip(*costs.values(), strict=True)]
    streamed, streams = _measure_costs(effort, stream=True)
    beside = (
        f"{_describe(costs)}; {usual:.0f} us without one. Streams: {_describe(streams)}; {streamed:.0f} us without one"
    )
    results.add("adapter", values, beside)


def _describe(costs: Costs) -> str:
    return ", ".join(f"{name} {median(values):.0f}" for name, values in costs.items())


def _measure_costs(effort: Effort, *, stream: bool) -> tuple[float, Costs]:
    """Return the microseconds of a Messages request, and what each adapter adds in each round."""
    requests = {name: _make_request(name, stream=stream) for name in DIALECTS}
    rounds = [
        {name: min(batches) for name, batches in _measure_round(requests, effort.adapted).items()}
        for _ in range(effort.rounds)
    ]
    added = {name: [costs[name] - costs[CORE] for costs in rounds] for name in DIALECTS if name != CORE}
    return median(costs[CORE] for costs in rounds), added


def _measure_round(requests: dict[str, Callable[[], object]], number: int) -> Costs:
    costs: Costs = {name: [] for name in requests}
    for _ in range(max(1, number // BATCH)):
        for name, request in requests.items():
            begun = time.process_time_ns()
            for _ in range(BATCH):
                request()
            costs[name].append((time.process_time_ns() - begun) / BATCH / 1e3)
    return costs


def _make_request(name: str, *, stream: bool) -> Callable[[], object]:
    """Return a function that decides and encodes a request of an adapter."""
    http, state = DIALECTS[name].build_request(stream=stream, x_mockclaude_validation="off"), ScenarioState(SCENARIO)
    return lambda: encode(answer(http, state).response, http11=True)
