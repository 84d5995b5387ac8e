"""The chart of the page, an SVG: ratios as bars, and the cost of a request as lines, on a card of its own colours."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from math import ceil, floor, log10
from typing import NamedTuple

from tests.benchmarks.table import OF_AIMOCK, OF_BARE, ROWS, Curve, Figure, Results, Row

WIDTH = 860
_STYLE = """
svg { --card: #ffffff; --text: #1f2328; --soft: #59636e; --grid: #d8dee4; --a: #0969da; --b: #bc4c00; --met: #1a7f37 }
@media (prefers-color-scheme: dark) {
svg { --card: #0d1117; --text: #e6edf3; --soft: #9198a1; --grid: #30363d; --a: #58a6ff; --b: #f0883e; --met: #3fb950 }
}
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: var(--text) }
.title { font-weight: 600 }
.soft { fill: var(--soft); font-size: 11px }
.card { fill: var(--card); stroke: var(--grid) }
.grid { stroke: var(--grid) }
.bar { fill: var(--a) }
.target { stroke: var(--met); stroke-width: 3 }
polyline { fill: none; stroke-width: 2 }
.line0 { stroke: var(--a) } .dot0 { fill: var(--a) }
.line1 { stroke: var(--b) } .dot1 { fill: var(--b) }
"""
_BAR, _BAR_X, _BAR_WIDTH = 24, 420, 340
_PANEL_WIDTH, _PANEL_HEIGHT = 420, 230
CURVES = {
    "rules": "rules with regular expressions",
    "messages": "messages of the conversation",
    "connections": "connections",
    "deltas": "deltas of the stream",
}


class Bar(NamedTuple):
    """A row of the table with its figure."""

    row: Row
    figure: Figure


def draw(results: Results) -> str:
    """Return the SVG of everything that was measured."""
    parts: list[str] = []
    y = 16
    for unit in (OF_BARE, OF_AIMOCK):
        title = f"CPU {unit} / CPU of mockclaude"
        bars = [Bar(row, results.figures[row.key]) for row in ROWS if row.unit == unit and row.key in results.figures]
        if bars:
            parts += _bars(bars, f"{title}: longer is faster; the green mark is the target", y)
            y += _BAR * (len(bars) + 1) + 20
    curves = [
        (f"CPU of a request, by {title}", results.curves[name])
        for name, title in CURVES.items()
        if name in results.curves
    ]
    for index, (title, curve) in enumerate(curves):
        parts += _panel(title, curve, 16 + _PANEL_WIDTH * (index % 2), y + _PANEL_HEIGHT * (index // 2))
    height = y + _PANEL_HEIGHT * ceil(len(curves) / 2)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    card = f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    return "\n".join([head, f"<style>{_STYLE}</style>", card, *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _bars(bars: list[Bar], title: str, y: int) -> Iterator[str]:
    most = max([1.0, *(bar.figure.value for bar in bars), *(bar.row.least or 0 for bar in bars)])
    yield _text(16, y + 12, title, "title")
    for index, (row, figure) in enumerate(bars, 1):
        top, width = y + _BAR * index, figure.value / most * _BAR_WIDTH
        target = _BAR_X + (row.least or 0) / most * _BAR_WIDTH
        yield _text(_BAR_X - 8, top + 14, row.title, anchor="end")
        yield f'<rect class="bar" x="{_BAR_X}" y="{top + 3}" width="{width:.1f}" height="14" rx="2"/>'
        yield _line("target", target, top, target, top + 20)
        yield _text(max(_BAR_X + width, target) + 8, top + 14, f"{figure.value:.2f}")


class _Scale(NamedTuple):
    """A logarithmic scale: the exponents at its ends, and their places."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        return self.start + (log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)


def _panel(title: str, curve: Curve, x: int, y: int) -> Iterator[str]:
    points = [point for line in curve.values() for point in line]
    sizes = sorted({size for size, _ in points})
    costs = [cost for _, cost in points]
    across = _Scale(log10(sizes[0]), log10(sizes[-1]), x + 60, x + _PANEL_WIDTH - 40)
    lowest = floor(log10(min(costs)))
    up = _Scale(lowest, max(lowest + 1, ceil(log10(max(costs)))), y + _PANEL_HEIGHT - 40, y + 52)
    yield _text(x, y + 12, title, "title")
    for exponent in range(int(up.low), int(up.high) + 1):
        level = up.place(10**exponent)
        yield _line("grid", across.start, level, across.end, level)
        yield _text(across.start - 8, level + 4, _duration(10**exponent), "soft", "end")
    for size in sizes:
        yield _text(across.place(size), up.start + 18, f"{size:,.0f}", "soft", "middle")
    for index, (name, line) in enumerate(curve.items()):
        yield f'<circle class="dot{index}" cx="{across.start + 130 * index:.0f}" cy="{y + 30}" r="4"/>'
        yield _text(across.start + 130 * index + 10, y + 34, name, "soft")
        places = [(across.place(size), up.place(cost)) for size, cost in line]
        yield f'<polyline class="line{index}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in places)}"/>'
        yield from (f'<circle class="dot{index}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in places)


def _duration(microseconds: float) -> str:
    return f"{microseconds:g} us" if microseconds < 1_000 else f"{microseconds / 1_000:g} ms"
