"""Sessions of tool runners that the command records, and then replays byte for byte without the API."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mockclaude.scenario.loading.loader import load_text
from tests.conftest import Start
from tests.sdk import test_typescript
from tests.sdk.node import HERE
from tests.sdk.recorded_sessions import SESSIONS
from tests.serving import PROGRAM_PATIENCE, ServerThread

node_folder = test_typescript.node_folder

TRIP = """
pace: {ttft: 2ms, gap: 0.1ms}
rules:
  - when: {user: {contains: trip}, turn: 1}
    reply:
      - text: I look for a city and its weather.
      - {tool_use: {name: find_city, input: {country: Österreich}}}
      - {tool_use: {name: get_weather, input: {days: 3}}}
  - when: {tool_result: find_city}
    times: 1
    reply: {error: {type: overloaded_error, headers: {retry-after-ms: 1}}}
  - when: {tool_result: find_city}
    reply: {tool_use: {name: get_weather, input: {days: 1}}}
  - reply: 'All done: ${{ tool_result }}.'
"""
"""Two tools in one turn, then one of them again. The first reply to their results fails."""


def record_and_replay(
    start: Start, folder: Path, run: Callable[..., dict[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Run sessions with a recorder, and again with its recordings. Return the results, and the recorder's summary."""
    with ServerThread({"": load_text(TRIP)}) as api:
        recorder = start("record", "--to", api.url, "--out", f"{folder}/")
        recorded = run(recorder.server.url, "")
        recorder.signal(signal.SIGINT)
        code, _, summary = recorder.end()
    print(summary)
    assert code == 0, summary
    replay = start("serve", folder)
    return recorded, run(replay.server.url, "replay"), summary


def test_python_tool_runner_is_replayed_byte_for_byte(start: Start, tmp_path: Path) -> None:
    def run(url: str, folder: str) -> dict[str, Any]:
        return {lane: session(f"{url}/{lane}" if folder else url) for lane, session in SESSIONS.items()}

    recorded, replayed, summary = record_and_replay(start, tmp_path / "trips", run)

    assert {session.text for session in recorded.values()} == {"All done: sunny for 1 days."}
    assert [status for status, _, _ in recorded["message"].responses] == [200, 529, 200, 200]
    assert replayed == recorded
    assert summary.count(": 4 of 4 replayed byte for byte") == len(SESSIONS)


def test_typescript_tool_runner_is_replayed_byte_for_byte(start: Start, node_folder: Path, tmp_path: Path) -> None:
    shutil.copy(HERE / "recorded.mjs", node_folder)

    def run(url: str, folder: str) -> dict[str, Any]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC_")}
        env["ANTHROPIC_BASE_URL"] = url
        node = subprocess.run(
            ["node", "recorded.mjs", folder],
            cwd=node_folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=PROGRAM_PATIENCE,
            check=False,
        )
        assert node.stderr == ""
        sessions: dict[str, Any] = json.loads(node.stdout)
        return sessions

    recorded, replayed, summary = record_and_replay(start, tmp_path / "trips", run)

    assert {session[0] for session in recorded.values()} == {"All done: sunny for 1 days."}
    assert replayed == recorded
    assert summary.count(": 4 of 4 replayed byte for byte") == len(recorded)
