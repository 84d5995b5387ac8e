"""A pytest plugin: of the tests that are collected, run those of a list, in its order.

Tests of the list that are gone are left out: a mutant of a table may take some away, which nobody would notice.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chosen", type=Path, help="file with the tests to run, each in a line: ids or modules")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen: Path = config.getoption("--chosen")
    order = {test: place for place, test in enumerate(chosen.read_text().splitlines())}
    places = {item: order.get(item.nodeid, order.get(item.nodeid.partition("::")[0])) for item in items}
    items[:] = sorted((item for item in items if places[item] is not None), key=lambda item: places[item] or 0)
