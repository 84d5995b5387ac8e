"""The benchmarks measure each row of their table, and the page shows the table. Nothing is timed here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import chart, page
from tests.benchmarks.table import GROUPS, ROWS, Results, from_json

LOCAL = [group for group in GROUPS if group != "peers"]
"""The groups that need no network."""
HALVES = {"servers": LOCAL[::2], "others": LOCAL[1::2]}
pytestmark = pytest.mark.slow


def measure(groups: list[str], folder: Path) -> tuple[str, Results]:
    """Measure groups with small counts, and return what was printed and written."""
    file = folder / "table.json"
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--offline", "--json", str(file)]
    done = subprocess.run(
        [*command, "--cache", str(folder), "--only", *groups],
        capture_output=True,
        text=True,
        cwd=page.PAGE.parent.parent,
    )
    assert file.exists(), done.stderr
    return done.stdout, from_json(json.loads(file.read_text(encoding="utf-8")))


def cells(table: str) -> list[list[str]]:
    return [re.split(r" ?(?<!\\)\| ?", line)[1:-1] for line in table.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("half", HALVES)
def test_each_local_row_is_measured(half: str, tmp_path: Path) -> None:
    printed, results = measure(HALVES[half], tmp_path)
    expected = [row.key for row in ROWS if row.group in HALVES[half]]

    assert [key for key in expected if key not in results.figures] == [], results.notes
    assert not [row.title for row in ROWS if row.title not in printed]
    assert [row["key"] for row in results.to_json()["rows"]] == [row.key for row in ROWS]
    assert len(ElementTree.fromstring(chart.draw(results))) > 2
    assert {len(row) for row in cells(page.markdown(results)) if row[0] in {row.title for row in ROWS}} == {6}


def test_later_run_replaces_what_it_measures() -> None:
    earlier, later = Results(notes={"small": "failed", "paced": "failed"}), Results()
    for results, value in ((earlier, 1), (later, 2)):
        results.add("small-json", [value])
    earlier.add("start", [3])
    earlier.update(later)

    assert {key: figure.value for key, figure in earlier.figures.items()} == {"small-json": 2, "start": 3}
    assert earlier.notes == {"paced": "failed"}


def test_row_is_met_at_its_target() -> None:
    for row in ROWS:
        target = float(row.target.split()[1])
        assert row.is_met(target)
        assert not row.is_met(target * (0.99 if row.least else 1.01))


def test_page_shows_each_row() -> None:
    shown = {row[0]: row for row in cells(page.PAGE.read_text(encoding="utf-8"))}

    assert not [row.title for row in ROWS if len(shown.get(row.title, ())) != 6]
    assert [row.target for row in ROWS if shown[row.title][3] != row.target] == []
