"""The README, played section by section: its commands are run, its files written, its outputs compared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import pages
from tests.page_player import Player, run
from tests.pages import ROOT
from tests.testing.inner import load_only_our_plugin

README = pages.text_of(pages.README)
BLOCKS = pages.blocks(pages.README)
SECTIONS = list(dict.fromkeys(block.section for block in BLOCKS))


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    player = Player(tmp_path)
    yield player
    player.stop()


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_holds_from_top_to_bottom(section: str, player: Player) -> None:
    first = [block.section for block in BLOCKS].index(section)
    for block in BLOCKS[:first]:
        player.skip(block)
    for block in BLOCKS[first:]:
        if block.section == section:
            player.play(block)


def test_the_tests_of_the_readme_pass(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    load_only_our_plugin(monkeypatch)
    tests = [block.text.split()[1] for block in BLOCKS if player.is_test(block)]
    for block in BLOCKS:
        player.skip(block)
    played = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], player.folder)

    assert len(tests) > 1
    assert played.returncode == 0, played.stdout + played.stderr


def test_the_readme_shows_every_scenario_of_the_top_folder() -> None:
    assert all(f"(scenarios/{file.name})" in README for file in (ROOT / "scenarios").glob("*.yaml"))
