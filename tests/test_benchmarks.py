"""The benchmarks measure each row of their table, and the page shows the table. Nothing is timed here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from xml.etree import ElementTree

import pytest

from mockclaude.testing import MockClaude
from tests.benchmarks import chart, page
from tests.benchmarks.cases import CASES, check_reply
from tests.benchmarks.load import LoadError, Request, connect, drive
from tests.benchmarks.table import GROUPS, ROWS, Results, ServerLoad, from_json

LOCAL = [group for group in GROUPS if group != "peers"]
"""The groups that need no network."""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Results]:
    """Measure the local groups with small counts, and return what was printed and written."""
    folder = tmp_path_factory.mktemp("benchmarks")
    file = folder / "table.json"
    command = [sys.executable, "-m", "tests.benchmarks", "--quick", "--offline", "--json", str(file)]
    done = subprocess.run(
        [*command, "--cache", str(folder), "--only", *LOCAL],
        capture_output=True,
        text=True,
        cwd=page.PAGE.parent.parent,
    )
    assert file.exists(), done.stderr
    return done.stdout, from_json(json.loads(file.read_text(encoding="utf-8")))


def cells(table: str) -> list[list[str]]:
    return [re.split(r" ?(?<!\\)\| ?", line)[1:-1] for line in table.splitlines() if line.startswith("| ")]


@pytest.mark.tools
@pytest.mark.parametrize("group", LOCAL)
def test_each_local_row_is_measured(group: str, measured: tuple[str, Results]) -> None:
    expected, results = [row.key for row in ROWS if row.group == group], measured[1]

    assert [key for key in expected if key not in results.figures] == [], results.notes


@pytest.mark.tools
def test_each_row_is_printed_and_written(measured: tuple[str, Results]) -> None:
    printed, results = measured

    assert not [row.title for row in ROWS if row.title not in printed]
    assert [row["key"] for row in results.to_json()["rows"]] == [row.key for row in ROWS]
    assert {len(row) for row in cells(page.markdown(results)) if row[0] in {row.title for row in ROWS}} == {6}


def test_load_is_counted_and_each_status_checked(mock: MockClaude) -> None:
    mock.reply("Hello!")
    port, case = int(mock.url.rpartition(":")[2]), CASES["varied-sse"]
    with connect(port, 3) as connections:
        load = drive(connections, case.request(), 0)
        with pytest.raises(LoadError, match="404"):
            drive(connections, Request(case.body, "/v1/other"), 0)

    assert load.requests == len({entry.http.body for entry in mock.journal[:3]}) == 3
    assert len(load.sizes) == 1


def test_reply_of_a_server_is_checked() -> None:
    message = json.dumps({"content": [{"type": "text", "text": "It is day 12."}]}).encode()
    check_reply(message, "It is day ${{ match.day }}.", streamed=False)

    with pytest.raises(LoadError, match="expected 'Hello"):
        check_reply(message, "Hello!", streamed=False)
    with pytest.raises(LoadError, match="without message_stop"):
        check_reply(b'data: {"type": "ping"}', "", streamed=True)


def test_chart_draws_ratios_and_curves() -> None:
    results = Results(
        curves={"deltas": {"mockclaude": [(10, 70), (1_000, 90)], "bare aiohttp": [(10, 60), (1_000, 60)]}}
    )
    results.add("small-json", [0.5, 0.9, 0.7])
    results.add("aimock-sse", [4.5])
    drawn = ElementTree.fromstring(chart.draw(results))
    tags = Counter(element.get("class") or element.tag.partition("}")[2] for element in drawn)

    assert (tags["bar"], tags["target"], tags["line0"], tags["line1"]) == (2, 2, 1, 1)
    assert "0.70" in [element.text for element in drawn]


def test_later_run_replaces_what_it_measures() -> None:
    earlier, later = Results(notes={"small": "failed", "paced": "failed"}), Results()
    for results, value in ((earlier, 1), (later, 2)):
        results.add("small-json", [value])
    earlier.add("start", [3])
    earlier.update(later)

    assert {key: figure.value for key, figure in earlier.figures.items()} == {"small-json": 2, "start": 3}
    assert earlier.notes == {"paced": "failed"}


def test_page_shows_the_rounds_of_all_runs_and_sorts_servers() -> None:
    results = Results(dict.fromkeys(("date", "system", "Python", "bare aiohttp", "rounds"), "7"))
    results.loads = [ServerLoad("b", "x", 1, 9), ServerLoad("a", "y", 1, 9), ServerLoad("b", "z", 1, 2)]
    for key, rounds in (("small-json", 7), ("start", 2), ("million-memory", 1)):
        results.add(key, [1.0] * rounds)
    shown = page.markdown(results)

    assert "Medians of 2 to 7 rounds." in shown
    assert re.findall(r"\| ([ab]: \w)", shown) == ["a: y", "b: z", "b: x"]


def test_row_is_met_at_its_target() -> None:
    for row in ROWS:
        target = float(row.target.split()[1])
        assert row.is_met(target)
        assert not row.is_met(target * (0.99 if row.least else 1.01))


def test_page_shows_each_row() -> None:
    shown = {row[0]: row for row in cells(page.PAGE.read_text(encoding="utf-8"))}

    assert not [row.title for row in ROWS if len(shown.get(row.title, ())) != 6]
    assert [row.target for row in ROWS if shown[row.title][3] != row.target] == []
