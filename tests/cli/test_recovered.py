"""A session that was killed is recovered as it would have ended, and nothing that was recorded before is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.part_file import PartFile
from mockclaude.proxy.recorder_settings import Action, RecorderSettings
from tests.cli.invoking import invoke
from tests.scenario.recording.planted import new_exchange

FIRST, SECOND = (
    {"model": "claude-sonnet-5", "max_tokens": 9, "messages": [{"role": "user", "content": text}]}
    for text in ("When is high water?", "And low water?")
)


@pytest.fixture
def tide(tmp_path: Path) -> Path:
    """A recording of one request."""
    path = tmp_path / "tide.yaml"
    Recorder(RecorderSettings(), {}).save(path, [new_exchange(FIRST, {"text": "at noon"})])
    return path


def kill(path: Path, action: Action, body: object, response: object) -> None:
    """Leave the `FILE.part` of a session with one exchange."""
    recorder = Recorder(RecorderSettings(), {})
    part = PartFile(path.with_name(f"{path.name}.part"), action)
    part.append(recorder.to_line(recorder.redact(new_exchange(body, response))))
    part.close()


@pytest.mark.parametrize(
    ("action", "body", "texts"),
    [
        ("write", SECOND, ["at six"]),
        ("append", SECOND, ["at noon", "at six"]),
        ("refresh", FIRST, ["at six"]),
    ],
)
def test_recovered_session_changes_the_recording_as_it_would_have(
    tide: Path, action: Action, body: object, texts: list[str]
) -> None:
    kill(tide, action, body, {"text": "at six"})
    result = invoke("record", "--recover", f"{tide}.part")

    assert result.exit_code == 0, result.stderr
    assert [text for text in ("at noon", "at six") if text in tide.read_text()] == texts
    assert not tide.with_name("tide.yaml.part").exists()


def test_recovered_session_of_a_lost_recording_is_written(tide: Path) -> None:
    tide.unlink()
    kill(tide, "append", SECOND, {"text": "at six"})

    assert invoke("record", "--recover", f"{tide}.part").exit_code == 0
    assert "at six" in tide.read_text()


def test_mode_of_the_command_line_counts(tide: Path) -> None:
    kill(tide, "write", SECOND, {"text": "at six"})

    assert invoke("record", "--recover", f"{tide}.part", "--mode", "new").exit_code == 0
    assert "at noon" in tide.read_text()


@pytest.mark.process
def test_replay_names_the_session_that_did_not_end(tide: Path) -> None:
    kill(tide, "append", SECOND, {"text": "at six"})
    result = invoke("record", "--out", tide, "--mode", "none", "--", "true")

    assert f"warning: {tide}.part holds 1 exchange of a recording that did not end" in result.stderr
    assert result.exit_code == 0
