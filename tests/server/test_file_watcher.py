"""Changed files are reloaded; of invalid ones, the last valid version is served."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from mockclaude.engine.routes import answer
from mockclaude.scenario.loading.loader import load_all
from mockclaude.scenario.rules import Scenario
from mockclaude.server import file_watcher
from mockclaude.server.file_watcher import FileWatcher
from mockclaude.server.site import Site
from tests.serving import CLIENT, PATIENCE, asking, http_request

ONCE = "rules: [{name: once, times: 1, reply: a}, {name: then, reply: b}]"


class Watched:
    """A folder that is watched, and what was said of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.write("one", ONCE)
        self.write("two", ONCE)
        self.watching = FileWatcher([folder], lambda: load_all([folder]), self.said.append)
        self.site = Site(load_all([folder]))

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.yaml").write_text(text)

    async def poll(self) -> None:
        for _ in range(2):
            await self.watching.poll(self.site)

    def ask(self, name: str) -> str:
        """Return the name of the rule that answers."""
        given = answer(http_request("POST", "/v1/messages", {}, CLIENT, asking(), 0), self.site.served[name])
        return str(given.rule and given.rule.name)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


async def test_changed_file_is_reloaded_and_others_keep_their_state(watched: Watched) -> None:
    assert [watched.ask("one"), watched.ask("two")] == ["once", "once"]
    watched.write("two", "rules: [{name: new, reply: c}]")
    await watched.poll()

    assert [watched.ask("one"), watched.ask("two")] == ["then", "new"]
    assert watched.said == [f"reloaded: {watched.folder}/two.yaml"]


async def test_added_and_removed_files_are_noticed(watched: Watched) -> None:
    watched.write("three", ONCE)
    await watched.poll()
    assert watched.ask("three") == "once"

    (watched.folder / "three.yaml").unlink()
    await watched.poll()
    assert sorted(watched.site.served) == ["", "one", "two"]
    assert watched.said[-1] == "reloaded: removed files are no longer served"


async def test_invalid_file_is_reported_once_and_changes_nothing(watched: Watched) -> None:
    watched.write("one", "rules: [{replay: x}]")
    await watched.poll()
    await watched.poll()

    (said,) = watched.said
    assert "one.yaml:1:10: unknown key 'replay'" in said
    assert said.endswith("\nreload failed, serving the last valid version")
    assert watched.ask("one") == "once"
    assert "unknown key 'replay'" in watched.site.served["one"].problem
    assert watched.site.served["two"].problem == ""

    watched.write("one", ONCE + " ")
    await watched.poll()
    assert watched.site.served["one"].problem == ""


async def test_a_body_that_was_missing_is_watched(watched: Watched) -> None:
    watched.write("one", "rules: [{name: new, reply: {respond: {file: tide.txt}}}]")
    await watched.poll()
    assert "cannot read 'tide.txt'" in watched.said[-1]
    assert watched.ask("one") == "once"

    (watched.folder / "tide.txt").write_text('{"content": [{"type": "text", "text": "At 14:10."}]}')
    await watched.poll()
    assert watched.said[-1].startswith("reloaded: ")
    assert watched.ask("one") == "new"

    (watched.folder / "tide.txt").write_text('{"content": [{"type": "text", "text": "At 14:20."}]}')
    await watched.poll()
    assert watched.said[-1] == f"reloaded: {watched.folder}/tide.txt"


async def test_problem_of_a_new_file_is_reported_at_the_root(watched: Watched) -> None:
    watched.write("new", "")
    await watched.poll()

    assert "new.yaml:1:1: " in watched.site.served[""].problem


async def test_file_is_loaded_once_it_stays_the_same(watched: Watched) -> None:
    watched.write("one", "rules: [")
    await watched.watching.poll(watched.site)
    watched.write("one", "rules: [{name: new, reply: c}]")
    await watched.watching.poll(watched.site)
    assert watched.said == []

    await watched.watching.poll(watched.site)
    assert watched.ask("one") == "new"


async def test_requests_are_handled_during_a_reload(watched: Watched) -> None:
    loading, answered = threading.Event(), threading.Event()

    def load() -> dict[str, Scenario]:
        loading.set()
        assert answered.wait(PATIENCE)
        return load_all([watched.folder])

    watched.watching = FileWatcher([watched.folder], load, watched.said.append)
    watched.write("two", "rules: [{name: new, reply: c}]")
    look = asyncio.create_task(watched.poll())
    await asyncio.to_thread(loading.wait)
    assert watched.ask("two") == "once"

    answered.set()
    await look
    assert watched.ask("two") == "new"


async def test_file_that_changes_during_a_reload_is_loaded_again(watched: Watched) -> None:
    later = ["rules: [{name: newest, reply: ccc}]"]

    def load() -> dict[str, Scenario]:
        loaded = load_all([watched.folder])
        if later:
            watched.write("two", later.pop())
        return loaded

    watched.watching = FileWatcher([watched.folder], load, watched.said.append)
    watched.write("two", "rules: [{name: new, reply: c}]")
    await watched.poll()
    assert watched.ask("two") == "new"

    await watched.poll()
    assert watched.ask("two") == "newest"
    assert watched.said == [f"reloaded: {watched.folder}/two.yaml"] * 2


async def test_removed_file_is_reported_on_standard_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(ONCE)
    watching, site = FileWatcher([file], lambda: load_all([file])), Site(load_all([file]))
    file.unlink()
    await watching.poll(site)
    await watching.poll(site)

    assert capsys.readouterr().err == (
        f"{file}: cannot read the file: No such file or directory; expected a scenario file or a folder\n"
        "reload failed, serving the last valid version\n"
    )


async def test_a_reload_that_nobody_reads_of_is_served(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    watched.watching = FileWatcher([watched.folder], lambda: load_all([watched.folder]))
    with open(writing, "w") as err:
        monkeypatch.setattr(sys, "stderr", err)
        for name in ("new", "newer"):
            watched.write("two", f"rules: [{{name: {name}, reply: c}}]")
            await watched.poll()
            assert watched.ask("two") == name


async def test_watcher_polls_until_cancelled(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watcher, "POLL", 0.001)
    task = asyncio.create_task(watched.watching(watched.site))
    watched.write("one", "rules: [{name: new, reply: c}]")
    async with asyncio.timeout(PATIENCE):
        while not watched.said:
            await asyncio.sleep(0)
    task.cancel()

    assert watched.ask("one") == "new"


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (MemoryError(), "reload failed: MemoryError:; serving the last valid version"),
        (RecursionError("too\ndeep"), "reload failed: RecursionError: too deep; serving the last valid version"),
    ],
)
async def test_exception_of_a_reload_is_reported_in_one_line(watched: Watched, failure: Exception, line: str) -> None:
    failures = [failure]

    def load() -> dict[str, Scenario]:
        if failures:
            raise failures.pop()
        return load_all([watched.folder])

    watched.watching = FileWatcher([watched.folder], load, watched.said.append)
    watched.write("two", "rules: [{name: new, reply: c}]")
    await watched.poll()
    await watched.poll()

    assert watched.said == [line]
    assert watched.ask("two") == "once"

    watched.write("two", "rules: [{name: newer, reply: cc}]")
    await watched.poll()
    assert watched.ask("two") == "newer"


async def test_failure_of_a_poll_is_reported_once(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Sequence[Path]) -> file_watcher.FileStates:
        raise OSError("no disk")

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(file_watcher, "read_file_states", fail)
            await watched.poll()
        await watched.poll()

    assert watched.said == ["reload failed: OSError: no disk; serving the last valid version"] * 2


def become_fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def become_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def become_device(file: Path) -> None:
    file.unlink()
    file.symlink_to("/dev/zero")


def become_loop(file: Path) -> None:
    file.unlink()
    file.symlink_to(file)


def become_huge(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(2**40)


REGULAR = "not a regular file; expected a regular file, not a FIFO, a device or a socket"


@pytest.mark.parametrize(
    ("become", "problem"),
    [
        (become_fifo, f"cannot read the file: {REGULAR}"),
        (become_device, f"cannot read the file: {REGULAR}"),
        (become_loop, "cannot read the file: Too many levels of symbolic links"),
        (become_huge, "larger than 5 MB; expected a smaller file"),
        (become_folder, "no scenario files in the folder; expected a file that ends in .yaml, .yml or .json"),
        (lambda file: file.write_bytes(b"\xff\xfea\0"), "encoding UTF-16; expected UTF-8; save the file as UTF-8"),
        (
            lambda file: file.write_text("rules: [{reply: x, fault: {swap: [ping, ping, ping]}}]"),
            "got 3; expected at most 2",
        ),
        (lambda file: file.write_bytes(b"\0" * 1000), "unprintable character U+0000"),
        (lambda file: file.write_text("[" * 100_000), "expected fewer levels of nesting"),
    ],
)
async def test_last_valid_version_is_served_whatever_a_file_becomes(
    tmp_path: Path, become: Callable[[Path], object], problem: str
) -> None:
    said: list[str] = []
    file = tmp_path / "a.yaml"
    file.write_text(ONCE)
    watching, site = FileWatcher([file], lambda: load_all([file]), said.append), Site(load_all([file]))
    become(file)
    await watching.poll(site)
    await watching.poll(site)

    (line,) = said
    assert problem in line.splitlines()[0]
    assert "Traceback" not in line
    assert [rule.name for rule in site.served[""].rules] == ["once", "then"]


async def test_file_with_a_name_that_is_not_utf_8_is_watched(tmp_path: Path) -> None:
    said: list[str] = []
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yaml"))
    file.write_text(ONCE)
    watching, site = FileWatcher([file], lambda: load_all([file]), said.append), Site(load_all([file]))
    file.write_text("rules: [{name: new, reply: c}]")
    await watching.poll(site)
    await watching.poll(site)

    assert said == [f"reloaded: {tmp_path}/caf\\xe9.yaml"]
    assert [rule.name for rule in site.served[""].rules] == ["new"]


async def test_a_changed_body_of_a_reply_is_reloaded(watched: Watched) -> None:
    body = watched.folder / "body.txt"
    body.write_text("old")
    watched.write("one", "rules: [{reply: {respond: {file: body.txt}}}]")
    await watched.poll()
    body.write_text("new")
    await watched.poll()

    assert watched.said == [f"reloaded: {watched.folder}/one.yaml", f"reloaded: {body}"]
    assert watched.site.scenarios["one"].rules[0].replies[0].recorded.body == b"new"  # type: ignore[union-attr]


async def test_the_body_of_a_removed_reply_is_not_watched(watched: Watched) -> None:
    body = watched.folder / "body.txt"
    body.write_text("old")
    watched.write("one", "rules: [{reply: {respond: {file: body.txt}}}]")
    await watched.poll()
    watched.write("one", ONCE)
    await watched.poll()
    body.unlink()
    await watched.poll()

    assert watched.said == [f"reloaded: {watched.folder}/one.yaml"] * 2
