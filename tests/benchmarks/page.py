"""The table as text and as Markdown, and its place in tests/README.md, beside the chart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import chart
from tests.benchmarks.servers import PEERS, RAW
from tests.benchmarks.table import ROWS, Figure, Results, Row

PAGE = Path(__file__).parent.parent / "README.md"
CHART = PAGE.with_name("benchmarks.svg")
_MARKED = re.compile(r"(?<=<!-- benchmarks: begin -->\n).*?(?=<!-- benchmarks: end -->)", re.DOTALL)

Line = list[str]


def number(value: float) -> str:
    """Return a value with three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _cells(row: Row, figure: Figure | None, note: str) -> Line:
    if figure is None:
        return [row.title, "", row.unit, row.target, "", note or "not measured"]
    values = figure.values
    scatter = f" ({number(min(values))} to {number(max(values))})" if len(values) > 1 else ""
    met = "yes" if row.is_met(figure.value) else "no"
    return [row.title, number(figure.value) + scatter, row.unit, row.target, met, figure.beside]


def lines(results: Results) -> list[Line]:
    """Return the table, head first."""
    head = ["Measurement", "Median (lowest to highest)", "Unit", "Target", "Met", "Beside"]
    notes = results.notes
    return [head, *(_cells(row, results.figures.get(row.key), notes.get(row.group, "")) for row in ROWS)]


def server_lines(results: Results) -> list[Line]:
    """Return the table of the servers in each case, the one that costs least first."""
    head = ["Case", "Server", "Requests/s", "CPU of a request"]
    loads = sorted(results.loads, key=lambda load: (load.case, load.cpu_us))
    return [head, *([load.case, load.server, f"{load.rate:,.0f}", f"{load.cpu_us:,.1f} us"] for load in loads)]


def _aligned(table: list[Line]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def show(results: Results) -> None:
    """Print everything that was measured."""
    print(", ".join(f"{name}: {value}" for name, value in results.machine.items()))
    if results.loads:
        print("", *_aligned(server_lines(results)), sep="\n")
    for name, curve in results.curves.items():
        for line, points in curve.items():
            print(f"\n{name}, {line}:", ", ".join(f"{x:,.0f}: {number(y)}" for x, y in points), end="")
    print("\n", *_aligned(lines(results)), sep="\n")
    for name, note in results.notes.items():
        print(f"{name}: {note}")


def markdown(results: Results) -> str:
    """Return the section of the page."""
    machine = results.machine
    texts = [
        f"Measured on {machine['date'].partition(' ')[0]}: {machine['system']}, Python {machine['Python']}, "
        f"{machine['bare aiohttp']}. Medians of {_rounds(results)} rounds."
        + "".join(f" {machine[server.name]}." for server in (RAW, *PEERS) if server.name in machine),
        "![Ratios, and how the cost of a request grows](benchmarks.svg)",
        _table(lines(results)),
        _table([row[:4] for row in _by_case(results)]) if results.loads else "",
        "\n".join(f"- {name}: {note}." for name, note in results.notes.items()),
    ]
    return "\n\n".join(filter(None, texts)) + "\n"


def _rounds(results: Results) -> str:
    """Return the number of rounds; the least and the most if runs have measured some rows each."""
    counts = {len(figure.values) for figure in results.figures.values()} - {1} or {1}
    least, most = min(counts), max(counts)
    return str(most) if least == most else f"{least} to {most}"


def _by_case(results: Results) -> list[Line]:
    named = [[f"{case}: {server}", rate, cpu] for case, server, rate, cpu in server_lines(results)[1:]]
    return [["Case and server", "Requests/s", "CPU of a request"], *named]


def _table(table: list[Line]) -> str:
    rows = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in table]
    return "\n".join([rows[0], "|" + " --- |" * len(table[0]), *rows[1:]])


def write(results: Results) -> None:
    """Write the section of the page, and draw the chart."""
    text = PAGE.read_text(encoding="utf-8")
    section = markdown(results)
    PAGE.write_text(_MARKED.sub(lambda _: f"\n{section}\n", text), encoding="utf-8")
    CHART.write_text(chart.draw(results), encoding="utf-8")
