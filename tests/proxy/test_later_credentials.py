"""A session keeps no credential of a later request, neither in memory nor in `FILE.part`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.proxy import session as sessions
from mockclaude.proxy.file_recorder import Recorder
from mockclaude.proxy.recorder_settings import RecorderSettings
from mockclaude.scenario.loading.loader import load_text
from tests.proxy.relaying import recording
from tests.serving import ServerThread, post

SECRET = "q7ZpR2mXv9LtKw4sBn6YcE1h"
ECHO = "rules: [{reply: '${{ user }}'}]"


def record(folder: Path, *keys: str) -> tuple[bytes, list[str]]:
    """Record requests that name the secret, with these keys; return the file and the log."""
    recorder = Recorder(RecorderSettings(), {})
    with ServerThread({"": load_text(ECHO)}) as api, recording(api.port, folder, recorder=recorder) as made:
        for key in keys:
            assert made.server.ask(post(f"say {SECRET}", x_api_key=key, x_mockclaude_lane="a")).status == 200
        log: list[str] = []
        made.session.log(f"POST /{SECRET}", log.append)
        exchanges = made.finish()
    part = made.part.read_bytes()
    assert part.count(b"\n") == len(exchanges) == len(keys)
    return part, log


def test_credential_of_a_later_request_is_taken_out(tmp_path: Path) -> None:
    part, log = record(tmp_path, "mock", "credential of another", SECRET, "mock")

    assert SECRET.encode() not in part
    assert log == ["POST /REDACTED_1"]


def test_search_for_later_credentials_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_SEARCHED", 10)
    part, _ = record(tmp_path, "mock", SECRET)

    assert part.count(SECRET.encode()) > 0


def test_problem_of_the_disk_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "tide.yaml.part").mkdir()
    with ServerThread({"": load_text(ECHO)}) as api, recording(api.port, tmp_path) as made:
        made.server.ask(post("Hello"))
        assert [len(made.finish()) for _ in range(2)] == [1, 1]

    assert made.session.summary.problems == [f"{tmp_path}/tide.yaml.part: cannot be written: Is a directory"]
