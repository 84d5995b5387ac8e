"""The table: its rows with their targets, and the figures that a run has measured for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple


class Row(NamedTuple):
    """A row of the table: its key, the group that measures it, its title, and the target of its median."""

    key: str
    group: str
    title: str
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def target(self) -> str:
        return f">= {self.least:g}" if self.most is None else f"<= {self.most:g}"

    def is_met(self, value: float) -> bool:
        return value >= self.least if self.least is not None else self.most is not None and value <= self.most


OF_BARE = "of bare aiohttp"
OF_AIMOCK = "of aimock"
ROWS = (
    Row("small-json", "small", "Small request, 20 rules, fixed reply: JSON", OF_BARE, least=0.85),
    Row("small-sse", "small", "Small request, 20 rules, fixed reply: stream of 100 deltas", OF_BARE, least=0.85),
    Row("varied-json", "varied", "Body that differs every time: JSON", OF_BARE, least=0.80),
    Row("varied-sse", "varied", "Body that differs every time: stream", OF_BARE, least=0.80),
    Row("aimock-json", "peers", "Small request compared with aimock: JSON", OF_AIMOCK, least=1.5),
    Row("aimock-sse", "peers", "Small request compared with aimock: stream", OF_AIMOCK, least=4),
    Row("template", "template", "2 KB: system, 3 tools, thinking, cache_control, template", OF_BARE, least=0.50),
    Row("agent-50", "agents", "Agent, 40 tools, 50 KB, all different", OF_BARE, least=0.45),
    Row("agent-200", "agents", "Agent, 40 tools, 200 KB, all different", OF_BARE, least=0.45),
    Row("connections-500", "connections", "500 connections", "of the ratio at 32", least=0.97),
    Row("connections-4000", "connections", "4,000 connections", "of the ratio at 32", least=0.97),
    Row("connections-slowest", "connections", "Slowest request at up to 4,000 connections", "s", most=2),
    Row("turn", "turns", "Next turn of a conversation of 1,999 messages", "ms of CPU", most=20),
    Row("turn-per-byte", "turns", "CPU for each byte of that turn", "of that at 99 messages", most=1.1),
    Row("regex-last", "rules", "2,000 rules with regex, the last matches", "ms of CPU", most=2),
    Row("regex-none", "rules", "2,000 rules with regex, none matches", "ms of CPU", most=10),
    Row("shared-last", "rules", "2,000 regexes with one shared literal, the last matches", "ms of CPU", most=2),
    Row("shared-none", "rules", "2,000 regexes with one shared literal, none matches", "ms of CPU", most=10),
    Row("adapter", "adapters", "JSON through the adapter that costs most, without a server", "us of CPU more", most=25),
    Row("start", "start", "Start to first response, beyond importing aiohttp and pydantic", "ms", most=60),
    Row(
        "memory-first",
        "memory",
        "Memory after the first response, beyond importing aiohttp and pydantic",
        "MB",
        most=10,
    ),
    Row("memory-idle", "memory", "Memory with 10,000 idle connections, whole process", "MB", most=150),
    Row("fixture-setup", "fixture", "Fixture: set-up and teardown", "ms", most=0.3),
    Row("fixture-rule", "fixture", "Fixture: adding a rule", "ms", most=0.15),
    Row("fixture-test", "fixture", "Fixture: test of one request", "of one with a running server", most=1.2),
    Row("paced-500", "paced", "500 paced streams: 99th percentile of lateness", "ms", most=4),
    Row("paced-2000", "paced", "2,000 paced streams: 99th percentile of lateness", "ms", most=20),
    Row("record-one", "record", "Recorder, one stream with 20 ms between events: added to an event", "ms", most=0.3),
    Row("record-many", "record", "Recorder, 50 such streams: added to an event", "ms", most=1),
    Row("record-many-99", "record", "Recorder, 50 such streams: added to the 99th percentile", "ms", most=8),
    Row("record-unpaced", "record", "Recorder, unpaced streams of 100 events to the SDK", "of direct", least=0.6),
    Row("million-growth", "million", "1,000,000 different requests: growth after the 200,000th", "MB", most=4),
    Row("million-memory", "million", "1,000,000 different requests: most memory, whole process", "MB", most=120),
)
GROUPS = tuple(dict.fromkeys([*(row.group for row in ROWS), "deltas"]))
"""The words of `--only`. `deltas` has no row, but a curve."""


class Figure(NamedTuple):
    """The values of a row, one for each round, and facts beside them."""

    values: tuple[float, ...]
    beside: str = ""

    @property
    def value(self) -> float:
        return median(self.values)


class ServerLoad(NamedTuple):
    """The medians of a server in a case."""

    case: str
    server: str
    rate: float
    cpu_us: float


Curve = dict[str, list[tuple[float, float]]]
"""Name of a line -> its points."""


@dataclass
class Results:
    """Everything that a run has measured; `notes` say why something is missing."""

    machine: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Figure] = field(default_factory=dict)
    loads: list[ServerLoad] = field(default_factory=list)
    curves: dict[str, Curve] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, values: Sequence[float], beside: str = "") -> None:
        """Keep the values of a row."""
        self.figures[key] = Figure(tuple(values), beside)

    def update(self, later: Results) -> None:
        """Replace what a later run has measured again."""
        measured = {(load.case, load.server) for load in later.loads}
        self.loads = [*(load for load in self.loads if load[:2] not in measured), *later.loads]
        groups = {row.group for row in ROWS if row.key in later.figures}
        self.notes = {name: note for name, note in self.notes.items() if name not in groups} | later.notes
        self.machine |= later.machine
        self.figures |= later.figures
        self.curves |= later.curves

    def to_json(self) -> dict[str, Any]:
        """Return the table and everything beside it as data."""
        rows = [{**_row_to_json(row, self.figures.get(row.key)), "note": self.notes.get(row.group, "")} for row in ROWS]
        loads = [load._asdict() for load in self.loads]
        return {"machine": self.machine, "rows": rows, "loads": loads, "curves": self.curves, "notes": self.notes}


def _row_to_json(row: Row, figure: Figure | None) -> dict[str, Any]:
    head = {"key": row.key, "group": row.group, "title": row.title, "unit": row.unit, "target": row.target}
    if figure is None:
        return {**head, "value": None, "met": None}
    measured = {"value": figure.value, "met": row.is_met(figure.value), "values": figure.values}
    return {**head, **measured, "beside": figure.beside}


def from_json(data: Mapping[str, Any]) -> Results:
    """Return the results that were written as data."""
    measured = [row for row in data["rows"] if row["met"] is not None]
    figures = {row["key"]: Figure(tuple(row["values"]), row["beside"]) for row in measured}
    loads = [ServerLoad(**load) for load in data["loads"]]
    return Results(data["machine"], figures, loads, data["curves"], data["notes"])
