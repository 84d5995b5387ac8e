"""The README and the pages of the fixture and of the tests: played from top to bottom, and complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from mockclaude.testing import MockClaude
from mockclaude.testing.environment import BASE_URLS, CONFLICTING
from mockclaude.testing.settings import OPTIONS
from tests import pages
from tests.page_player import Player
from tests.pages import FIXTURE, MIGRATION, README, USER_PAGES
from tests.testing.inner import load_only_our_plugin, run_pytest


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    load_only_our_plugin(monkeypatch)
    player = Player(tmp_path)
    yield player
    player.stop()


@pytest.mark.parametrize("page", [README, *USER_PAGES])
def test_page_holds_from_top_to_bottom(page: str, player: Player) -> None:
    for block in pages.blocks(page):
        player.play(block)


@pytest.mark.parametrize("page", [FIXTURE, MIGRATION])
def test_tests_of_the_page_pass(page: str, player: Player) -> None:
    for block in pages.blocks(page):
        player.skip(block)
    shown = {block.text.split()[-1] for block in pages.blocks(page) if block.text.startswith("pytest ")}
    others = {block.text.split()[1] for block in pages.blocks(page) if player.is_test(block)} - shown
    code, output = run_pytest(player.folder, *sorted(others))

    assert others
    assert code == 0, output


def test_fixture_page_names_each_member() -> None:
    members = [name for name in dir(MockClaude) if name[0] != "_" and name not in ("start", "stop")]
    settings = [*OPTIONS, *BASE_URLS, *CONFLICTING]

    assert not [name for name in [*members, *settings] if not re.search(rf"`[^`\n]*\b{name}\b", pages.text_of(FIXTURE))]


def test_named_modules_exist() -> None:
    modules = {name for page in USER_PAGES for name in re.findall(r"python -m (tests[\w.]*)", pages.text_of(page))}

    assert modules
    assert not [name for name in modules if find_spec(name) is None]
