"""Requests per second and CPU per request of servers that run side by side and are driven in turn."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import NamedTuple

from tests.benchmarks import cases, servers
from tests.benchmarks.cases import CASES
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import LoadError, connect, drive, fetch
from tests.benchmarks.servers import AIMOCK, BARE, LOW_LEVEL, MOCKCLAUDE, PEERS, RAW, Running, Server, Workplace
from tests.benchmarks.table import Results, ServerLoad

CONNECTIONS = 32

_PAIR = (MOCKCLAUDE, BARE)
_LIMITS = (LOW_LEVEL, RAW)
_SMALL = ("small-json", "small-sse")
_CASES: Mapping[str, tuple[tuple[str, ...], tuple[Server, ...]]] = {
    "small": (_SMALL, (*_PAIR, *_LIMITS)),
    "varied": (("varied-json", "varied-sse"), _PAIR),
    "template": (("template",), _PAIR),
    "agents": (("agent-50", "agent-200"), _PAIR),
    "peers": (_SMALL, (MOCKCLAUDE, *PEERS)),
}
GROUPS = (*_CASES, "connections")


class Drive(NamedTuple):
    """A case with a number of connections."""

    case: str
    connections: int = CONNECTIONS

    @property
    def name(self) -> str:
        return self.case if self.connections == CONNECTIONS else f"{self.case}, {self.connections:,} connections"


class Sample(NamedTuple):
    """One drive of one server."""

    rate: float
    cpu_us: float
    slowest: float


Samples = dict[Drive, dict[str, list[Sample]]]


def measure(groups: Collection[str], effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure the rows of groups, in rounds in which each case is sent to each of its servers.

    Compilers of other languages need the uncounted rounds.
    """
    plan = _plan(groups, effort)
    samples: Samples = defaultdict(lambda: defaultdict(list))
    with ExitStack() as stack:
        running = stack.enter_context(workplace.running(MOCKCLAUDE))
        servers.capture(running[0], workplace.folder)
        others = dict.fromkeys(server for compared in plan.values() for server in compared if server != MOCKCLAUDE)
        running += [each for server in others for each in _start(server, workplace, results, stack)]
        for number in range(-effort.uncounted, effort.rounds):
            for planned, wanted in plan.items():
                turn = [each for each in running if each.server in wanted and planned.case not in each.server.skipped]
                for each in turn[number % len(turn) :] + turn[: number % len(turn)]:
                    try:
                        sample = _drive(each, planned, effort)
                    except (OSError, LoadError, ValueError, LookupError) as error:
                        _drop(each, error, running, samples, results)
                    else:
                        samples[planned][each.server.name] += [sample] if number >= 0 else []
    _add_loads(samples, results)
    _add_figures(samples, effort, results)


def _plan(groups: Collection[str], effort: Effort) -> dict[Drive, dict[Server, None]]:
    plan: dict[Drive, dict[Server, None]] = defaultdict(dict)
    for group, (names, compared) in _CASES.items():
        for name in names if group in groups else ():
            plan[Drive(name)] |= dict.fromkeys(compared)
    for connections in effort.connections if "connections" in groups else ():
        plan[Drive("varied-json", connections)] |= dict.fromkeys(_PAIR)
    return plan


def _start(server: Server, workplace: Workplace, results: Results, stack: ExitStack) -> list[Running]:
    """Install and start a server; return none, with a note, if that is not possible."""
    try:
        version = workplace.install(server)
        running = stack.enter_context(workplace.running(server))
    except OSError as error:
        if server == BARE:
            raise
        results.notes[server.name] = str(error)
        return []
    if version:
        results.machine[server.name] = version
    if server.note:
        results.notes[server.name] = server.note
    return running


def _drop(each: Running, error: Exception, running: list[Running], samples: Samples, results: Results) -> None:
    """Forget another mock that has failed, with a note; raise the error of any other server."""
    if each.server not in PEERS:
        raise error
    results.notes[each.server.name] = f"failed: {error}"
    running.remove(each)
    for by_server in samples.values():
        by_server.pop(each.server.name, None)


@contextmanager
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _drive(running: Running, planned: Drive, effort: Effort) -> Sample:
    case, server = CASES[planned.case], running.server
    request = case.request(server.path.format(case=planned.case))
    text = case.text if server.reply == cases.REPLY else server.reply
    cases.check_reply(fetch(running.port, request.path, request.body), text, streamed=case.streamed)
    with _without_collector(), connect(running.port, planned.connections) as connections:
        drive(connections, request, effort.warm_up)
        before = running.cpu
        load = drive(connections, request, effort.seconds)
        spent = running.cpu - before
    if len(load.sizes) > 1 and server in (MOCKCLAUDE, BARE, LOW_LEVEL, RAW):
        raise LoadError(f"{server.name}: responses of {sorted(load.sizes)} bytes; expected one size")
    return Sample(load.requests / load.seconds, spent / load.requests * 1e6, load.slowest)


def _add_loads(samples: Samples, results: Results) -> None:
    for planned, by_server in samples.items():
        for server, values in sorted(by_server.items(), key=lambda item: item[0] != MOCKCLAUDE.name):
            rate, cpu_us = median(each.rate for each in values), median(each.cpu_us for each in values)
            results.loads.append(ServerLoad(planned.name, server, rate, cpu_us))


def _ratios(
    samples: Samples, planned: Drive, other: Server, server: Server = MOCKCLAUDE
) -> tuple[list[float], list[float]]:
    """Return how many times as fast as another a server is in each round: by CPU of a request, and by rate."""
    pairs = list(zip(samples[planned][server.name], samples[planned][other.name], strict=True))
    return [theirs.cpu_us / ours.cpu_us for ours, theirs in pairs], [ours.rate / theirs.rate for ours, theirs in pairs]


def _add_figures(samples: Samples, effort: Effort, results: Results) -> None:
    for key, planned, other in _rows(samples):
        cpu, rate = _ratios(samples, planned, other)
        ours = median(each.cpu_us for each in samples[planned][MOCKCLAUDE.name])
        limits = [
            f"{each.name} {median(_ratios(samples, planned, other, each)[0]):.1f}"
            for each in _LIMITS
            if other == BARE and each.name in samples[planned]
        ]
        beside = [f"{median(rate):.2f} by requests/s", f"{ours:,.0f} us of CPU", *limits]
        results.add(key, cpu, "; ".join(beside))
    several = [Drive("varied-json", number) for number in effort.connections]
    if all(planned in samples for planned in several):
        _add_connections(samples, several, results)


def _rows(samples: Samples) -> Iterator[tuple[str, Drive, Server]]:
    for planned, by_server in samples.items():
        if planned.connections == CONNECTIONS and BARE.name in by_server:
            yield planned.case, planned, BARE
        if planned.connections == CONNECTIONS and AIMOCK.name in by_server:
            yield planned.case.replace("small", "aimock"), planned, AIMOCK


def _add_connections(samples: Samples, several: list[Drive], results: Results) -> None:
    base, _ = _ratios(samples, several[0], BARE)
    for key, planned in zip(("connections-500", "connections-4000"), several[1:], strict=True):
        ratios, rates = _ratios(samples, planned, BARE)
        beside = f"{median(ratios):.2f} of bare aiohttp; {median(rates):.2f} by requests/s"
        results.add(key, [ratio / first for ratio, first in zip(ratios, base, strict=True)], beside)
    slowest = [max(each.slowest for each in samples[planned][MOCKCLAUDE.name]) for planned in several]
    results.add("connections-slowest", [max(slowest)])
    results.curves["connections"] = {
        server.name: [
            (planned.connections, median(each.cpu_us for each in samples[planned][server.name])) for planned in several
        ]
        for server in _PAIR
    }
