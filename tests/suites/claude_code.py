"""A session of Claude Code, with its tools and two sub-agents, that is recorded and replayed without the API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from mockclaude.testing import MockClaude
from tests.clients.runs import OPT_OUTS
from tests.proxy.outcomes import read
from tests.serving import PROGRAM_PATIENCE

PACKAGE = "@anthropic-ai/claude-code"
PROGRAM = "def total(a, b):\n    return a - b\n\n\nprint(total(2, 3))\n"
QUESTION = "The total is wrong, fix shop.py"
RESULT = "Fixed: **total** now adds."
_TOOLS = "Read,Bash,Edit,Agent,Task"

_SCENARIO = """
pace: {ttft: 20ms, tokens_per_second: 400}
rules:
  - name: look
    when: {user: {contains: total is wrong}, turn: 1}
    reply:
      - thinking: Let me look at the file first.
      - text: I will look.
      - tool_use: {name: Read, input: {file_path: FOLDER/shop.py}}
      - tool_use: {name: Bash, input: {command: 'python3 shop.py; date +%s%N', description: Run it}}
  - name: edit
    when: {tool_result: Read, turn: 2}
    reply:
      - text: The bug is in `total`.
      - tool_use: {name: Edit, input: {file_path: FOLDER/shop.py, old_string: a - b, new_string: a + b}}
  - name: delegate
    when: {tool_result: Edit, turn: 3}
    reply:
      - text: Two helpers check it.
      - tool_use:
          name: Agent
          input: {description: Count, prompt: Count its lines, subagent_type: general-purpose, run_in_background: false}
      - tool_use:
          name: Agent
          input: {description: Count, prompt: Count its lines, subagent_type: general-purpose, run_in_background: false}
  - name: helper
    when: {user: {contains: Count its lines}, turn: 1}
    reply: {tool_use: {name: Bash, input: {command: 'wc -l shop.py; date +%s%N', description: Count}}}
  - {name: helper ends, when: {tool_result: Bash, turn: 2}, reply: It has 5 lines.}
  - {name: end, when: {turn: 4}, reply: 'Fixed: **total** now adds.'}
  - {name: other, reply: ok}
"""
"""The commands print the time, so tool results differ in each session."""


class Outcome(NamedTuple):
    """The result of Claude Code, its program afterwards, and the bodies of the responses."""

    result: str
    program: str
    bodies: Counter[bytes]


def prepare(version: str, folder: Path) -> Path:
    """Install Claude Code; return its program."""
    project = folder / f"claude-code-{version}"
    program = project / "node_modules" / ".bin" / "claude"
    if not program.exists():
        project.mkdir(parents=True, exist_ok=True)
        (project / "package.json").write_text("{}")
        subprocess.run(("npm", "install", "--silent", f"{PACKAGE}@{version}"), cwd=project, check=True)
    return program


def record_and_replay(claude: Path, folder: Path) -> tuple[Outcome, Outcome, str]:
    """Record a session, and replay it; return what came of each, and the recorder's summary."""
    project, recording = folder / "project", folder / "session.yaml"
    project.mkdir(parents=True, exist_ok=True)
    command = (claude, "-p", QUESTION, "--output-format", "json", "--allowedTools", _TOOLS)
    scenario = folder / "api.yaml"
    scenario.write_text(_SCENARIO.replace("FOLDER", str(project)))
    with MockClaude(scenario) as api:
        arguments = ("record", "--to", api.base_url, "--out", str(recording), "--mode", "all", "--", *command)
        done = _run((sys.executable, "-m", "mockclaude", *arguments), project, {})
        recorded = _read(done, project, api)
    with MockClaude(recording) as mock:
        again = _run(command, project, {"ANTHROPIC_BASE_URL": mock.base_url})
        replayed = _read(again, project, mock)
    return recorded, replayed, done.stderr


def _run(command: Sequence[str | Path], project: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (project / "shop.py").write_text(PROGRAM)
    return subprocess.run(
        command,
        env={**os.environ, **OPT_OUTS, "ANTHROPIC_API_KEY": "mock", "HOME": str(project.parent), **variables},
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PROGRAM_PATIENCE,
        check=False,
    )


def _read(done: subprocess.CompletedProcess[str], project: Path, mock: MockClaude) -> Outcome:
    result = json.loads(done.stdout)["result"] if done.stdout.startswith("{") else done.stdout + done.stderr
    messages = [entry for entry in mock.journal if entry.request is not None]
    bodies = Counter(read(entry.response or b"", "FIN").body for entry in messages)
    return Outcome(result, (project / "shop.py").read_text(), bodies)


def find_problems(recorded: Outcome, replayed: Outcome, summary: str) -> list[str]:
    """Describe what differs between a session and its replay."""
    count = recorded.bodies.total()
    expected = RESULT, PROGRAM.replace("a - b", "a + b"), f"{count} of {count} replayed byte for byte"
    problems = [f"got {recorded.result!r}; expected {RESULT!r}"] * (recorded.result != expected[0])
    problems += [f"got the program {recorded.program!r}"] * (recorded.program != expected[1])
    problems += [f"got {summary!r}; expected {expected[2]!r}"] * (expected[2] not in summary)
    problems += [f"the replay has {replayed[:2]}"] * (replayed[:2] != recorded[:2])
    problems += ["the bytes of responses differ"] * (replayed.bodies != recorded.bodies)
    return problems
