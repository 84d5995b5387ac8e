"""A written recording replays its session byte for byte, and the check finds what does not."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from mockclaude.proxy.check import check_recording
from mockclaude.scenario.recording.exchange import RecordedRule
from mockclaude.scenario.recording.rule_text import write_recording
from tests.scenario.recording.tide import SESSION, exchanges_of, put, sessions


@given(sessions(), st.booleans(), st.booleans())
def test_any_recording_replays_its_session(rules: list[RecordedRule], times: bool, requests: bool) -> None:
    written = write_recording(rules, "tide", times=times, requests=requests)

    with TemporaryDirectory() as folder:
        assert check_recording(put(Path(folder), written), exchanges_of(rules)) == []
    assert write_recording(rules, "tide", times=times, requests=requests) == written


def test_a_session_replays(tmp_path: Path) -> None:
    assert check_recording(put(tmp_path, write_recording(SESSION, "tide")), exchanges_of(SESSION)) == []
