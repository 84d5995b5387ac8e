"""Save a recording so that at each moment its folder holds the old recording or the new one, and both are whole.

A scenario file names the files of its bodies. So new bodies are written first, under names that no other content has;
then the scenario file is renamed over the old one; then the bodies that it does not name are removed. Bodies that have
replaced others get their own names last, in the same three steps.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mockclaude.scenario.loading.loader import SUFFIXES
from mockclaude.scenario.recording.file_references import list_files, rename_files
from mockclaude.scenario.recording.rule_text import WrittenRecording

NEW, REJECTED, LOCK = ".new", ".rejected", ".lock"
"""Suffixes of the files beside a recording: while it is written, if its check fails, and while it is recorded."""


class SaveError(Exception):
    """A recording that cannot be saved. The message is one line."""


def save_recording(
    path: Path, written: WrittenRecording, check: Callable[[Path], list[str]] = lambda _: []
) -> list[str]:
    """Replace a recording if the new one passes its check.

    The caller holds `lock_recording`. Otherwise the new one stays in `FILE.rejected`, and the old one is not changed.

    Args:
        path: The scenario file.
        written: The text, and the files that it names. Named files that are not among them are already there.
        check: Returns the problems of a recording, from the path of its scenario file.

    Returns:
        The problems.

    Raises:
        SaveError: The files cannot be written.
    """
    if path.is_dir():
        raise SaveError(f"{path}: a folder; expected a file; pass `--out {path / 'recording.yaml'}`")
    if other := _Recording(path).find_neighbour(written):
        message = f"{path}: its bodies would replace those of {other}; expected a name of its own; pass another `--out`"
        raise SaveError(message)
    try:
        return _Recording(path).save(written, check)
    except OSError as error:
        _Recording(path).discard(written)
        file = os.fsdecode(error.filename or path)
        raise SaveError(f"{file}: cannot write: {error.strerror}; expected a writable file and free space") from error


@contextmanager
def lock_recording(path: Path) -> Iterator[None]:
    """Keep other recorders from a recording.

    The lock of a process that has died does not count. Without locks of the system, as on Windows, nothing is locked.

    Raises:
        SaveError: Another recorder has the lock, or the folder cannot be written.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    lock = _beside(path, LOCK)
    try:
        descriptor = _open_lock(lock, fcntl)
    except BlockingIOError:
        message = f"{path}: another recorder writes the file; expected one at a time; pass another `--out`"
        raise SaveError(message) from None
    except OSError as error:
        raise SaveError(f"{lock}: cannot write: {error.strerror}; expected a writable folder") from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def _open_lock(lock: Path, fcntl: Any) -> int:
    """Open and lock a file. Repeat that if its last owner has removed the file in between."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(lock, descriptor):
                return descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


class _Recording:
    """A recording on the disk: its scenario file, and the folder of its bodies."""

    def __init__(self, path: Path) -> None:
        self._path, self._folder = path, path.parent
        self._new, self._rejected = _beside(path, NEW), _beside(path, REJECTED)

    def save(self, written: WrittenRecording, check: Callable[[Path], list[str]]) -> list[str]:
        saved = set(self._list_bodies(self._path))
        former = {*saved, *self._list_bodies(self._rejected), *self._list_bodies(self._new)}
        bodies = written.bodies
        staged = {name: _stage(name, saved) for name, content in bodies.items() if self._is_other(name, content)}
        text = rename_files(written.text, staged) if staged else written.text
        self._write_new(text)
        self._write_bodies({staged.get(name, name): content for name, content in bodies.items()})
        if problems := check(self._new):
            self._commit(self._rejected)
            self._remove(former)
            return problems
        self._commit(self._path)
        if staged:
            self._write_bodies({name: bodies[name] for name in staged})
            self._write_new(written.text)
            self._commit(self._path)
        self._rejected.unlink(missing_ok=True)
        self._remove({*former, *staged.values()})
        return []

    def find_neighbour(self, written: WrittenRecording) -> Path | None:
        """Return another recording that names a file of the new one; None without one.

        Recordings whose names differ only in the suffix have one folder of bodies.
        """
        neighbours = [self._path.with_suffix(suffix) for suffix in SUFFIXES]
        others = [path for path in neighbours if path != self._path]
        return next((path for path in others if not written.bodies.keys().isdisjoint(self._list_bodies(path))), None)

    def discard(self, written: WrittenRecording) -> None:
        """Remove the files of a recording that could not be saved, as far as that works."""
        with suppress(OSError):
            names = {*written.bodies, *self._list_bodies(self._new)}
            self._new.unlink(missing_ok=True)
            self._remove(names)

    def _list_bodies(self, path: Path) -> list[str]:
        """List the files in the folder of bodies that a scenario file names."""
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return []
        folder = f"{self._path.stem}/"
        return [name for name in list_files(text) if name.startswith(folder) and ".." not in name.split("/")]

    def _is_other(self, name: str, content: bytes) -> bool:
        """Return whether there is a file with other content."""
        path = self._folder / name
        return path.exists() and path.read_bytes() != content

    def _write_new(self, text: str) -> None:
        _write(self._new, text.encode())
        if self._path.exists():
            os.chmod(self._new, self._path.stat().st_mode & 0o777)

    def _write_bodies(self, bodies: Mapping[str, bytes]) -> None:
        parents = sorted({(self._folder / name).parent for name in bodies})
        for parent in parents:
            parent.mkdir(parents=True, exist_ok=True)
        for name, content in bodies.items():
            if self._is_other(name, content) or not (self._folder / name).exists():
                _write(self._folder / name, content)
        for parent in parents:
            _sync(parent)

    def _commit(self, path: Path) -> None:
        os.replace(self._new, path)
        _sync(self._folder)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove files that neither the recording nor the rejected one names."""
        bodies = self._folder / self._path.stem
        leftover = {f"{bodies.name}/{path.name}" for path in bodies.glob("*.new[12].*")}
        named = {*self._list_bodies(self._path), *self._list_bodies(self._rejected)}
        for name in {*names, *leftover} - named:
            (self._folder / name).unlink(missing_ok=True)
        with suppress(OSError):  # there is none, or it has files
            bodies.rmdir()


def _stage(name: str, used: Collection[str]) -> str:
    """Return a name for a body that replaces another one, until the recording is saved."""
    folder, _, file = name.rpartition("/")
    stem, _, suffix = file.partition(".")
    names = [f"{folder}/{stem}.new{number}.{suffix}" for number in (1, 2)]
    return names[names[0] in used]


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _write(path: Path, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Write the names in a folder to the disk, if the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
