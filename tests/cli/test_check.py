"""Scenario files are checked without a server, and their form is printed for editors."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from mockclaude.cli import check
from mockclaude.scenario.format.json_schema import json_schema
from mockclaude.scenario.loading.shipped import shipped_names
from tests.cli.invoking import HELLO, invoke, written


def test_check_counts_rules_or_reports_errors(tmp_path: Path) -> None:
    hello, wrong = written(tmp_path / "hello.yaml", HELLO), written(tmp_path / "wrong.yaml", "rules: [{replay: x}]")

    assert (invoke("check", hello).output, invoke("check", hello).exit_code) == ("1 scenario, 1 rule: no errors\n", 0)
    assert (invoke("check", wrong).exit_code, "unknown key 'replay'" in invoke("check", wrong).output) == (1, True)
    assert invoke("check").exit_code == 2


LONG_WAIT = "rules: [{reply: {error: {type: rate_limit_error, headers: {retry-after: 120}}}}]"


def test_check_prints_warnings(tmp_path: Path) -> None:
    file = written(tmp_path / "wait.yaml", LONG_WAIT)
    result = invoke("check", file)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"warning: {file}:1:73: `retry-after`: clients wait 120 s; expected at most 60 s; use `--retry-speed instant`",
        "1 scenario, 1 rule: no errors",
    ]


def test_schema_prints_the_json_schema_of_scenario_files() -> None:
    assert json.loads(invoke("schema").output) == json_schema()


def test_scenarios_of_the_package_are_listed_with_summaries() -> None:
    lines = invoke("scenarios").stdout.splitlines()

    assert lines == sorted(lines)
    assert [line.split()[0] for line in lines] == shipped_names()
    assert not [line for line in lines if line.endswith(" ...")]


def test_summaries_are_cut_to_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "_line_length", lambda: 80)
    lines = invoke("scenarios").stdout.splitlines()

    assert 70 < max(map(len, lines)) <= 80
    assert [line for line in lines if line.endswith(" ...")]


def test_a_path_named_scenarios_is_served_as_an_argument_with_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert invoke("scenarios").stderr == ""

    Path("scenarios").write_text("rules: 1")
    listed = invoke("scenarios")
    assert listed.stdout.startswith("@cut_stream ")
    assert listed.stderr == "note: `mockclaude serve scenarios` serves the path scenarios here\n"
    assert invoke("scenarios", "--port", "0").stderr.startswith("scenarios:1:8: ")


def test_warnings_about_the_package_are_not_printed_by_run() -> None:
    assert "warning: " in invoke("check", "@incidents/retry_after_days").output
    assert "warning: " not in invoke("run", "@incidents/retry_after_days", "--", sys.executable, "-c", "").output


@pytest.mark.parametrize(
    "content",
    [
        b"rules: [{reply: x, fault: {swap: [ping, ping, ping]}}]",
        b"rules: [{reply: [block: {type: tool_use}]}]",
        b"\xff\xfer\0",
        b"\0\0",
        b"\xef\xbb\xbf",
        b"# only a comment",
        b"rules:\n\t- reply: x",
        b"rules: [{<<: {reply: x}}]",
        b"rules: [&a {reply: x}, *a]",
        b"rules: !!python/object:os.system [x]",
        b"seed: .nan\nrules: [reply: x]",
        b"seed: 1e400\nrules: [reply: x]",
        b"seed: -" + b"9" * 5_000 + b"\nrules: [reply: x]",
        b"seed: 2026-01-01\nrules: [reply: x]",
        b"rules: [choice: [{weight: .inf, reply: x}]]",
        b"rules: [{reply: x, times: -1}]",
        b"rules: [{reply: x, pace: {ttft: -1s}}]",
        b"rules: [{reply: x, fault: {stall: 1e9s}}]",
        b"k" * 100_000 + b": 1",
        b"[{" * 40_000,
        b"- " * 40_000,
        b"? " * 40_000,
        b'"' + b"\\x41" * 100_000,
        b"rules: [reply: '${{ " + b"(" * 50_000 + b" }}']",
        b"rules: [reply: '${{ fake.texts(nb_texts=10000, max_nb_chars=10000) }}']",
    ],
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_check_never_prints_a_traceback(tmp_path: Path, content: bytes, suffix: str) -> None:
    file = tmp_path / f"a.{suffix}"
    file.write_bytes(content)
    result = invoke("check", file)

    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert all(line.startswith(f"{file}:") for line in result.stderr.splitlines())
    assert "bug in mockclaude" not in result.stderr


def test_check_names_a_file_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yaml"))
    file.write_text("rules: 1")

    assert (
        invoke("check", tmp_path).stderr
        == f"{tmp_path}/caf\\xe9.yaml:1:8: invalid value, got number 1; expected a list (`- item`)\n"
    )
