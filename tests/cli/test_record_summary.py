"""The lines that `record` prints at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockclaude.testing import MockClaude
from tests.cli.invoking import invoke, written

pytestmark = pytest.mark.process

ASK = """
import os, sys, urllib.request
from urllib.error import HTTPError
body = '{"model": "claude-sonnet-5", "max_tokens": %s, "messages": [{"role": "user", "content": "%s"}]}'
headers = {"content-type": "application/json", "anthropic-version": "2023-06-01", "x-api-key": "client-key"}
url = os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages"
try:
    urllib.request.urlopen(urllib.request.Request(url, (body % tuple(sys.argv[1:])).encode(), headers)).close()
except HTTPError as error:
    error.close()
"""


class Recorder:
    """`mockclaude record` in an empty folder, with a client that sends one request."""

    def __init__(self, folder: Path, api: MockClaude) -> None:
        self.api = api
        self.file = folder / "tide.yaml"
        self.client = "--", sys.executable, written(folder / "ask.py", ASK)

    def __call__(self, text: str, *options: str, most: int = 99) -> tuple[int, list[str]]:
        result = invoke("record", "--to", self.api.url, "--out", self.file, *options, *self.client, most, text)
        return result.exit_code, [line.replace(f"{self.file.parent}/", "") for line in result.stderr.splitlines()]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "client-key")
    with MockClaude() as api:
        api.reply("At two.")
        yield Recorder(tmp_path, api)


RECORDED = ["recorded 1 request in tide.yaml: 1 message", "tide.yaml: 1 of 1 replayed byte for byte"]
REPLIED = "tide.yaml replied; nothing was passed on; "


def test_a_replay_names_the_mode_that_asks_the_api(record: Recorder) -> None:
    assert record("Bergen?") == (0, RECORDED)
    assert record("Bergen?") == (0, ["mockclaude: 1 request (200: 1)", f"{REPLIED}--mode all records anew"])
    code, lines = record("Oslo?")

    assert (code, lines[-1]) == (1, f"{REPLIED}--mode new records the unmatched request")


def test_a_stale_request_is_a_warning_in_each_mode(record: Recorder) -> None:
    record("Bergen?")
    warning = "warning: '1 Bergen?' (tide.yaml:5:5): stale: settings differ from what was recorded"

    assert record("Bergen?", "--mode", "none", most=98)[1][1] == warning
    assert record("Bergen?", "--mode", "new", most=98) == (
        0,
        ["nothing was recorded: rules replied to all requests (1)", warning],
    )


def test_a_dry_run_reports_no_recording(record: Recorder) -> None:
    record("Bergen?")
    before = record.file.read_bytes()
    record.api.reset()
    record.api.reply("At three.")
    code, lines = record("Bergen?", "--refresh", "--dry-run")

    assert (code, lines[0]) == (1, "1 request: 1 message; tide.yaml is not changed")
    assert record.file.read_bytes() == before
    assert record("Bergen?", "--refresh")[1][:2] == RECORDED
