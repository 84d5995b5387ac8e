"""The pages for contributors and the reference pages, played from top to bottom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import pages
from tests.page_player import Player
from tests.pages import CONTRIBUTOR_PAGES, RECORDING, REFERENCE_PAGES
from tests.testing.inner import load_only_our_plugin


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    load_only_our_plugin(monkeypatch)
    player = Player(tmp_path)
    yield player
    player.stop()


PLAYED = [
    pytest.param(page, marks=pytest.mark.tools if page == RECORDING else ())  # its programs import an SDK 20 times
    for page in (*CONTRIBUTOR_PAGES, *REFERENCE_PAGES)
]


@pytest.mark.parametrize("page", PLAYED)
def test_page_holds_from_top_to_bottom(page: str, player: Player) -> None:
    for block in pages.blocks(page):
        player.play(block)
