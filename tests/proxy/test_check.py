"""A written recording replays its session byte for byte, and the check finds what does not."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockclaude.proxy.check import check_recording
from mockclaude.scenario.recording.exchange import RecordedRule
from mockclaude.scenario.recording.rule_text import write_recording
from tests.scenario.recording.tide import FRAMES, SESSION, exchanges_of, number, put, sessions, stream


@given(sessions(), st.booleans(), st.booleans())
def test_any_recording_replays_its_session(rules: list[RecordedRule], times: bool, requests: bool) -> None:
    written = write_recording(rules, "tide", times=times, requests=requests)

    with TemporaryDirectory() as folder:
        assert check_recording(put(Path(folder), written), exchanges_of(rules)) == []
    assert write_recording(rules, "tide", times=times, requests=requests) == written


def test_a_session_replays(tmp_path: Path) -> None:
    assert check_recording(put(tmp_path, write_recording(SESSION, "tide")), exchanges_of(SESSION)) == []


def differences(folder: Path, old: str, new: str) -> list[str]:
    """Return the differences of the session from its recording with a change."""
    written = write_recording(SESSION, "tide", times=False)
    file = put(folder, written._replace(text=written.text.replace(old, new)))
    return check_recording(file, exchanges_of(SESSION))


ASKED = "POST /v1/messages?beta=true"


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (
            "status: 529",
            "status: 500",
            "request 1, ASKED: rule '1 When is high water in Bergen?' in line 5: status 500; ",
        ),
        ("req_01RecordedB", "req_7", "in line 5: header request-id 'req_7'; expected 'req_01RecordedB'"),
        ("Bergen is at", "Bergen was", "body differs at byte 151, got b'was 14:10."),
        ("|2+", "|2", "body differs at byte 1,029, got b''; expected b'\\n'"),
        ("'And in Oslo?'", "x", "request 3, ASKED: no rule: status 410, got '"),
        ("settings", "settings 01234567 #", "tide.yaml:8:5: invalid YAML"),
    ],
)
def test_a_difference_names_request_rule_and_byte(tmp_path: Path, old: str, new: str, difference: str) -> None:
    found = differences(tmp_path, old, new)

    assert any(difference.replace("ASKED", ASKED) in line for line in found), found


def test_a_stale_request_is_a_difference(tmp_path: Path) -> None:
    rules = [SESSION[1]._replace(request="system - tools - messages 01234567 settings -")]
    [found] = check_recording(put(tmp_path, write_recording(rules, "tide")), exchanges_of(rules))

    assert found.endswith("stale: messages, settings differ from what was recorded")


@pytest.mark.parametrize(("end", "got"), [("disconnect: reset", "reset"), ("pause: forever", "hang")])
def test_another_ending_is_a_difference(tmp_path: Path, end: str, got: str) -> None:
    rules = number([("Tides", [stream(*FRAMES[:3], ending="close")])], stream=True)
    written = write_recording(rules, "tide")
    file = put(tmp_path, written._replace(text=written.text.replace("disconnect: close", end)))

    assert [line.rpartition(": ")[2] for line in check_recording(file, exchanges_of(rules))] == [
        f"ending {got}; expected close"
    ]
