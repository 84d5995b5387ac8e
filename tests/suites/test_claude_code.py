"""A recorded session of Claude Code is replayed byte for byte."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.suites.claude_code import PROGRAM, RESULT, Outcome, find_problems, record_and_replay


@pytest.mark.process
@pytest.mark.tools
def test_session_of_claude_code_is_replayed_byte_for_byte(tmp_path: Path) -> None:
    program = shutil.which("claude")
    if program is None:
        pytest.skip("claude is not installed: python -m tests.suites claude-code")

    assert find_problems(*record_and_replay(Path(program), tmp_path)) == []


def test_differences_of_a_replay_are_named() -> None:
    recorded = Outcome(RESULT, PROGRAM.replace("a - b", "a + b"), Counter([b"{}"]))

    assert find_problems(recorded, recorded, "t.yaml: 1 of 1 replayed byte for byte") == []
    assert len(find_problems(Outcome("", "", Counter()), recorded, "t.yaml: 0 of 1 replayed byte for byte")) == 5
