"""A recording is saved whole or not at all, whenever the process is killed."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from mockclaude.proxy.check import check_recording
from mockclaude.proxy.save import SaveError, lock_recording, save_recording
from mockclaude.scenario.recording.exchange import Reception, RecordedRule
from mockclaude.scenario.recording.rule_text import WrittenRecording, write_recording
from tests.scenario.recording.tide import HTML, exchanges_of, number


def pages(*texts: str) -> list[RecordedRule]:
    """Return a rule for each text, with the text in its body, which is in a file of its own."""
    return number(
        [(f"Page {index}", [Reception(502, HTML, f"{text}\r\n".encode())]) for index, text in enumerate(texts)]
    )


OLD, NEW = pages("a", "b", "c"), pages("a", "B", "d", "e")
WRITTEN = {name: write_recording(rules, "tide", requests=True) for name, rules in (("old", OLD), ("new", NEW))}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def as_files(written: WrittenRecording) -> dict[str, bytes]:
    return {**written.bodies, "tide.yaml": written.text.encode()}


def save(folder: Path, written: WrittenRecording, *problems: str) -> list[str]:
    return save_recording(folder / "tide.yaml", written, lambda _: list(problems))


@pytest.mark.parametrize("order", [["new"], ["old", "new"], ["new", "old"], ["old", "old"]], ids="-".join)
def test_the_last_recording_is_in_the_folder_alone(tmp_path: Path, order: list[str]) -> None:
    for name in order:
        assert save(tmp_path, WRITTEN[name]) == []

    assert files(tmp_path) == as_files(WRITTEN[order[-1]])


def test_a_recording_without_bodies_leaves_no_folder(tmp_path: Path) -> None:
    save(tmp_path, WRITTEN["old"])
    save(tmp_path, write_recording([], "tide"))

    assert [path.name for path in tmp_path.iterdir()] == ["tide.yaml"]


def test_a_file_of_others_stays_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "tide").mkdir()
    (tmp_path / "tide" / "notes.txt").write_text("mine")
    save(tmp_path, WRITTEN["old"])
    save(tmp_path, write_recording([], "tide"))

    assert (tmp_path / "tide" / "notes.txt").read_text() == "mine"


def test_a_rejected_recording_stays_beside_the_old_one(tmp_path: Path) -> None:
    save(tmp_path, WRITTEN["old"])
    problems = save(tmp_path, WRITTEN["new"], "request 1: the body differs")

    assert problems == ["request 1: the body differs"]
    assert check_recording(tmp_path / "tide.yaml", exchanges_of(OLD)) == []
    assert check_recording(tmp_path / "tide.yaml.rejected", exchanges_of(NEW)) == []

    save(tmp_path, WRITTEN["new"])
    assert files(tmp_path) == as_files(WRITTEN["new"])


def test_a_second_rejected_recording_replaces_the_first(tmp_path: Path) -> None:
    for rules in (NEW, OLD):
        save(tmp_path, write_recording(rules, "tide"), "no")

    assert check_recording(tmp_path / "tide.yaml.rejected", exchanges_of(OLD)) == []


def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    save(tmp_path, WRITTEN["old"])
    (tmp_path / "tide.yaml").chmod(0o600)
    save(tmp_path, WRITTEN["new"])

    assert (tmp_path / "tide.yaml").stat().st_mode & 0o777 == 0o600


CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")


def _save_until(folder: Path, change: int) -> bool:
    """Save in another process, which dies at a change of the file system; return whether it came to the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child runs no other thread
        child = os.fork()
    if child == 0:
        left = change

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if event in CHANGES or (event == "open" and arguments[2] & os.O_CREAT):
                left -= 1
                if left < 0:
                    os._exit(1)

        real = os.fsync

        def fsync(fd: Any) -> None:
            hook("os.rename", ())
            real(fd)

        try:
            sys.addaudithook(hook)
            os.fsync = fsync
            save(folder, WRITTEN["new"])
            os._exit(0)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _is_whole(folder: Path) -> str:
    """Return which recording is in a folder."""
    for name, rules in (("old", OLD), ("new", NEW)):
        if check_recording(folder / "tide.yaml", exchanges_of(rules)) == []:
            return name
    return "neither"


@pytest.mark.process
def test_a_kill_at_any_write_leaves_the_old_or_the_new_one(tmp_path: Path) -> None:
    states, is_done, change = [], False, 0
    while not is_done:
        folder = tmp_path / str(change)
        folder.mkdir()
        save(folder, WRITTEN["old"])
        is_done = _save_until(folder, change)
        states.append(_is_whole(folder))
        if change % 3 == 0:
            _save_until(folder, change // 2)
            assert _is_whole(folder) in ("old", "new")
        save(folder, WRITTEN["new"])
        assert files(folder) == as_files(WRITTEN["new"])
        change += 1

    assert states == sorted(states, reverse=True)
    assert set(states) == {"old", "new"}
    assert len(states) > 20


def test_a_full_disk_leaves_the_old_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, WRITTEN["old"])
    before, count = files(tmp_path), 0

    def fill(_: int) -> None:
        nonlocal count
        count += 1
        if count == 4:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(SaveError) as raised:
        save(tmp_path, WRITTEN["new"])

    path = tmp_path / "tide.yaml"
    assert (
        str(raised.value) == f"{path}: cannot write: No space left on device; expected a writable file and free space"
    )
    assert files(tmp_path) == before


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tide.yaml").mkdir()
    with pytest.raises(SaveError) as raised:
        save(tmp_path, WRITTEN["new"])

    path = tmp_path / "tide.yaml"
    assert str(raised.value) == f"{path}: a folder; expected a file; pass `--out {path}/recording.yaml`"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "tide.yaml"
    with pytest.raises(SaveError, match=r"tide\.yaml\.new: cannot write: No such file or directory; expected"):
        save_recording(path, WRITTEN["new"])
    with pytest.raises(SaveError, match=r"tide\.yaml\.lock: cannot write: No such file or directory; expected"):
        lock_recording(path).__enter__()


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "tide").write_text("mine")
    with pytest.raises(SaveError, match="tide: cannot write: File exists"):
        save(tmp_path, WRITTEN["new"])

    assert files(tmp_path) == {"tide": b"mine"}


def test_a_second_recorder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tide.yaml"
    with lock_recording(path):
        with pytest.raises(SaveError) as raised, lock_recording(path):
            pass
        with lock_recording(tmp_path / "other.yaml"):
            pass
    assert str(raised.value) == (
        f"{path}: another recorder writes the file; expected one at a time; pass another `--out`"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_dead_process_is_taken(tmp_path: Path) -> None:
    (tmp_path / "tide.yaml.lock").write_text("")
    with lock_recording(tmp_path / "tide.yaml"):
        pass

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("is_replaced", [True, False])
def test_a_lock_whose_file_is_removed_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_replaced: bool
) -> None:
    import fcntl

    lock, locks = tmp_path / "tide.yaml.lock", []
    real = fcntl.flock

    def flock(descriptor: int, operation: int) -> None:
        real(descriptor, operation)
        locks.append(descriptor)
        if len(locks) == 1:
            lock.unlink()
            if is_replaced:
                lock.write_text("")

    monkeypatch.setattr(fcntl, "flock", flock)
    with lock_recording(tmp_path / "tide.yaml"):
        assert lock.exists()
    assert len(locks) == 2


def test_without_locks_of_the_system_nothing_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with lock_recording(tmp_path / "tide.yaml"):
        assert list(tmp_path.iterdir()) == []
