"""How the cost of a request grows with the messages of its conversation, with rules and with deltas.

The cost is the CPU of the server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from statistics import median

from tests.benchmarks import cases, servers
from tests.benchmarks.cases import conversation
from tests.benchmarks.effort import Effort
from tests.benchmarks.load import NUMBER, Request, connect, drive, fetch
from tests.benchmarks.servers import BARE, MOCKCLAUDE, Running, Workplace, scenario_server
from tests.benchmarks.table import Results

Costs = dict[str, dict[int, list[float]]]
"""Name of a line -> size -> microseconds of CPU for each request, in each round."""

PATTERNS = {"own": r"(?i)order {} .*(now|later)\d?", "shared": r"(?i)^\w+ order\s+{}\b"}
"""Regular expressions, whose longest literal each rule has alone, or shares with all."""
UNMATCHED = 410
CONNECTIONS = 8


def cpu_us(running: Running, request: Request, effort: Effort) -> float:
    """Return the microseconds of CPU that the server takes for a request, under load."""
    with connect(running.port, CONNECTIONS) as connections:
        before = running.cpu
        load = drive(connections, request, effort.seconds / 4)
        return (running.cpu - before) / load.requests * 1e6


def curve(costs: Mapping[int, list[float]]) -> list[tuple[float, float]]:
    """Return the median cost of each size."""
    return [(size, median(values)) for size, values in costs.items()]


def measure_turns(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure the next turn of conversations. The turn before it was sent just before, and is not counted."""
    costs: Costs = defaultdict(lambda: defaultdict(list))
    with workplace.running(MOCKCLAUDE) as (mockclaude,):
        servers.capture(mockclaude, workplace.folder)
        with workplace.running(BARE) as (bare,):
            for number, messages in product(range(effort.rounds), effort.messages):
                for running in (mockclaude, bare):
                    costs[running.server.name][messages].append(_turn(running, messages, f"{number}", effort))
    results.curves["messages"] = {name: curve(by_size) for name, by_size in costs.items()}
    middle, most = effort.messages[len(effort.messages) // 2], effort.messages[-1]
    sizes = {messages: len(Request(conversation(messages, "0/0")).body) for messages in (middle, most)}
    ours = costs[MOCKCLAUDE.name]
    beside = f"{sizes[most] / 1e3:,.0f} KB; bare aiohttp {median(costs[BARE.name][most]) / 1e3:.1f} ms"
    results.add("turn", [cost / 1e3 for cost in ours[most]], beside)
    pairs = zip(ours[most], ours[middle], strict=True)
    results.add("turn-per-byte", [late / sizes[most] / (early / sizes[middle]) for late, early in pairs])


def _turn(running: Running, messages: int, name: str, effort: Effort) -> float:
    path = running.server.path.format(case="small-json")
    costs = []
    with connect(running.port, 1) as (connection,):
        for number in range(max(2, min(effort.conversations, effort.messages[-1] // messages))):
            connection.ask(Request(conversation(messages - 2, f"{name}/{number}"), path))
            before = running.cpu
            connection.ask(Request(conversation(messages, f"{name}/{number}"), path))
            costs.append((running.cpu - before) * 1e6)
    return median(costs)


def _ask(text: str, **fields: object) -> cases.Body:
    messages = [{"role": "user", "content": text}]
    return {"model": cases.MODEL, "max_tokens": 4096, "messages": messages, **fields}


def measure_rules(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure requests to files of rules with regular expressions."""
    files = {("own", number): f"own-{number}" for number in effort.rules}
    files["shared", effort.rules[-1]] = f"shared-{effort.rules[-1]}"
    for (kind, number), name in files.items():
        text = cases.rules_with_regex(number, PATTERNS[kind].format)
        (workplace.folder / f"{name}.yaml").write_text(text)
    costs: Costs = defaultdict(lambda: defaultdict(list))
    first = Request(_ask(f"please order {0} now, {NUMBER}")).body
    with workplace.running(*map(scenario_server, files.values()), first=first) as running:
        for _ in range(effort.rounds):
            for (kind, number), each in zip(files, running, strict=True):
                last = Request(_ask(f"please order {number - 1} now, {NUMBER}"))
                none = Request(_ask(f"please order nothing now, {NUMBER}"), status=UNMATCHED)
                costs[f"{kind}-last"][number].append(cpu_us(each, last, effort))
                costs[f"{kind}-none"][number].append(cpu_us(each, none, effort))
    for key in ("last", "none"):
        for kind, row in (("own", f"regex-{key}"), ("shared", f"shared-{key}")):
            results.add(row, [cost / 1e3 for cost in costs[f"{kind}-{key}"][effort.rules[-1]]])
    titles = {"own-last": "the last matches", "own-none": "none matches"}
    results.curves["rules"] = {title: curve(costs[name]) for name, title in titles.items()}


def measure_deltas(effort: Effort, workplace: Workplace, results: Results) -> None:
    """Measure streams by the number of their deltas."""
    ours = scenario_server("deltas")
    (workplace.folder / "deltas.yaml").write_text(cases.streams(effort.deltas))
    bodies = {number: _ask(f"deltas {number}.", stream=True) for number in effort.deltas}
    costs: Costs = defaultdict(lambda: defaultdict(list))
    with workplace.running(ours) as (mockclaude,):
        responses = workplace.folder / "bare"
        (responses / "small-json.json").write_bytes(fetch(mockclaude.port, "/v1/messages", servers.FIRST.body))
        for number, body in bodies.items():
            stream = fetch(mockclaude.port, "/v1/messages", Request(body).body)
            (responses / f"deltas-{number}.sse").write_bytes(stream)
        with workplace.running(BARE) as (bare,):
            for _, (number, body) in product(range(effort.rounds), bodies.items()):
                for name, running in ((MOCKCLAUDE.name, mockclaude), (BARE.name, bare)):
                    request = Request(body, running.server.path.format(case=f"deltas-{number}"))
                    costs[name][number].append(cpu_us(running, request, effort))
    results.curves["deltas"] = {name: curve(by_size) for name, by_size in costs.items()}
