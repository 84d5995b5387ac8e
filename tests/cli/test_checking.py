"""Scenario files are checked without a server, and their form is printed for editors."""

from __future__ import annotations

import json
from pathlib import Path

from mockclaude.scenario.schema import json_schema
from tests.cli.invoking import HELLO, invoke, written


def test_check_counts_what_is_right_and_tells_what_is_not(tmp_path: Path) -> None:
    hello, wrong = written(tmp_path / "hello.yaml", HELLO), written(tmp_path / "wrong.yaml", "rules: [{replay: x}]")

    assert (invoke("check", hello).output, invoke("check", hello).exit_code) == ("1 scenario, 1 rule: no mistakes\n", 0)
    assert (invoke("check", wrong).exit_code, "unknown key 'replay'" in invoke("check", wrong).output) == (1, True)
    assert invoke("check").exit_code == 2


LONG_WAIT = "rules: [{reply: {error: {type: rate_limit_error, headers: {retry-after: 120}}}}]"


def test_a_check_tells_warnings_and_finds_no_mistake(tmp_path: Path) -> None:
    file = written(tmp_path / "wait.yaml", LONG_WAIT)
    result = invoke("check", file)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"warning: {file}:1:73: retry-after is 120 s, and clients wait that long; expected at most 60 s in tests",
        "1 scenario, 1 rule: no mistakes",
    ]


def test_schema_prints_the_json_schema_of_scenario_files() -> None:
    assert json.loads(invoke("schema").output) == json_schema()
