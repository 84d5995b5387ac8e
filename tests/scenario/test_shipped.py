"""The scenarios of the package have names that begin with `@`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockclaude.scenario.diagnostics import ScenarioError
from mockclaude.scenario.loading.loader import find_files, load, load_all
from mockclaude.scenario.loading.shipped import (
    display_name,
    is_shipped,
    shipped_folder,
    shipped_names,
    shipped_summaries,
)
from mockclaude.testing import MockClaude

UNKNOWN = "unknown scenario of the package; expected a name of `mockclaude scenarios`"


def test_every_shipped_scenario_has_a_name_and_a_summary() -> None:
    files = sorted(shipped_folder().rglob("*.yaml"))
    summaries = dict(shipped_summaries())

    assert list(find_files(map(Path, shipped_names()))) == [shipped_folder() / f"{name[1:]}.yaml" for name in summaries]
    assert len(summaries) == len(files) > 70
    assert all(summaries.values())
    assert summaries["@hello"] == "The smallest scenario: one rule, which matches every request"


@pytest.mark.parametrize(
    ("name", "scenarios"),
    [("@hello", {""}), ("@hello.yaml", {""}), ("@incidents/cut_mid_stream", {""}), ("@scenarios", {"", "hello"})],
)
def test_names_are_loaded_as_files_and_folders(name: str, scenarios: set[str]) -> None:
    assert scenarios <= set(load_all([Path(name)]))


def test_an_existing_path_precedes_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("@hello").write_text("rules: [{name: mine, reply: x}]")

    assert load([Path("@hello")]).rules[0].name == "mine"
    assert not is_shipped("@hello")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("@helo", f"{UNKNOWN}; did you mean '@hello'?"),
        ("@incidents/cut_mid_strem", f"{UNKNOWN}; did you mean '@incidents/cut_mid_stream'"),
        ("@cut_mid_strem", f"{UNKNOWN}; did you mean '@incidents/cut_mid_stream'"),
        ("@scenario", f"{UNKNOWN}; did you mean '@scenarios'?"),
        ("@", UNKNOWN),
        ("@../scenarios", UNKNOWN),
        ("@" + "x" * 999, UNKNOWN),
        ("@hello\udce9", f"{UNKNOWN}; did you mean '@hello'?"),
    ],
)
def test_an_unknown_name_is_an_error(name: str, message: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        load_all([Path(name)])

    assert str(raised.value).startswith(f"{name}: {message}".replace("\udce9", r"\xe9"))


def test_mock_serves_a_scenario_of_the_package_but_not_a_folder() -> None:
    assert MockClaude("@hello")
    with pytest.raises(ScenarioError, match=r"^@incidents: a folder of scenarios; expected one scenario, e\.g\. '@inc"):
        MockClaude("@incidents")


def test_messages_name_a_file_of_the_package_without_its_folder() -> None:
    scenario = load([Path("@incidents/retry_after_days")])

    assert scenario.files == ("@incidents/retry_after_days",)
    assert [str(warning).partition(" ")[0] for warning in scenario.warnings] == ["@incidents/retry_after_days:5:71:"]
    assert is_shipped("@incidents/retry_after_days")
    assert display_name(shipped_folder()) == "@scenarios"


@pytest.mark.parametrize("name", ["hello", "hello.yaml", "scenarios/hello.yaml"])
def test_a_name_without_its_sign_is_suggested(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError, match=f"^{name}: cannot read .*; did you mean '@hello'\\?$"):
        load([Path(name)])
