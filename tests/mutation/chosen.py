"""A pytest plugin: of the tests that are collected, run those of a list, in its order.

Tests of the list that are gone are left out: a mutant of a table may take some away, which nobody would notice.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chosen", type=Path, help="file with the ids of the tests to run, each in a line")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen: Path = config.getoption("--chosen")
    order = {test: place for place, test in enumerate(chosen.read_text().splitlines())}
    items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])
