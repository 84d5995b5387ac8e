"""Files that change while they are served are served as they are, and, where they are wrong, as they were."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mockclaude.scenario.loader import load_all
from mockclaude.server import watching
from mockclaude.server.app import Site
from mockclaude.server.calls import Call
from mockclaude.server.endpoints import answer
from mockclaude.server.watching import Watching
from tests.serving import CLIENT, PATIENCE, asking

ONCE = "rules: [{name: once, times: 1, reply: a}, {name: then, reply: b}]"


class Watched:
    """A folder that is watched, and what was said of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.write("one", ONCE)
        self.write("two", ONCE)
        self.watching = Watching([folder], lambda: load_all([folder]), self.said.append)
        self.site = Site(load_all([folder]), lambda _: None)

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.yaml").write_text(text)

    def look(self) -> None:
        for _ in range(2):
            self.watching.look(self.site)

    def ask(self, name: str) -> str:
        """Return the name of the rule that answers."""
        given = answer(self.site.served[name], Call("POST", "/v1/messages", {}, CLIENT, asking(), 0))
        return str(given.rule and given.rule.name)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_file_that_changes_is_served_as_it_is_and_the_others_forget_nothing(watched: Watched) -> None:
    assert [watched.ask("one"), watched.ask("two")] == ["once", "once"]
    watched.write("two", "rules: [{name: new, reply: c}]")
    watched.look()

    assert [watched.ask("one"), watched.ask("two")] == ["then", "new"]
    assert watched.said == [f"loaded again: {watched.folder}/two.yaml"]


def test_files_that_come_and_go_are_served_and_not(watched: Watched) -> None:
    watched.write("three", ONCE)
    watched.look()
    assert watched.ask("three") == "once"

    (watched.folder / "three.yaml").unlink()
    watched.look()
    assert sorted(watched.site.served) == ["", "one", "two"]
    assert watched.said[-1] == "loaded again: without the files that are gone"


def test_a_wrong_file_is_told_once_and_served_as_it_was(watched: Watched) -> None:
    watched.write("one", "rules: [{replay: x}]")
    watched.look()
    watched.look()

    (said,) = watched.said
    assert "one.yaml:1:10: unknown key 'replay'" in said
    assert said.endswith("\nthe files are served as they last were without a mistake")
    assert watched.ask("one") == "once"
    assert "unknown key 'replay'" in watched.site.served["one"].problem
    assert watched.site.served["two"].problem == ""

    watched.write("one", ONCE + " ")
    watched.look()
    assert watched.site.served["one"].problem == ""


def test_what_is_wrong_with_a_file_that_was_never_served_is_told_at_the_root(watched: Watched) -> None:
    watched.write("new", "")
    watched.look()

    assert "new.yaml:1:1: " in watched.site.served[""].problem


def test_a_change_counts_once_the_file_stays_the_same(watched: Watched) -> None:
    watched.write("one", "rules: [")
    watched.watching.look(watched.site)
    watched.write("one", "rules: [{name: new, reply: c}]")
    watched.watching.look(watched.site)
    assert watched.said == []

    watched.watching.look(watched.site)
    assert watched.ask("one") == "new"


def test_a_named_file_that_goes_is_told_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(ONCE)
    watching, site = Watching([file], lambda: load_all([file])), Site(load_all([file]), lambda _: None)
    file.unlink()
    watching.look(site)
    watching.look(site)

    assert capsys.readouterr().err == (
        f"{file}: cannot read this file: No such file or directory\n"
        "the files are served as they last were without a mistake\n"
    )


async def test_it_looks_again_and_again(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "POLL", 0.001)
    task = asyncio.create_task(watched.watching(watched.site))
    watched.write("one", "rules: [{name: new, reply: c}]")
    async with asyncio.timeout(PATIENCE):
        while not watched.said:
            await asyncio.sleep(0)
    task.cancel()

    assert watched.ask("one") == "new"
