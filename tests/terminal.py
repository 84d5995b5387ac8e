"""The picture of the README: its section "Break a stream" in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from tests import pages

PICTURE = pages.ROOT / ".github" / "terminal.svg"
SECTION = "Break a stream"

_WIDTH, _LINE, _CHARACTER = 720, 20, 8.4
_COLOURS = {"$": "#7ee787", "error": "#ff7b72", "file": "#79c0ff", "output": "#e6edf3"}


def draw() -> str:
    """Return the picture: the scenario file, the command, and its output, which the test of the page compares."""
    blocks = [block for block in pages.blocks(pages.README) if block.section == SECTION]
    scenario, command = (next(block for block in blocks if block.language == name) for name in ("yaml", "sh"))
    name, _, rules = scenario.text.removeprefix("# ").partition("\n")
    typed = ("$", f"$ {command.text.strip()}")
    return _svg([("$", f"$ cat {name}"), *_lines("file", rules), typed, *_lines("output", command.output)])


def _lines(kind: str, text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        yield "error" if "Error" in line else kind, line


def _svg(lines: list[tuple[str, str]]) -> str:
    height = _LINE * (len(lines) + 3)
    rows = [
        f'<text x="20" y="{_LINE * number + 46}" fill="{_COLOURS[kind]}" textLength="{len(line) * _CHARACTER:.0f}"'
        f' xml:space="preserve">{escape(line)}</text>'
        for number, (kind, line) in enumerate(lines)
    ]
    dots = [
        f'<circle cx="{20 + 18 * n}" cy="16" r="5" fill="{c}"/>'
        for n, c in enumerate(("#f85149", "#d29922", "#3fb950"))
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
            f' viewBox="0 0 {_WIDTH} {height}"'
            ' font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">',
            f'<rect width="{_WIDTH}" height="{height}" rx="8" fill="#0d1117"/>',
            *dots,
            *rows,
            "</svg>",
            "",
        ]
    )
