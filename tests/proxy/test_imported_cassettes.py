"""Imported cassettes as recordings, which replay byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.proxy.check import check_recording
from mockclaude.scenario.recording.cassettes.cassette_files import read_cassettes
from mockclaude.scenario.recording.recorded_rules import build_rules
from mockclaude.scenario.recording.rule_text import write_recording
from tests.scenario.recording.test_cassettes import FOLDER

CASSETTES = sorted(path.name for path in FOLDER.iterdir() if not path.name.endswith(".request.json"))


@pytest.mark.parametrize("name", CASSETTES)
def test_imported_cassette_replays_byte_for_byte(name: str, tmp_path: Path) -> None:
    exchanges = read_cassettes(FOLDER / name)
    recording = write_recording(build_rules(exchanges), "tide")
    path = tmp_path / "tide.yaml"
    path.write_text(recording.text, encoding="utf-8")
    for body, content in recording.bodies.items():
        (tmp_path / body).parent.mkdir(exist_ok=True)
        (tmp_path / body).write_bytes(content)
    assert check_recording(path, [exchange for exchange in exchanges if exchange.body]) == []


def test_rule_without_a_request_has_no_conditions() -> None:
    (rule,) = build_rules(read_cassettes(FOLDER / "bare.sse"))
    assert "when:" not in write_recording([rule], "tide").text
